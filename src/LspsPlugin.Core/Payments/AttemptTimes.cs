using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Core.Payments;

/// <summary>What happened to a part when, by the wall clock of this process. Nothing is decided by it.</summary>
/// <param name="CreatedAt">When it was planned; null in records of versions that did not write it.</param>
/// <param name="SentAt">When the node was first seen to have it; null before, and for a part that failed before that was seen.</param>
/// <param name="CompletedAt">When it was seen to be settled or failed; null before.</param>
public readonly record struct AttemptTimes(DateTimeOffset? CreatedAt, DateTimeOffset? SentAt = null, DateTimeOffset? CompletedAt = null)
{
    /// <summary>Returns the parts of the next state with the times of what a step changed.</summary>
    /// <param name="before">The parts before the step.</param>
    /// <param name="after">The same parts after it, and new ones.</param>
    /// <param name="now">The time, as precise as a record is: whole milliseconds.</param>
    public static ValueList<Attempt> Stamp(ValueList<Attempt> before, ValueList<Attempt> after, DateTimeOffset now)
    {
        if (after == before) return after;
        return new([.. after.Select((attempt, i) =>
            i >= before.Count ? attempt with { Times = new AttemptTimes(now) }
            : attempt.Status == before[i].Status ? attempt
            : attempt with { Times = attempt.Times.With(attempt.Status, now) })]);
    }

    private AttemptTimes With(AttemptStatus status, DateTimeOffset now) => status switch
    {
        AttemptStatus.Sent or AttemptStatus.Watched or AttemptStatus.Unknown => this with { SentAt = SentAt ?? now },
        AttemptStatus.Settled => this with { SentAt = SentAt ?? now, CompletedAt = now },
        AttemptStatus.Failed => this with { CompletedAt = now },
        AttemptStatus.Planned or AttemptStatus.Resent or AttemptStatus.Adrift or AttemptStatus.Missing => this,
    };
}
