using System.Net;
using System.Net.Sockets;
using System.Text;

namespace LspsPlugin.Cln.Export;

/// <summary>
/// Serves scrapes over HTTP/1.1, one to a connection. It runs on threads of the pool and never on the event loop, and each connection has a short time and
/// one of a few places; so whoever connects takes nothing from payments.
/// </summary>
internal sealed class ScrapeServer
{
    /// <summary>How many connections are served at a time; more are closed at once.</summary>
    private const int Places = 8;

    private const int LongestHead = 8192;

    /// <summary>How long one connection may take.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Socket _listener;
    private readonly byte[]? _token;
    private readonly Func<byte[]> _scrape;
    private readonly TimeProvider _time;
    private readonly CancellationToken _stopping;
    private readonly Task[] _serving = [.. Enumerable.Repeat(Task.CompletedTask, Places)];

    private ScrapeServer(Socket listener, byte[]? token, Func<byte[]> scrape, TimeProvider time, CancellationToken stopping) =>
        (_listener, _token, _scrape, _time, _stopping) = (listener, token, scrape, time, stopping);

    /// <summary>Completes when no further connection is accepted.</summary>
    public Task Accepting { get; private set; } = Task.CompletedTask;

    /// <summary>Opens the port and serves until the plugin stops.</summary>
    /// <param name="at">The address and port.</param>
    /// <param name="token">What a scrape must have as its bearer token; null if nothing.</param>
    /// <param name="scrape">Returns the metrics; called on any thread.</param>
    /// <param name="time">The clock of timeouts.</param>
    /// <param name="stopping">Closes the port.</param>
    /// <exception cref="SocketException">The port is taken, or the address is not one of this machine.</exception>
    public static ScrapeServer Open(IPEndPoint at, byte[]? token, Func<byte[]> scrape, TimeProvider time, CancellationToken stopping)
    {
        var listener = new Socket(at.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.Bind(at);
            listener.Listen(Places);
        }
        catch (SocketException)
        {
            listener.Dispose();
            throw;
        }

        var server = new ScrapeServer(listener, token, scrape, time, stopping);
        ThreadPool.UnsafeQueueUserWorkItem(static server => server.Accepting = server.AcceptAsync(), server, preferLocal: false);
        return server;
    }

    private async Task AcceptAsync()
    {
        using Socket listener = _listener;
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                Socket client = await listener.AcceptAsync(_stopping);
                int free = Array.FindIndex(_serving, static task => task.IsCompleted);
                if (free < 0) client.Dispose();
                else _serving[free] = ServeAsync(client);
            }
            catch (SocketException) when (!_stopping.IsCancellationRequested)
            {
                await Task.Delay(Pause, _time, _stopping); // such as too many open files
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>Serves one connection. Whatever goes wrong is the matter of whoever connected.</summary>
    private async Task ServeAsync(Socket socket)
    {
        using Socket client = socket;
        using var longest = new CancellationTokenSource(Longest, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(longest.Token, _stopping);
        try
        {
            HttpAnswer answer = await ReadHeadAsync(client, either.Token) is { } head ? HttpAnswer.To(head, _token, _scrape) : HttpAnswer.BadRequest;
            await SendAsync(client, answer.Head(), either.Token);
            await SendAsync(client, answer.Body, either.Token);
            client.Shutdown(SocketShutdown.Send);

            // With bytes unread the system would reset the connection, and the answer could be lost.
            byte[] rest = new byte[1024];
            while (await client.ReceiveAsync(rest, either.Token) > 0)
            {
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or IOException)
        {
            // It went away, or took too long.
        }
    }

    /// <summary>Reads up to the empty line; null if there is none within the bound.</summary>
    private static async ValueTask<string?> ReadHeadAsync(Socket client, CancellationToken cancelled)
    {
        byte[] buffer = new byte[LongestHead];
        for (int length = 0; length < buffer.Length;)
        {
            int more = await client.ReceiveAsync(buffer.AsMemory(length), cancelled);
            if (more == 0) return null;
            length += more;
            int end = buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8);
            if (end >= 0) return Encoding.Latin1.GetString(buffer, 0, end);
        }

        return null;
    }

    private static async ValueTask SendAsync(Socket client, ReadOnlyMemory<byte> bytes, CancellationToken cancelled)
    {
        while (bytes.Length > 0) bytes = bytes[await client.SendAsync(bytes, cancelled)..];
    }
}
