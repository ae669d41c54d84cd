namespace LspsPlugin.Simulation.Time;

/// <summary>A clock that only advances when told to; its timers fire in order of their due time, and then of their start.</summary>
/// <remarks>
/// <c>FakeTimeProvider</c> cannot stand in for it: the loop needs one timer at a time, so that the seed orders what follows each, and a wall
/// clock that jumps while timestamps go on.
/// </remarks>
public sealed class VirtualClock : TimeProvider
{
    /// <summary>The starts of timers, the earliest first. Most timers are stopped before they are due; their starts stay here until then.</summary>
    private readonly PriorityQueue<VirtualTimer, (long Due, long Start)> _starts = new();
    private DateTimeOffset _now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private TimeSpan _jumped;
    private long _lastStart;

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
        while (_starts.TryPeek(out VirtualTimer? next, out (long Due, long Start) earliest))
        {
            bool isStopped = next.Start != earliest.Start;
            if (!isStopped && earliest.Due > end.Ticks) break;
            _starts.Dequeue();
            if (isStopped) continue;
            if (earliest.Due > _now.Ticks) _now = new DateTimeOffset(earliest.Due, TimeSpan.Zero);
            next.Fire();
            return true;
        }

        if (end > _now) _now = end;
        return false;
    }

    private sealed class VirtualTimer(VirtualClock clock, TimerCallback callback, object? state) : ITimer
    {
        private TimerCallback? _callback = callback;
        private object? _state = state;

        /// <summary>The number of its last start; 0 while it is stopped.</summary>
        public long Start { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Start = 0;
            if (_callback is null) return false;
            if (dueTime == Timeout.InfiniteTimeSpan) return true;
            if (period != Timeout.InfiniteTimeSpan && period != TimeSpan.Zero) throw new NotSupportedException("timers of the simulation fire once");
            Start = ++clock._lastStart;
            clock._starts.Enqueue(this, ((clock._now + dueTime).Ticks, Start));
            return true;
        }

        public void Fire()
        {
            Start = 0;
            _callback?.Invoke(_state);
        }

        public void Dispose()
        {
            // The clock may hold it for long: what it would have called goes at once.
            Start = 0;
            (_callback, _state) = (null, null);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
