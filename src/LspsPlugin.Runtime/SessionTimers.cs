using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Runtime;

/// <summary>The timers of one session. A restarted timer replaces the earlier one, also when that has fired but was not seen yet.</summary>
internal sealed class SessionTimers(TimeProvider time, Action<SessionTimer> fired) : IDisposable
{
    private readonly SynchronizationContext? _loop = SynchronizationContext.Current;
    private readonly Dictionary<SessionTimer, Armed> _armed = [];

    public void Start(SessionTimer timer, TimeSpan delay) => Start(timer, delay, until: null);

    /// <summary>Fires when the wall clock says so, wherever that stood when the timer was started.</summary>
    public void StartAt(SessionTimer timer, DateTimeOffset at) => Start(timer, at - time.GetUtcNow(), at);

    private void Start(SessionTimer timer, TimeSpan delay, DateTimeOffset? until)
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

    /// <summary>A timer takes at most about 49 days; an offer that is valid for longer is looked at again then.</summary>
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

    /// <summary>One start of a timer; what the clock is given with it, so that a clock of tests knows which one it is.</summary>
    internal sealed class Armed(SessionTimers owner, SessionTimer which, DateTimeOffset? until) : IDisposable
    {
        public SessionTimer Which => which;

        public DateTimeOffset? Until => until;

        public ITimer? Timer { get; set; }

        /// <summary>Timers fire on any thread; what they mean happens on the loop.</summary>
        public void OnThread()
        {
            if (owner._loop is { } loop) loop.Post(static state => { var armed = (Armed)state!; armed.Fire(); }, this);
            else Fire();
        }

        public void Dispose() => Timer?.Dispose();

        private void Fire() => owner.OnLoop(this);
    }
}
