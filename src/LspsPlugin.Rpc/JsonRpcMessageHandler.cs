using System.Buffers;
using System.IO.Pipelines;

namespace LspsPlugin.Rpc;

/// <summary>Receives the messages of a stream, one after the other, on the event loop.</summary>
public interface IJsonRpcDispatcher
{
    /// <summary>Handles a message. Its slices are valid only during the call. Must not throw.</summary>
    void OnMessage(in JsonRpcEnvelope message);

    /// <summary>Handles a complete JSON value that is not a message; <paramref name="id"/> is the recovered id, empty when there is none.</summary>
    void OnMalformed(ReadOnlySpan<byte> frame, ReadOnlySpan<byte> id);

    /// <summary>Whether the message must wait for <see cref="UntilReadyAsync"/>; it is then offered again.</summary>
    bool MustWait(in JsonRpcEnvelope message) => false;

    /// <summary>Completes when messages need not wait any more.</summary>
    ValueTask UntilReadyAsync() => ValueTask.CompletedTask;
}

/// <summary>Why a stream ended.</summary>
public enum StreamEnd : byte
{
    /// <summary>The stream ended between two messages.</summary>
    Eof,

    /// <summary>The stream ended within a message.</summary>
    Cut,

    /// <summary>The data is not a JSON object: the stream cannot be resynchronized.</summary>
    NotJson,

    /// <summary>A frame was larger than the limit.</summary>
    TooLarge,

    /// <summary>A frame was nested deeper than the limit.</summary>
    TooDeep,

    /// <summary>The connection failed.</summary>
    Broken,

    /// <summary>Reading was cancelled.</summary>
    Cancelled,
}

/// <summary>The limits for received messages.</summary>
/// <param name="MaxFrameBytes">The largest frame in bytes. lightningd has no limit; a larger frame indicates a bug on one side.</param>
/// <param name="MaxDepth">The maximum nesting depth.</param>
public sealed record JsonRpcLimits(int MaxFrameBytes, int MaxDepth)
{
    /// <summary>The default limits.</summary>
    public static JsonRpcLimits Default { get; } = new(MaxFrameBytes: 256 << 20, MaxDepth: 128);
}

/// <summary>Reads a stream to its end: splits it into frames, parses them and passes them to the dispatcher.</summary>
public sealed class JsonRpcMessageHandler(PipeReader input, IJsonRpcDispatcher dispatcher, JsonRpcLimits limits)
{
    private JsonFrameReader _frames = new(limits.MaxFrameBytes, limits.MaxDepth);
    private byte[] _whole = [];
    private bool _isWaiting;

    /// <summary>Reads until the stream ends and returns why it ended.</summary>
    public async Task<StreamEnd> RunAsync(CancellationToken stopping = default)
    {
        while (true)
        {
            ReadResult read;
            try
            {
                read = await input.ReadAsync(stopping);
            }
            catch (OperationCanceledException)
            {
                return StreamEnd.Cancelled;
            }
            catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException or ObjectDisposedException)
            {
                return StreamEnd.Broken;
            }

            if (read.IsCanceled) return StreamEnd.Cancelled;
            ReadOnlySequence<byte> buffer = read.Buffer;
            FrameStatus status = Dispatch(ref buffer);
            while (_isWaiting)
            {
                await dispatcher.UntilReadyAsync();
                _isWaiting = false;
                status = Dispatch(ref buffer);
            }

            input.AdvanceTo(buffer.Start, buffer.End);
            if (status != FrameStatus.NeedMore) return End(status);
            if (read.IsCompleted) return _frames.InFrame ? StreamEnd.Cut : StreamEnd.Eof;
        }
    }

    private FrameStatus Dispatch(ref ReadOnlySequence<byte> buffer)
    {
        while (true)
        {
            ReadOnlySequence<byte> before = buffer;
            FrameStatus status = _frames.TryRead(ref buffer, out ReadOnlySequence<byte> frame);
            if (status != FrameStatus.Frame) return status;
            if (Dispatch(frame.IsSingleSegment ? frame.FirstSpan : Join(frame))) continue;
            (_isWaiting, buffer) = (true, before);
            return status;
        }
    }

    /// <returns>False if the frame must wait.</returns>
    private bool Dispatch(ReadOnlySpan<byte> frame)
    {
        EnvelopeStatus status = JsonRpcEnvelope.TryParse(frame, out JsonRpcEnvelope envelope);
        if (status != EnvelopeStatus.Ok) dispatcher.OnMalformed(frame, envelope.Id);
        else if (dispatcher.MustWait(envelope)) return false;
        else dispatcher.OnMessage(envelope);
        return true;
    }

    /// <summary>Copies a frame that arrived in pieces into a reused buffer.</summary>
    private ReadOnlySpan<byte> Join(ReadOnlySequence<byte> frame)
    {
        int length = (int)frame.Length;
        if (_whole.Length < length) _whole = new byte[Math.Max(length, 64 << 10)];
        frame.CopyTo(_whole);
        return _whole.AsSpan(0, length);
    }

    private static StreamEnd End(FrameStatus status) => status switch
    {
        FrameStatus.TooLarge => StreamEnd.TooLarge,
        FrameStatus.TooDeep => StreamEnd.TooDeep,
        FrameStatus.NotJson => StreamEnd.NotJson,
        FrameStatus.NeedMore or FrameStatus.Frame => StreamEnd.Eof,
    };
}
