namespace LspsPlugin.Rpc;

/// <summary>
/// A single-threaded event loop. Continuations of awaited I/O and timers return to it by <see cref="Post"/>, so code on the loop needs no locks.
/// </summary>
public sealed class EventLoop : SynchronizationContext
{
    // The only lock that the loop takes: other threads (I/O completions, timers) enqueue work under it.
    private readonly Lock _door = new();
    private readonly ILoopSleep _sleep;
    private Queue<Work> _arriving = new();
    private Queue<Work> _current = new();
    private bool _asleep;
    private bool _over;

    private EventLoop(ILoopSleep sleep)
    {
        _sleep = sleep;
    }

    /// <summary>Runs <paramref name="main"/> and everything that it awaits on the calling thread, until it returns.</summary>
    /// <exception cref="Exception">Any exception of <paramref name="main"/> or of a callback that is not awaited.</exception>
    public static T Run<T>(Func<EventLoop, Task<T>> main)
    {
        using var sleep = new PlainSleep();
        return Run(sleep, main);
    }

    /// <summary>Runs <paramref name="main"/> and everything that it awaits on the calling thread, until it returns.</summary>
    /// <param name="sleep">How the loop sleeps; what it watches is handled on the loop's thread too.</param>
    /// <param name="main">What is run.</param>
    /// <exception cref="Exception">Any exception of <paramref name="main"/> or of a callback that is not awaited.</exception>
    public static T Run<T>(ILoopSleep sleep, Func<EventLoop, Task<T>> main)
    {
        SynchronizationContext? before = Current;
        var loop = new EventLoop(sleep);
        SetSynchronizationContext(loop);
        try
        {
            Task<T> task = main(loop);
            _ = task.ContinueWith(static (_, state) => ((EventLoop)state!).Stop(), loop, TaskScheduler.Default);
            loop.Pump();
            return task.GetAwaiter().GetResult();
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    /// <inheritdoc/>
    public override void Post(SendOrPostCallback d, object? state)
    {
        lock (_door)
        {
            if (_over) return;
            _arriving.Enqueue(new Work(d, state));
            if (!_asleep) return;
            _asleep = false;
            _sleep.Wake();
        }
    }

    /// <summary>Not supported, because waiting for the loop from another thread can deadlock.</summary>
    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("post to the loop, do not wait for it");

    /// <inheritdoc/>
    public override SynchronizationContext CreateCopy() => this;

    private void Stop() => Post(static state => ((EventLoop)state!)._over = true, this);

    private void Pump()
    {
        while (!_over)
        {
            lock (_door)
            {
                (_arriving, _current) = (_current, _arriving);
                _asleep = _current.Count == 0;
            }

            _sleep.Sleep(hasWork: _current.Count > 0);
            while (!_over && _current.TryDequeue(out Work work)) work.Callback(work.State);
        }
    }

    private readonly record struct Work(SendOrPostCallback Callback, object? State);

    /// <summary>Watches nothing.</summary>
    private sealed class PlainSleep : ILoopSleep
    {
        private readonly AutoResetEvent _knock = new(initialState: false);

        public void Sleep(bool hasWork)
        {
            if (!hasWork) _knock.WaitOne();
        }

        public void Wake() => _knock.Set();

        public void Dispose() => _knock.Dispose();
    }
}
