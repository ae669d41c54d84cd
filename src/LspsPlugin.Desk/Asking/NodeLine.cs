using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Text.Json;
using LspsPlugin.Rpc;

namespace LspsPlugin.Desk.Asking;

/// <summary>
/// A line to the node's socket, for one call at a time. It is made when it is needed and again after it broke. The client of the plugin waits for a node that
/// is away; a person wants to know at once, and why.
/// </summary>
/// <param name="connector">Connects to the socket.</param>
/// <param name="place">The socket's path, for people.</param>
/// <param name="time">The clock.</param>
/// <param name="patience">How long to wait for an answer.</param>
internal sealed class NodeLine(IRpcConnector connector, string place, TimeProvider time, TimeSpan patience) : INodeLine, IAsyncDisposable
{
    private const int UnknownMethod = -32601;

    /// <summary>lightningd itself answers a list of a thousand channels with megabytes.</summary>
    private const int LargestAnswer = 256 << 20;

    private const int DeepestAnswer = 64;

    private IDuplexPipe? _pipe;
    private long _lastId;

    public async Task<NodeReply> CallAsync(string method, Action<Utf8JsonWriter>? parameters, CancellationToken stop)
    {
        using var late = new CancellationTokenSource(patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(stop, late.Token);
        try
        {
            _pipe ??= await connector.ConnectAsync(both.Token);
            string id = $"lsps-plugin-by-hand#{++_lastId}";
            await _pipe.Output.WriteAsync(Request(id, method, parameters), both.Token);
            return await AnswerAsync(_pipe.Input, id, method, both.Token);
        }
        catch (SocketException e) when (_pipe is null)
        {
            return new NodeProblem(ProblemKind.Unreachable, WhyNot(e));
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            await HangUpAsync();
            return new NodeProblem(ProblemKind.Unreachable, $"the connection to the node at {place} ended: {e.Message}");
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            await HangUpAsync();
            return new NodeProblem(ProblemKind.Unreachable, $"the node did not answer {method} within {patience.TotalSeconds:0} s");
        }
    }

    public async ValueTask DisposeAsync() => await HangUpAsync();

    private static ReadOnlyMemory<byte> Request(string id, string method, Action<Utf8JsonWriter>? parameters)
    {
        return RpcJson.Object(json =>
        {
            json.WriteString("jsonrpc"u8, "2.0"u8);
            json.WriteString("id"u8, id);
            json.WriteString("method"u8, method);
            json.WriteStartObject("params"u8);
            parameters?.Invoke(json);
            json.WriteEndObject();
        }).ToArray();
    }

    private static async Task<NodeReply> AnswerAsync(PipeReader input, string id, string method, CancellationToken stop)
    {
        var frames = new JsonFrameReader(LargestAnswer, DeepestAnswer);
        while (true)
        {
            ReadResult read = await input.ReadAsync(stop);
            ReadOnlySequence<byte> rest = read.Buffer;
            while (true)
            {
                FrameStatus status = frames.TryRead(ref rest, out ReadOnlySequence<byte> frame);
                if (status == FrameStatus.NeedMore) break;
                if (status != FrameStatus.Frame) throw new IOException("what came is not JSON-RPC");
                if (Answer(frame, id, method) is not { } answer) continue;
                input.AdvanceTo(rest.Start);
                return answer;
            }

            // The frame reader goes on where it was, so what it has seen stays in the buffer until the frame is whole.
            input.AdvanceTo(rest.Start, rest.End);
            if (read.IsCompleted) throw new IOException("it was closed by the node");
        }
    }

    /// <summary>Returns the answer in a frame; null if the frame is something else, such as the answer to a call that was given up.</summary>
    private static NodeReply? Answer(ReadOnlySequence<byte> frame, string id, string method)
    {
        JsonElement answer;
        try
        {
            var reader = new Utf8JsonReader(frame);
            answer = JsonElement.ParseValue(ref reader);
        }
        catch (JsonException e)
        {
            return new NodeProblem(ProblemKind.Refused, $"the answer to {method} cannot be read: {e.Message}");
        }

        if (Json.Text(answer, "id") != id) return null;
        if (!answer.TryGetProperty("error"u8, out JsonElement error)) return new NodeReply(Json.Member(answer, "result"), null);
        string message = Json.Text(error, "message") ?? "an error without a message";
        if (Json.Number(error, "code") != UnknownMethod) return new NodeProblem(ProblemKind.Refused, $"{method}: {message}");
        return new NodeProblem(ProblemKind.Unknown, message.StartsWith("Unknown command", StringComparison.OrdinalIgnoreCase)
            ? $"the node has no command {method}: the plugin does not run there, or is of an earlier version. The node's log says why (lines of plugin-lsps-plugin)"
            : message);
    }

    private string WhyNot(SocketException e) => e.SocketErrorCode switch
    {
        SocketError.AddressNotAvailable => $"there is no node at {place}: is lightningd running, and is this its directory and network (--lightning-dir, --network, --rpc-file)?",
        SocketError.AccessDenied => $"{place} may not be used: permission denied. Run this as the user that runs lightningd",
        SocketError.ConnectionRefused => $"nobody listens at {place}: lightningd is not running",
        _ => $"{place} cannot be reached: {e.Message}",
    };

    private async Task HangUpAsync()
    {
        if (_pipe is not { } pipe) return;
        _pipe = null;
        try
        {
            await pipe.Input.CompleteAsync();
            await pipe.Output.CompleteAsync();
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // It is broken already.
        }
    }
}
