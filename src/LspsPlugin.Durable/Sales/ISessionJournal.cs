using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Durable.Sales;

/// <summary>Stores offers and sessions, in the node's own datastore.</summary>
public interface ISessionJournal
{
    /// <summary>Reads all records. A record that cannot be read is reported and left unchanged.</summary>
    /// <exception cref="JournalUnavailableException">The node does not answer.</exception>
    ValueTask<JournalContents> LoadAsync(CancellationToken stopping);

    /// <summary>Saves a newly bought offer; it exists only after <see cref="JournalResult.Saved"/>.</summary>
    ValueTask<JournalResult> AddOfferAsync(Offer offer, CancellationToken stopping);

    /// <summary>
    /// Saves the state of a session, protected against other writers; an ended session leaves the active ones. From <see cref="Phase.Confirming"/> on
    /// the offer's record says that its JIT scid is an alias of the channel (R52-89), so that no crash can make the offer look unused. The end of a
    /// channel that nobody paid for (<see cref="FailureReason.NeverPaid"/>) also saves the loss.
    /// </summary>
    ValueTask<JournalResult> SaveAsync(SessionTerms terms, SavedState state, CancellationToken stopping);

    /// <summary>Deletes an offer that ended; its active entry, if any, becomes a finalized one.</summary>
    /// <param name="offer">The offer.</param>
    /// <param name="reason">Why it ended; null if it was paid for.</param>
    /// <param name="stopping">Cancels the wait, not the call.</param>
    ValueTask<JournalResult> EndOfferAsync(Offer offer, FailureReason? reason, CancellationToken stopping);

    /// <summary>
    /// Returns attempts that ended without a paid channel, with the time of their end, until they are deleted; empty when the node does not answer.
    /// </summary>
    ValueTask<IReadOnlyList<(SessionOnRecord Ended, DateTimeOffset At)>> ReleasedAsync(CancellationToken stopping);

    /// <summary>Deletes the attempt from that list: nothing of it can appear any more.</summary>
    ValueTask ForgetReleasedAsync(ChannelId channel, CancellationToken stopping);

    /// <summary>Deletes a loss that no longer counts.</summary>
    ValueTask ForgetLossAsync(Scid jitScid, CancellationToken stopping);

    /// <summary>Deletes finished sessions that exceed <paramref name="limits"/>.</summary>
    /// <returns>Null on success, else the problem.</returns>
    ValueTask<string?> PruneAsync(HistoryLimits limits, CancellationToken stopping);
}

/// <summary>The result of a write.</summary>
public enum JournalResult : byte
{
    /// <summary>The record is saved.</summary>
    Saved,

    /// <summary>The node refused or did not answer: the record may or may not be saved, and the write may be retried.</summary>
    Failed,

    /// <summary>Another writer changed the record since we last wrote it.</summary>
    Conflict,
}

/// <summary>A saved offer.</summary>
/// <param name="Offer">The offer.</param>
/// <param name="Alias">The channel that a succeeded session opened for the offer; null when there is none.</param>
public sealed record OfferOnRecord(Offer Offer, ChannelId? Alias);

/// <summary>A saved session.</summary>
/// <param name="Offer">The offer that the payment is for.</param>
/// <param name="PaymentHash">The payment's hash.</param>
/// <param name="State">The state to continue from.</param>
public sealed record SessionOnRecord(Offer Offer, PaymentHash PaymentHash, SavedState State);

/// <summary>Everything that was read from the records.</summary>
/// <param name="Offers">The offers on record; the registry ends those that have expired.</param>
/// <param name="Sessions">The sessions that are not over.</param>
/// <param name="Losses">The losses that are still on record.</param>
/// <param name="Remarks">Records that were skipped, with the reason, and sessions of other programs that were taken over; one line each.</param>
public sealed record JournalContents(
    IReadOnlyList<OfferOnRecord> Offers, IReadOnlyList<SessionOnRecord> Sessions, IReadOnlyList<Loss> Losses, IReadOnlyList<string> Remarks);

/// <summary>Thrown when the records cannot be read now.</summary>
/// <param name="message">The node's error, for the log.</param>
public sealed class JournalUnavailableException(string message) : Exception(message);
