using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Payments.Phases;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Core.Payments;

/// <summary>The status of a payment, in records and in answers.</summary>
public enum PaymentStatus : byte
{
    /// <summary>On record; no part was planned yet.</summary>
    Initiated,

    /// <summary>Parts were planned, and none is known to be settled.</summary>
    InFlight,

    /// <summary>The preimage is known. Final.</summary>
    Succeeded,

    /// <summary>Every part has failed and no new one will go out. Final.</summary>
    Failed,
}

/// <summary>The part of a payment's state that is saved and survives a crash. Compared by value: an equal one need not be written.</summary>
/// <param name="Status">The status.</param>
/// <param name="Attempts">All parts, with the first of the statuses that have one word.</param>
/// <param name="Reason">Why no new part goes out; null while new ones may, and when it succeeded.</param>
/// <param name="Preimage">The proof of payment, once it succeeded. It is kept apart from the rest and never changes.</param>
public sealed record SavedPayment(PaymentStatus Status, ValueList<Attempt> Attempts, GiveUpReason? Reason = null, Preimage? Preimage = null)
{
    /// <summary>The record of a payment that has just begun.</summary>
    public static SavedPayment New { get; } = new(PaymentStatus.Initiated, []);

    /// <summary>Whether it must be continued: it is not final, or parts of it are undecided.</summary>
    public bool IsLive => Status is PaymentStatus.Initiated or PaymentStatus.InFlight || Attempts.AnyOut();

    /// <summary>Returns what must be on record before the actions of a transition to <paramref name="state"/>.</summary>
    public static SavedPayment Of(PaymentState state)
    {
        ValueList<Attempt> attempts = new([.. state.Attempts.Select(static attempt => attempt with { Status = Recorded(attempt.Status) })]);
        return state switch
        {
            GivingUp s => new(attempts.Count == 0 ? PaymentStatus.Initiated : PaymentStatus.InFlight, attempts, s.Reason),
            Failed s => new(PaymentStatus.Failed, attempts, s.Reason),
            Settling s => new(PaymentStatus.Succeeded, attempts, Preimage: s.Preimage),
            Succeeded s => new(PaymentStatus.Succeeded, attempts, Preimage: s.Preimage),
            _ => new(attempts.Count == 0 ? PaymentStatus.Initiated : PaymentStatus.InFlight, attempts),
        };
    }

    /// <summary>Returns the state in which a payment continues after a restart.</summary>
    /// <exception cref="InvalidOperationException">The record says succeeded without a preimage, or failed without a reason.</exception>
    public PaymentState Restore()
    {
        ValueList<Attempt> attempts = new([.. Attempts.Select(static attempt => attempt with { Status = Restored(attempt.Status) })]);
        return Status switch
        {
            PaymentStatus.Initiated or PaymentStatus.InFlight when Reason is { } reason => GivingUpPhase.Begin(attempts, reason).Next,
            PaymentStatus.Initiated => new Initiated(),
            PaymentStatus.InFlight => new Recovering(attempts),
            PaymentStatus.Succeeded when Preimage is { } preimage => attempts.AnyOut() ? new Settling(attempts, preimage) : new Succeeded(attempts, preimage),
            PaymentStatus.Failed when Reason is { } reason => new Failed(attempts, reason),
            PaymentStatus.Succeeded or PaymentStatus.Failed => throw new InvalidOperationException($"a payment that is {Status} lacks its preimage or reason"),
        };
    }

    private static AttemptStatus Recorded(AttemptStatus status) => status switch
    {
        AttemptStatus.Planned or AttemptStatus.Resent or AttemptStatus.Adrift or AttemptStatus.Missing => AttemptStatus.Planned,
        AttemptStatus.Sent or AttemptStatus.Watched => AttemptStatus.Sent,
        AttemptStatus.Unknown => AttemptStatus.Unknown,
        AttemptStatus.Settled => AttemptStatus.Settled,
        AttemptStatus.Failed => AttemptStatus.Failed,
    };

    private static AttemptStatus Restored(AttemptStatus status) => status switch
    {
        AttemptStatus.Planned or AttemptStatus.Resent or AttemptStatus.Adrift or AttemptStatus.Missing => AttemptStatus.Adrift,
        AttemptStatus.Sent or AttemptStatus.Watched => AttemptStatus.Watched,
        AttemptStatus.Unknown => AttemptStatus.Unknown,
        AttemptStatus.Settled => AttemptStatus.Settled,
        AttemptStatus.Failed => AttemptStatus.Failed,
    };
}
