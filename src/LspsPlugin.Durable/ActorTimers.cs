namespace LspsPlugin.Durable;

/// <summary>The timers of one actor. A restarted timer replaces the earlier one, even if that has fired but was not processed yet.</summary>
/// <typeparam name="TTimer">The names of the timers.</typeparam>
internal sealed class ActorTimers<TTimer>(TimeProvider time, Action<TTimer> fired) : IDisposable
    where TTimer : struct, Enum
{
    private readonly SynchronizationContext? _loop = SynchronizationContext.Current;
    private readonly Dictionary<TTimer, Armed> _armed = [];

    public void Start(TTimer timer, TimeSpan delay) => Start(timer, delay, until: null);

    /// <summary>Starts a timer that fires at a wall-clock time, even if the clock is changed in between.</summary>
    public void StartAt(TTimer timer, DateTimeOffset at) => Start(timer, at - time.GetUtcNow(), at);

    /// <summary>Lets a timer fire now that was started.</summary>
    /// <returns>False if it was not, or has fired.</returns>
    public bool FireNow(TTimer timer)
    {
        if (!_armed.Remove(timer, out Armed? armed)) return false;
        armed.Dispose();
        fired(timer);
        return true;
    }

    private void Start(TTimer timer, TimeSpan delay, DateTimeOffset? until)
    {
        if (_armed.Remove(timer, out Armed? earlier)) earlier.Dispose();
        var armed = new Armed(this, timer, until);
        _armed.Add(timer, armed);
        armed.Timer = time.CreateTimer(static state => ((Armed)state!).OnThread(), armed, Bounded(delay), Timeout.InfiniteTimeSpan);
    }

    public void Dispose()
    {
        foreach (Armed armed in _armed.Values) armed.Dispose();
        _armed.Clear();
    }

    /// <summary>.NET timers are limited to about 49 days; a longer deadline is checked again after 40 days.</summary>
    private static TimeSpan Bounded(TimeSpan delay) =>
        delay < TimeSpan.Zero ? TimeSpan.Zero : delay > TimeSpan.FromDays(40) ? TimeSpan.FromDays(40) : delay;

    private void OnLoop(Armed armed)
    {
        if (!_armed.TryGetValue(armed.Which, out Armed? current) || current != armed) return;
        _armed.Remove(armed.Which);
        armed.Dispose();
        if (armed.Until is { } until && until > time.GetUtcNow()) StartAt(armed.Which, until);
        else fired(armed.Which);
    }

    /// <summary>One start of a timer. It is passed to the clock as the timer's state, so that a test clock can identify it.</summary>
    internal sealed class Armed(ActorTimers<TTimer> owner, TTimer which, DateTimeOffset? until) : IDisposable
    {
        public TTimer Which => which;

        public DateTimeOffset? Until => until;

        public ITimer? Timer { get; set; }

        /// <summary>Called on any thread; passes the work to the event loop.</summary>
        public void OnThread()
        {
            if (owner._loop is { } loop) loop.Post(static state => { var armed = (Armed)state!; armed.Fire(); }, this);
            else Fire();
        }

        public void Dispose() => Timer?.Dispose();

        private void Fire() => owner.OnLoop(this);
    }
}
