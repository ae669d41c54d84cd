using System.IO.Pipelines;
using System.Net.Sockets;

namespace LspsPlugin.Rpc;

/// <summary>Connects to a unix stream socket.</summary>
public sealed class UnixSocketConnector(string path) : IRpcConnector
{
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
            // A path that no socket can have. To the caller it is one more reason why nobody is there.
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

/// <summary>Both directions of a stream as pipes; completing both ends closes it.</summary>
public sealed class StreamDuplexPipe(Stream stream) : IDuplexPipe
{
    public PipeReader Input { get; } = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 64 << 10, leaveOpen: true));

    public PipeWriter Output { get; } = PipeWriter.Create(stream);
}
