namespace LspsPlugin.Rpc;

/// <summary>Runs callbacks of timers and cancellations, which arrive on other threads, on the event loop of the caller.</summary>
public static class LoopTimer
{
    /// <summary>Starts a timer that calls <paramref name="then"/> once on the caller's loop, unless it is disposed before.</summary>
    public static ITimer Start(TimeProvider time, TimeSpan after, Action then) =>
        time.CreateTimer(static state => ((Action)state!)(), Here(then), after, Timeout.InfiniteTimeSpan);

    /// <summary>Returns an action that runs <paramref name="then"/> on the event loop of this call, whatever thread invokes it.</summary>
    public static Action Here(Action then)
    {
        if (SynchronizationContext.Current is not { } loop) return then;
        return () => loop.Post(static state => ((Action)state!)(), then);
    }
}
