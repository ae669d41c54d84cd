using System.Buffers;
using System.IO.Pipelines;

namespace LspsPlugin.Rpc;

/// <summary>
/// The only writer of a stream. Frames written in the same turn of the event loop are sent in one flush; while a flush is pending, frames are
/// collected for the next. Responses are never dropped, however slowly the other side reads.
/// </summary>
public sealed class JsonRpcWriter(PipeWriter output)
{
    /// <summary>The backlog in bytes beyond which droppable frames (logs) are dropped.</summary>
    private const int DroppableBacklogBytes = 1 << 20;

    /// <summary>A buffer that grew larger than this in a burst is not reused.</summary>
    private const int KeptBytes = 1 << 18;

    private static readonly SendOrPostCallback FlushNow = static state => ((JsonRpcWriter)state!).StartFlushing();

    private readonly SynchronizationContext? _loop = SynchronizationContext.Current;
    private ArrayBufferWriter<byte> _gathering = new(4096);
    private ArrayBufferWriter<byte> _leaving = new(4096);
    private Task _flushing = Task.CompletedTask;
    private bool _scheduled;

    /// <summary>The number of frames that were dropped.</summary>
    public long Dropped { get; private set; }

    /// <summary>The exception that broke the stream; null while it works.</summary>
    public Exception? Broken { get; private set; }

    /// <summary>Begins a frame and returns its buffer; <see cref="EndFrame"/> must follow in the same turn.</summary>
    public IBufferWriter<byte> BeginFrame() => _gathering;

    /// <summary>Ends the frame with an empty line and schedules it to be sent.</summary>
    public void EndFrame()
    {
        _gathering.Write("\n\n"u8);
        Schedule();
    }

    /// <summary>Writes a whole frame.</summary>
    public void Write(ReadOnlySpan<byte> frame)
    {
        _gathering.Write(frame);
        EndFrame();
    }

    /// <summary>Writes a frame unless the backlog is too large; false when it was dropped.</summary>
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

    /// <summary>Completes when everything written so far is sent, or cannot be sent any more.</summary>
    public async Task FlushAsync()
    {
        StartFlushing();
        await _flushing;
    }

    /// <summary>Sends what is left and completes the stream.</summary>
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
                // The other side no longer reads. The read loop ends for the same reason and handles it.
                Broken = e;
            }

            if (_leaving.Capacity > KeptBytes) _leaving = new ArrayBufferWriter<byte>(4096);
            else _leaving.ResetWrittenCount();
        }
    }
}
