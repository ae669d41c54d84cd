using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable;

namespace LspsPlugin.ModelCheck.Tests.Traces;

/// <summary>A clock that stands still: each timer fires when it is told to, in any order.</summary>
/// <remarks><c>FakeTimeProvider</c> fires timers in the order of their due times; a walk of the model picks any of them.</remarks>
internal sealed class StillClock(DateTimeOffset start, Action<SessionTimer> started) : TimeProvider
{
    private readonly List<Hand> _hands = [];

    /// <summary>What the wall clock says beside the standing time.</summary>
    private DateTimeOffset? _set;

    public override DateTimeOffset GetUtcNow() => _set ?? start;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => start.Ticks;

    /// <summary>The session's timers that run.</summary>
    public IEnumerable<SessionTimer> Running => _hands.Select(static hand => hand.Armed?.Which).OfType<SessionTimer>();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var hand = new Hand(this, callback, state);
        hand.Change(dueTime, period);
        if (hand.Armed is { } armed) started(armed.Which);
        return hand;
    }

    /// <summary>Fires a timer of the session. For a deadline the wall clock is set to it while <paramref name="seen"/> runs, and set right afterwards.</summary>
    /// <returns>False when it does not run.</returns>
    public bool Fire(SessionTimer which, Action seen)
    {
        if (_hands.Find(hand => hand.Armed?.Which == which) is not { } due) return false;
        _set = due.Armed!.Until;
        due.Fire();
        seen();
        _set = null;
        return true;
    }

    /// <summary>Ends every pause that is no timer of the session.</summary>
    public bool EndPauses()
    {
        Hand[] pauses = [.. _hands.Where(static hand => hand.Armed is null)];
        foreach (Hand pause in pauses) pause.Fire();
        return pauses.Length > 0;
    }

    /// <summary>The process is gone.</summary>
    public void Clear() => _hands.Clear();

    private sealed class Hand(StillClock clock, TimerCallback callback, object? state) : ITimer
    {
        public ActorTimers<SessionTimer>.Armed? Armed => state as ActorTimers<SessionTimer>.Armed;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            clock._hands.Remove(this);
            if (dueTime != Timeout.InfiniteTimeSpan) clock._hands.Add(this);
            return true;
        }

        public void Fire()
        {
            clock._hands.Remove(this);
            callback(state);
        }

        public void Dispose() => clock._hands.Remove(this);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
