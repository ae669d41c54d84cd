namespace LspsPlugin.Simulation.Time;

/// <summary>A clock that only advances when told to; its timers fire in order of their due time, and then of their start.</summary>
/// <remarks>
/// <c>FakeTimeProvider</c> cannot stand in for it: the loop needs one timer at a time, so that the seed orders what follows each, and a wall
/// clock that jumps while timestamps go on.
/// </remarks>
public sealed class VirtualClock : TimeProvider
{
    private readonly List<VirtualTimer> _timers = [];
    private DateTimeOffset _now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private TimeSpan _jumped;
    private long _sequence;

    /// <summary>The monotonic time, which never jumps.</summary>
    public DateTimeOffset Now => _now;

    public override DateTimeOffset GetUtcNow() => _now + _jumped;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _now.Ticks;

    /// <summary>Makes the wall clock jump; timers are not affected.</summary>
    public void Jump(TimeSpan by) => _jumped += by;

    /// <summary>Corrects the wall clock.</summary>
    public void SetRight() => _jumped = TimeSpan.Zero;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new VirtualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Advances to the next timer that is due by <paramref name="end"/> and fires it.</summary>
    /// <returns>False if there is none; the clock then stands at <paramref name="end"/>.</returns>
    public bool AdvanceToNextTimer(DateTimeOffset end)
    {
        VirtualTimer? next = null;
        foreach (VirtualTimer timer in _timers)
        {
            if (timer.Due <= end && (next is null || timer.Due < next.Due || (timer.Due == next.Due && timer.Sequence < next.Sequence))) next = timer;
        }

        if (next is null)
        {
            if (end > _now) _now = end;
            return false;
        }

        if (next.Due > _now) _now = next.Due;
        next.Fire();
        return true;
    }

    private sealed class VirtualTimer(VirtualClock clock, TimerCallback callback, object? state) : ITimer
    {
        public DateTimeOffset Due { get; private set; }

        public long Sequence { get; private set; }

        /// <summary>Most timers are dropped before they fire, or dropped after it: then there is nothing to search for.</summary>
        private bool _isSet;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Stop();
            if (dueTime == Timeout.InfiniteTimeSpan) return true;
            if (period != Timeout.InfiniteTimeSpan && period != TimeSpan.Zero) throw new NotSupportedException("timers of the simulation fire once");
            Due = clock._now + dueTime;
            Sequence = ++clock._sequence;
            _isSet = true;
            clock._timers.Add(this);
            return true;
        }

        public void Fire()
        {
            Stop();
            callback(state);
        }

        public void Dispose() => Stop();

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Stop()
        {
            if (!_isSet) return;
            _isSet = false;
            clock._timers.Remove(this);
        }
    }
}
