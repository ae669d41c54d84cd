using System.Buffers;
using System.IO.Pipelines;

namespace LspsPlugin.Rpc.Stdio;

/// <summary>Writes to stdout at once whatever it takes without blocking, and the rest when it takes more. Used on the event loop only.</summary>
internal sealed class StdoutWriter(FileStream output) : PipeWriter
{
    private readonly ArrayBufferWriter<byte> _unflushed = new();
    private readonly Poll.Watched[] _watched = new Poll.Watched[1];
    private TaskCompletionSource? _waiting;

    /// <summary>What to watch: the descriptor while a write waits until it takes more, else nothing.</summary>
    public Poll.Watched Watched => _waiting is null ? Poll.Nothing : Poll.Watch(output, Poll.Writable);

    /// <summary>Goes on with the write that waits.</summary>
    public void GoOn()
    {
        TaskCompletionSource? waiting = _waiting;
        _waiting = null;
        waiting?.SetResult();
    }

    /// <inheritdoc/>
    public override Memory<byte> GetMemory(int sizeHint = 0) => _unflushed.GetMemory(sizeHint);

    /// <inheritdoc/>
    public override Span<byte> GetSpan(int sizeHint = 0) => _unflushed.GetSpan(sizeHint);

    /// <inheritdoc/>
    public override void Advance(int bytes) => _unflushed.Advance(bytes);

    /// <inheritdoc/>
    public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        await SendAsync(_unflushed.WrittenMemory);
        _unflushed.ResetWrittenCount();
        return default;
    }

    /// <inheritdoc/>
    public override async ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        if (_unflushed.WrittenCount > 0) await FlushAsync(cancellationToken);
        await SendAsync(source);
        return default;
    }

    /// <summary>Not supported: whoever writes waits until the other side reads or is gone.</summary>
    public override void CancelPendingFlush() => throw new NotSupportedException("a write to stdout is not cancelled");

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null)
    {
    }

    private async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            if (TakesSome())
            {
                ReadOnlyMemory<byte> next = bytes[..Math.Min(bytes.Length, Poll.AtomicBytes)];
                output.Write(next.Span);
                bytes = bytes[next.Length..];
            }
            else
            {
                _waiting = new TaskCompletionSource();
                await _waiting.Task;
            }
        }
    }

    private bool TakesSome()
    {
        _watched[0] = Poll.Watch(output, Poll.Writable);
        Poll.Wait(_watched, wait: false);
        return _watched[0].Happened != 0;
    }
}
