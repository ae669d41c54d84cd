namespace LspsPlugin.Rpc.Dispatch;

/// <summary>
/// Runs at once what is posted on the thread of the event loop, and posts the rest. Without it StreamJsonRpc would come back from each await in a later
/// turn of the loop, and calls that it has begun would overtake those that the pump answers itself.
/// </summary>
internal sealed class LoopThread : SynchronizationContext
{
    private readonly SynchronizationContext? _loop = Current;
    private readonly int _thread = Environment.CurrentManagedThreadId;

    /// <inheritdoc/>
    public override void Post(SendOrPostCallback d, object? state)
    {
        if (_loop is not null && Environment.CurrentManagedThreadId != _thread)
        {
            _loop.Post(d, state);
            return;
        }

        SynchronizationContext? before = Current;
        SetSynchronizationContext(_loop);
        try
        {
            d(state);
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    /// <inheritdoc cref="Post(SendOrPostCallback, object)"/>
    public void Post<T>(Action<T> action, T state)
    {
        if (_loop is null || Environment.CurrentManagedThreadId == _thread) action(state);
        else _loop.Post(_ => action(state), null);
    }

    /// <summary>
    /// Runs an action so that awaits without a captured context go on within it; with a context, .NET would move them to the thread pool.
    /// </summary>
    public static void WithoutContext(Action<object?> action, object? state)
    {
        SynchronizationContext? before = Current;
        SetSynchronizationContext(null);
        try
        {
            action(state);
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    /// <inheritdoc/>
    public override SynchronizationContext CreateCopy() => this;
}
