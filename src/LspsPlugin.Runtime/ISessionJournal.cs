using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Runtime;

/// <summary>What is on record about offers and sessions, in the node's own datastore.</summary>
public interface ISessionJournal
{
    /// <summary>Everything on record. A record that cannot be read is reported and left where it is.</summary>
    /// <exception cref="JournalUnavailableException">The node does not answer.</exception>
    ValueTask<JournalContents> LoadAsync(CancellationToken stopping);

    /// <summary>Puts a newly bought offer on record; it exists only after <see cref="JournalResult.Saved"/>.</summary>
    ValueTask<JournalResult> AddOfferAsync(Offer offer, CancellationToken stopping);

    /// <summary>
    /// Puts the state of the session on record, fenced against other writers; an ended session leaves the active ones. From
    /// <see cref="Phase.Confirming"/> on the offer's record says that its JIT scid is an alias of the channel (R52-89): so no crash can
    /// make the offer look unused. The end of one that nobody paid for (<see cref="FailureReason.NeverPaid"/>) puts the loss on record.
    /// </summary>
    ValueTask<JournalResult> SaveAsync(SessionTerms terms, SavedState state, CancellationToken stopping);

    /// <summary>Forgets an offer that ran out; its active entry, if it has one, becomes a finalized one.</summary>
    ValueTask<JournalResult> EndOfferAsync(Offer offer, Outcome outcome, CancellationToken stopping);

    /// <summary>Attempts that ended without a paid channel, with the time of their end, until they are forgotten; empty when the node does not say.</summary>
    ValueTask<IReadOnlyList<(SessionOnRecord Ended, DateTimeOffset At)>> ReleasedAsync(CancellationToken stopping);

    /// <summary>Nothing of the attempt can come to light any more.</summary>
    ValueTask ForgetReleasedAsync(ChannelId channel, CancellationToken stopping);

    /// <summary>A loss is forgiven.</summary>
    ValueTask ForgetLossAsync(Scid jitScid, CancellationToken stopping);

    /// <summary>Forgets finished sessions beyond <paramref name="limits"/>.</summary>
    /// <returns>Null when it went well; else what did not.</returns>
    ValueTask<string?> PruneAsync(HistoryLimits limits, CancellationToken stopping);
}

public enum JournalResult : byte
{
    /// <summary>On record.</summary>
    Saved,

    /// <summary>The node refused or did not answer: it may or may not be on record, and may be tried again.</summary>
    Failed,

    /// <summary>Another writer changed the record since we last wrote it.</summary>
    Conflict,
}

/// <param name="Alias">The channel that a succeeded session opened for the offer.</param>
public sealed record OfferOnRecord(Offer Offer, ChannelId? Alias);

public sealed record SessionOnRecord(Offer Offer, PaymentHash PaymentHash, SavedState State);

/// <param name="Remarks">Records that were set aside, with the reason, and sessions of others that were taken over; one line each.</param>
public sealed record JournalContents(
    IReadOnlyList<OfferOnRecord> Offers, IReadOnlyList<SessionOnRecord> Sessions, IReadOnlyList<Loss> Losses, IReadOnlyList<string> Remarks);

/// <summary>The records cannot be read now.</summary>
public sealed class JournalUnavailableException(string message) : Exception(message);
