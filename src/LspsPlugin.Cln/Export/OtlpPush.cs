using System.Net;
using System.Net.Sockets;
using System.Text;

namespace LspsPlugin.Cln.Export;

/// <summary>
/// Pushes metrics to a collector once a minute, by OTLP over HTTP. It runs on threads of the pool and never on the event loop. A push that fails is not
/// repeated: the next one has the same sums.
/// </summary>
/// <param name="endpoint">Where to; the scheme is http.</param>
/// <param name="message">Returns the message; called on any thread.</param>
/// <param name="report">Takes the problem of a push, or null when one has succeeded; called on any thread.</param>
/// <param name="time">The clock.</param>
/// <param name="stopping">Ends it.</param>
internal sealed class OtlpPush(Uri endpoint, Func<byte[]> message, Action<string?> report, TimeProvider time, CancellationToken stopping)
{
    /// <summary>The default of OpenTelemetry.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(60);

    /// <summary>How long a push may take.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private const int LongestStatus = 1024;

    /// <summary>Completes when nothing is pushed any more.</summary>
    public Task Pushing { get; private set; } = Task.CompletedTask;

    /// <summary>Begins, on a thread of the pool.</summary>
    public void Start() => ThreadPool.UnsafeQueueUserWorkItem(static push => push.Pushing = push.RunAsync(), this, preferLocal: false);

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                await Task.Delay(Every, time, stopping);
                report(await PushAsync());
            }
        }
        catch (OperationCanceledException)
        {
            // The plugin stops.
        }
    }

    /// <returns>Null on success, else the problem.</returns>
    private async ValueTask<string?> PushAsync()
    {
        using var longest = new CancellationTokenSource(Longest, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(longest.Token, stopping);
        try
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(new DnsEndPoint(endpoint.IdnHost, endpoint.Port), either.Token);
            byte[] body = message();
            string head = $"POST {endpoint.PathAndQuery} HTTP/1.1\r\nHost: {endpoint.Authority}\r\nContent-Type: {OtlpMessage.ContentType}\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n";
            await SendAsync(socket, Encoding.Latin1.GetBytes(head), either.Token);
            await SendAsync(socket, body, either.Token);
            string status = await ReadStatusAsync(socket, either.Token);
            return status.Split(' ') is ["HTTP/1.1" or "HTTP/1.0", ['2', _, _], ..] ? null : $"the collector answered '{Core.Lsps0.LspsError.Sanitize(status)}'";
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            return $"the collector did not answer within {Longest.TotalSeconds:0} s";
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return e.Message;
        }
    }

    private static async ValueTask SendAsync(Socket socket, ReadOnlyMemory<byte> bytes, CancellationToken cancelled)
    {
        while (bytes.Length > 0) bytes = bytes[await socket.SendAsync(bytes, cancelled)..];
    }

    /// <summary>Reads the first line of the answer, or what there is of it.</summary>
    private static async ValueTask<string> ReadStatusAsync(Socket socket, CancellationToken cancelled)
    {
        byte[] buffer = new byte[LongestStatus];
        int length = 0;
        while (length < buffer.Length && buffer.AsSpan(0, length).IndexOf("\r\n"u8) < 0)
        {
            int more = await socket.ReceiveAsync(buffer.AsMemory(length), cancelled);
            if (more == 0) break;
            length += more;
        }

        return Encoding.Latin1.GetString(buffer, 0, length).Split("\r\n")[0];
    }
}
