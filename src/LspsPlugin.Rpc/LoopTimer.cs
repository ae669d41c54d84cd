namespace LspsPlugin.Rpc;

/// <summary>
/// What somebody else sets off, a timer or a cancellation, on a thread of its own: it is carried out on the loop of whoever asked for it.
/// </summary>
public static class LoopTimer
{
    /// <summary>Calls <paramref name="then"/> once, unless it is disposed before.</summary>
    public static ITimer Start(TimeProvider time, TimeSpan after, Action then) =>
        time.CreateTimer(static state => ((Action)state!)(), Here(then), after, Timeout.InfiniteTimeSpan);

    /// <summary>Whoever calls the result, <paramref name="then"/> is called on the loop that this is called on.</summary>
    public static Action Here(Action then)
    {
        if (SynchronizationContext.Current is not { } loop) return then;
        return () => loop.Post(static state => ((Action)state!)(), then);
    }
}
