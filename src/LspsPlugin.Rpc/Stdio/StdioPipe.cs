using System.IO.Pipelines;
using Microsoft.Win32.SafeHandles;

namespace LspsPlugin.Rpc.Stdio;

/// <summary>
/// The raw stdin and stdout, which carry the plugin protocol and nothing else, read and written by the thread of the event loop while it sleeps. With
/// .NET's streams each message would go through two threads of the pool, which takes longer than everything else that an HTLC of others needs.
/// </summary>
public sealed class StdioPipe : IDuplexPipe, ILoopSleep
{
    private const int ReadBytes = 64 << 10;

    private readonly FileStream _input;
    private readonly StdoutWriter _output;
    private readonly SafeFileHandle _waker = Poll.CreateWaker();
    private readonly FileStream _wake;
    private readonly FileStream _woken;
    private readonly Pipe _received = new(new PipeOptions(
        readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, minimumSegmentSize: ReadBytes, useSynchronizationContext: false));
    private readonly Poll.Watched[] _watched = new Poll.Watched[3];
    private Task _taken = Task.CompletedTask;
    private bool _ended;

    /// <summary>Takes over two descriptors.</summary>
    /// <param name="input">The descriptor to read from; 0 for stdin.</param>
    /// <param name="output">The descriptor to write to; 1 for stdout.</param>
    public StdioPipe(SafeFileHandle input, SafeFileHandle output)
    {
        _input = Open(input, FileAccess.Read);
        _output = new StdoutWriter(Open(output, FileAccess.Write));
        _wake = Open(_waker, FileAccess.Write);
        _woken = Open(_waker, FileAccess.Read);
    }

    /// <inheritdoc/>
    public PipeReader Input => _received.Reader;

    /// <inheritdoc/>
    public PipeWriter Output => _output;

    /// <summary>Opens the process's own stdin and stdout.</summary>
    public static StdioPipe Open() => new(new SafeFileHandle(0, ownsHandle: false), new SafeFileHandle(1, ownsHandle: false));

    /// <inheritdoc/>
    public void Sleep(bool hasWork)
    {
        _watched[0] = Poll.Watch(_woken, Poll.Readable);
        // What the reader has no room for stays in the pipe.
        _watched[1] = _ended || !_taken.IsCompleted ? Poll.Nothing : Poll.Watch(_input, Poll.Readable);
        _watched[2] = _output.Watched;
        Poll.Wait(_watched, wait: !hasWork);
        if (_watched[0].Happened != 0) _woken.ReadExactly(stackalloc byte[sizeof(ulong)]);
        if (_watched[2].Happened != 0) _output.GoOn();
        if (_watched[1].Happened != 0) Receive();
    }

    /// <inheritdoc/>
    public void Wake() => _wake.Write([1, 0, 0, 0, 0, 0, 0, 0]);

    /// <inheritdoc/>
    public void Dispose() => _waker.Dispose();

    /// <summary>Without a buffer, each read or write is one system call.</summary>
    private static FileStream Open(SafeFileHandle descriptor, FileAccess access) => new(descriptor, access, bufferSize: 0);

    private void Receive()
    {
        try
        {
            int read = _input.Read(_received.Writer.GetSpan(ReadBytes));
            _received.Writer.Advance(read);
            if (read == 0) End(null);
            else _taken = Taken(_received.Writer.FlushAsync());
        }
        catch (IOException broken)
        {
            End(broken);
        }
    }

    /// <summary>Returns the completed task without an allocation if the reader has room for more.</summary>
    private static Task Taken(ValueTask<FlushResult> flush) => flush.IsCompletedSuccessfully ? Task.CompletedTask : flush.AsTask();

    private void End(IOException? broken)
    {
        _ended = true;
        _received.Writer.Complete(broken);
    }
}
