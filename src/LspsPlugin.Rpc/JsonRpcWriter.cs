using System.Buffers;
using System.IO.Pipelines;

namespace LspsPlugin.Rpc;

/// <summary>
/// The one writer of a stream. Frames written in the same turn of the loop leave together in one flush; while a flush is out, frames
/// gather for the next. Answers are never dropped, however slowly the other side reads.
/// </summary>
public sealed class JsonRpcWriter(PipeWriter output)
{
    /// <summary>Beyond this backlog, frames that may be lost (logs) are.</summary>
    private const int DroppableBacklogBytes = 1 << 20;

    /// <summary>A buffer that grew beyond this for one burst is not kept for the next.</summary>
    private const int KeptBytes = 1 << 18;

    private static readonly SendOrPostCallback FlushNow = static state => ((JsonRpcWriter)state!).StartFlushing();

    private readonly SynchronizationContext? _loop = SynchronizationContext.Current;
    private ArrayBufferWriter<byte> _gathering = new(4096);
    private ArrayBufferWriter<byte> _leaving = new(4096);
    private Task _flushing = Task.CompletedTask;
    private bool _scheduled;

    /// <summary>Droppable frames that were dropped.</summary>
    public long Dropped { get; private set; }

    /// <summary>Why nothing leaves any more; null while the stream works.</summary>
    public Exception? Broken { get; private set; }

    /// <summary>Where the bytes of one frame go; <see cref="EndFrame"/> follows in the same turn.</summary>
    public IBufferWriter<byte> BeginFrame() => _gathering;

    /// <summary>Ends the frame with an empty line and lets it leave with this turn's burst.</summary>
    public void EndFrame()
    {
        _gathering.Write("\n\n"u8);
        Schedule();
    }

    public void Write(ReadOnlySpan<byte> frame)
    {
        _gathering.Write(frame);
        EndFrame();
    }

    /// <summary>Writes a frame that may be lost when the other side does not read.</summary>
    public bool TryWriteDroppable(ReadOnlySpan<byte> frame)
    {
        if (_gathering.WrittenCount > DroppableBacklogBytes)
        {
            Dropped++;
            return false;
        }

        Write(frame);
        return true;
    }

    /// <summary>Completes when everything written so far has left, or cannot any more.</summary>
    public async Task FlushAsync()
    {
        StartFlushing();
        await _flushing;
    }

    public async ValueTask CompleteAsync()
    {
        await FlushAsync();
        await output.CompleteAsync();
    }

    private void Schedule()
    {
        if (_scheduled || !_flushing.IsCompleted) return;
        _scheduled = true;
        if (_loop is null) StartFlushing();
        else _loop.Post(FlushNow, this);
    }

    private void StartFlushing()
    {
        _scheduled = false;
        if (_flushing.IsCompleted) _flushing = FlushUntilEmptyAsync();
    }

    private async Task FlushUntilEmptyAsync()
    {
        while (_gathering.WrittenCount > 0 && Broken is null)
        {
            (_gathering, _leaving) = (_leaving, _gathering);
            try
            {
                FlushResult flushed = await output.WriteAsync(_leaving.WrittenMemory);
                if (flushed.IsCompleted) Broken = new IOException("the other side stopped reading");
            }
            catch (Exception e) when (e is IOException or InvalidOperationException or ObjectDisposedException or System.Net.Sockets.SocketException)
            {
                // The reader of this stream is gone. The read loop ends for the same reason and decides what that means.
                Broken = e;
            }

            if (_leaving.Capacity > KeptBytes) _leaving = new ArrayBufferWriter<byte>(4096);
            else _leaving.ResetWrittenCount();
        }
    }
}
