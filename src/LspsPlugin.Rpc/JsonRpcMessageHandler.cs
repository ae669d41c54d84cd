using System.Buffers;
using System.IO.Pipelines;

namespace LspsPlugin.Rpc;

/// <summary>Where the messages of a stream go, one after the other, on the loop.</summary>
public interface IJsonRpcDispatcher
{
    /// <summary>The slices are valid during the call only. Must not throw: there is nobody to tell.</summary>
    void OnMessage(in JsonRpcEnvelope message);

    /// <summary>A complete JSON value that is no message; <paramref name="id"/> is what could be recovered to answer to.</summary>
    void OnMalformed(ReadOnlySpan<byte> frame, ReadOnlySpan<byte> id);
}

/// <summary>Why a stream ended.</summary>
public enum StreamEnd : byte
{
    /// <summary>Between two messages.</summary>
    Eof,

    /// <summary>In the middle of a message.</summary>
    Cut,

    /// <summary>Something that is no JSON object: the stream cannot be brought back into step.</summary>
    NotJson,

    TooLarge,

    TooDeep,

    /// <summary>The connection failed.</summary>
    Broken,

    Cancelled,
}

/// <param name="MaxFrameBytes">The host sets no limit; a frame beyond ours is a defect on one of the two sides.</param>
/// <param name="MaxDepth">Levels of nesting.</param>
public sealed record JsonRpcLimits(int MaxFrameBytes, int MaxDepth)
{
    public static JsonRpcLimits Default { get; } = new(MaxFrameBytes: 256 << 20, MaxDepth: 128);
}

/// <summary>Reads a stream to its end: bytes to frames, frames to envelopes, envelopes to the dispatcher.</summary>
public sealed class JsonRpcMessageHandler(PipeReader input, IJsonRpcDispatcher dispatcher, JsonRpcLimits limits)
{
    private JsonFrameReader _frames = new(limits.MaxFrameBytes, limits.MaxDepth);
    private byte[] _whole = [];

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
            input.AdvanceTo(buffer.Start, buffer.End);
            if (status != FrameStatus.NeedMore) return End(status);
            if (read.IsCompleted) return _frames.InFrame ? StreamEnd.Cut : StreamEnd.Eof;
        }
    }

    private FrameStatus Dispatch(ref ReadOnlySequence<byte> buffer)
    {
        while (true)
        {
            FrameStatus status = _frames.TryRead(ref buffer, out ReadOnlySequence<byte> frame);
            if (status != FrameStatus.Frame) return status;
            Dispatch(frame.IsSingleSegment ? frame.FirstSpan : Join(frame));
        }
    }

    private void Dispatch(ReadOnlySpan<byte> frame)
    {
        if (JsonRpcEnvelope.TryParse(frame, out JsonRpcEnvelope envelope) == EnvelopeStatus.Ok) dispatcher.OnMessage(envelope);
        else dispatcher.OnMalformed(frame, envelope.Id);
    }

    /// <summary>A frame that arrived in pieces is put together once, in a buffer that is used again.</summary>
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
