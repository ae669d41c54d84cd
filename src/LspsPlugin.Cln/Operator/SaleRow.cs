using LspsPlugin.Cln.Provider.Records;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Cln.Operator;

/// <summary>How far a sale is.</summary>
internal enum SaleStatus : byte
{
    /// <summary>Sold, and not paid for yet.</summary>
    Offered,

    /// <summary>A payment is in progress.</summary>
    InProgress,

    /// <summary>The wallet paid for its channel.</summary>
    Paid,

    /// <summary>The last payment failed, and the offer is over.</summary>
    Failed,

    /// <summary>The offer ended without a payment.</summary>
    Expired,
}

/// <summary>A sale as an operator sees it: from memory while it is live, from its record once it is over.</summary>
/// <param name="Offer">What was sold.</param>
/// <param name="Status">How far it is.</param>
internal sealed record SaleRow(Offer Offer, SaleStatus Status)
{
    /// <summary>The number; null for a record that is not entered in the book.</summary>
    public ulong? Number { get; init; }

    /// <summary>The number of the last change on record; null for a sale that an earlier version finished, and if the node does not store the numbers.</summary>
    public ulong? UpdatedIndex { get; init; }

    /// <summary>The payment, or the last one.</summary>
    public PaymentHash? PaymentHash { get; init; }

    /// <summary>The state of its session; null if it has none.</summary>
    public SavedState? State { get; init; }

    /// <summary>The phase of a session that is under way.</summary>
    public Phase? Phase { get; init; }

    /// <summary>The parts that are held now.</summary>
    public int HeldParts { get; init; }

    /// <summary>When it ended; null while it is live.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>What happened, oldest first.</summary>
    public IReadOnlyList<StoryEvent> Events { get; init; } = [];

    /// <summary>Returns a live sale.</summary>
    /// <param name="report">The sale as it is now.</param>
    /// <param name="events">What happened to it.</param>
    /// <param name="updated">The number of its last change.</param>
    /// <param name="isOnRecord">Whether only payments count of which something is on record.</param>
    public static SaleRow Live(OfferReport report, IReadOnlyList<StoryEvent> events, ulong? updated, bool isOnRecord = false)
    {
        // Of several payments that claim the offer, the one that has got furthest.
        SessionReport? session = report.Sessions.Where(one => one.State is not Core.Sessions.Ended && (!isOnRecord || SavedState.Of(one.State) is not null)).MaxBy(static one => one.State.Phase);
        SaleStatus status = report.PaidChannel is not null ? SaleStatus.Paid : session is null ? SaleStatus.Offered : SaleStatus.InProgress;
        return new SaleRow(report.Offer, status)
        {
            Number = report.Offer.CreatedIndex,
            UpdatedIndex = updated,
            PaymentHash = session?.PaymentHash,
            State = session is null ? null : SavedState.Of(session.State),
            Phase = session?.State.Phase,
            HeldParts = session?.HeldParts ?? 0,
            Events = events,
        };
    }

    /// <summary>Returns a finished sale.</summary>
    public static SaleRow Ended(ulong? number, SessionRecord record, DateTimeOffset? endedAt) => new(record.Offer, StatusOf(record.State))
    {
        Number = number ?? record.Offer.CreatedIndex,
        UpdatedIndex = record.UpdatedIndex,
        PaymentHash = record.PaymentHash,
        State = record.State,
        EndedAt = endedAt,
        Events = record.Events,
    };

    private static SaleStatus StatusOf(SavedState? state) => state switch
    {
        null or { Outcome: Outcome.Succeeded } => SaleStatus.Paid,
        { Reason: FailureReason.OfferExpired } => SaleStatus.Expired,
        _ => SaleStatus.Failed,
    };
}
