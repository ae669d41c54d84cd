using System.IO.Pipelines;
using System.Net.Sockets;

namespace LspsPlugin.Rpc;

/// <summary>Connects to a unix stream socket.</summary>
public sealed class UnixSocketConnector(string path) : IRpcConnector
{
    /// <inheritdoc/>
    public async ValueTask<IDuplexPipe> ConnectAsync(CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation);
            return new StreamDuplexPipe(new NetworkStream(socket, ownsSocket: true));
        }
        catch (ArgumentException e)
        {
            // The path is invalid for a socket. For the caller it is another reason why the connection fails.
            socket.Dispose();
            throw new IOException(e.Message, e);
        }
        catch (Exception)
        {
            socket.Dispose();
            throw;
        }
    }
}

/// <summary>A stream as two pipes; completing both closes it.</summary>
public sealed class StreamDuplexPipe(Stream stream) : IDuplexPipe
{
    /// <inheritdoc/>
    public PipeReader Input { get; } = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 64 << 10, leaveOpen: true));

    /// <inheritdoc/>
    public PipeWriter Output { get; } = PipeWriter.Create(stream);
}
