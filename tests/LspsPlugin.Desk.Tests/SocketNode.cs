using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace LspsPlugin.Desk.Tests;

/// <summary>A unix socket that answers as lightningd does. What is to be sent for a request is the test's; null ends the connection.</summary>
internal sealed class SocketNode : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Func<string, string, string?> _respond;
    private readonly Task _serving;
    private readonly int _pieces;

    /// <param name="respond">Takes the method and the id in quotes, and returns the bytes to send.</param>
    /// <param name="pieces">How many bytes are sent at a time.</param>
    public SocketNode(Func<string, string, string?> respond, int pieces = int.MaxValue)
    {
        (_respond, _pieces) = (respond, pieces);
        Directory = System.IO.Directory.CreateTempSubdirectory("lsps-desk-").FullName;
        System.IO.Directory.CreateDirectory(Path.Combine(Directory, "regtest"));
        _listener.Bind(new UnixDomainSocketEndPoint(Place));
        _listener.Listen(8);
        _serving = ServeAsync();
    }

    public string Directory { get; }

    public string Place => Path.Combine(Directory, "regtest", "lightning-rpc");

    public int Connections { get; private set; }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _serving;
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using Socket socket = await _listener.AcceptAsync();
                Connections++;
                await TalkAsync(socket);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task TalkAsync(Socket socket)
    {
        byte[] buffer = new byte[65536];
        while (true)
        {
            int length = 0;
            JsonDocument? request = null;
            while (request is null)
            {
                int read = await socket.ReceiveAsync(buffer.AsMemory(length));
                if (read == 0) return;
                length += read;
                try
                {
                    request = JsonDocument.Parse(buffer.AsMemory(0, length));
                }
                catch (JsonException)
                {
                    // Not whole yet.
                }
            }

            if (_respond(request.RootElement.GetProperty("method").GetString()!, request.RootElement.GetProperty("id").GetRawText()) is not { } response) return;
            byte[] bytes = Encoding.UTF8.GetBytes(response);
            for (int at = 0; at < bytes.Length; at += Math.Min(_pieces, bytes.Length - at)) await socket.SendAsync(bytes.AsMemory(at, Math.Min(_pieces, bytes.Length - at)));
        }
    }
}
