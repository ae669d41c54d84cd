using LspsPlugin.Core.Payments;

namespace LspsPlugin.Durable.Payments;

/// <summary>Stores payments, in the node's own datastore.</summary>
public interface IPaymentJournal
{
    /// <summary>Reads the live payments only, by their index; a payment that is final but still in the index is moved to the archive first.</summary>
    /// <exception cref="PaymentJournalUnavailableException">The node does not answer.</exception>
    ValueTask<PaymentJournalContents> LoadAsync(CancellationToken stopping);

    /// <summary>
    /// Puts the preimages of payments on record that were live until now. A payment whose preimage is on record has succeeded, whatever else is on record of it;
    /// <see cref="CommitAsync"/> of the same changes follows and writes the rest.
    /// </summary>
    /// <param name="changes">Changes with a new preimage, <see cref="PaymentChange.IsProof"/>.</param>
    /// <param name="stopping">Cancels the wait, not the call.</param>
    /// <returns>For each change whether its preimage is on record; false means that it may be or not.</returns>
    ValueTask<IReadOnlyList<bool>> ProveAsync(IReadOnlyList<PaymentChange> changes, CancellationToken stopping);

    /// <summary>
    /// Writes everything that one turn of the event loop changed: of all changes the creation, the index of live payments, the parts and the settlement, and when these
    /// are on record the statuses.
    /// </summary>
    /// <remarks>
    /// The settlement record, the preimage, is apart from the rest and is never changed or removed except by <see cref="ForgetAsync"/>. A write that failed may
    /// be on record wholly or in part: the next write of the payment replaces all of it, and removes parts that it does not have. A payment that was final and
    /// is not any more (it took a new part of the caller) is in the index of live payments before it leaves the archive, and both before anything else is written.
    /// </remarks>
    /// <returns>For each change whether it is on record; false means that it may be or not.</returns>
    ValueTask<IReadOnlyList<bool>> CommitAsync(IReadOnlyList<PaymentChange> changes, CancellationToken stopping);

    /// <summary>
    /// Moves a final payment that is on record from the index of live payments to the archive. Nobody who waits for the payment waits for this; after a crash
    /// <see cref="LoadAsync"/> does it.
    /// </summary>
    /// <returns>False when it may be in both.</returns>
    ValueTask<bool> ArchiveAsync(PaymentRecord payment, CancellationToken stopping);

    /// <summary>Finds a payment on record, in the archive or not; null when there is none.</summary>
    /// <exception cref="PaymentJournalUnavailableException">The node does not answer.</exception>
    ValueTask<PaymentRecord?> FindAsync(PaymentId id, CancellationToken stopping);

    /// <summary>Reads archived payments in ascending order of an index.</summary>
    /// <param name="index">The index.</param>
    /// <param name="start">The first number.</param>
    /// <param name="limit">The most payments; at least 1.</param>
    /// <param name="stopping">Cancels the call.</param>
    /// <exception cref="PaymentJournalUnavailableException">The node does not answer.</exception>
    ValueTask<IReadOnlyList<PaymentRecord>> ListAsync(PaymentIndex index, ulong start, int limit, CancellationToken stopping);

    /// <summary>Deletes an archived payment.</summary>
    /// <returns>False when it may still be there.</returns>
    ValueTask<bool> ForgetAsync(PaymentId id, CancellationToken stopping);

    /// <summary>Deletes archived payments that exceed the limits, oldest first.</summary>
    /// <returns>Null on success, else the problem.</returns>
    ValueTask<string?> PruneAsync(PaymentHistoryLimits limits, CancellationToken stopping);
}

/// <summary>One change of one payment.</summary>
/// <param name="After">The payment as it must be on record.</param>
/// <param name="Before">What was on record before; null for a new payment. Parts that are equal in both need not be written.</param>
public sealed record PaymentChange(PaymentRecord After, SavedPayment? Before)
{
    /// <summary>Whether it brings the preimage of a payment that is on record as live.</summary>
    public bool IsProof => Before is { IsLive: true, Preimage: null } && After.State.Preimage is not null;
}

/// <summary>What was read at the start.</summary>
/// <param name="Live">The payments that must be continued.</param>
/// <param name="LastCreatedIndex">The greatest created index ever given.</param>
/// <param name="LastUpdatedIndex">The greatest updated index ever given.</param>
/// <param name="Remarks">Records that cannot be read, left as they are; one line each.</param>
public sealed record PaymentJournalContents(IReadOnlyList<PaymentRecord> Live, ulong LastCreatedIndex, ulong LastUpdatedIndex, IReadOnlyList<string> Remarks);

/// <summary>The indexes by which payments are listed.</summary>
public enum PaymentIndex : byte
{
    /// <summary>In the order of their creation.</summary>
    Created,

    /// <summary>In the order of their last change: a program that was away asks for what came after the last number that it saw.</summary>
    Updated,
}

/// <summary>How much of the past is kept.</summary>
/// <param name="MaxAge">How long a final payment is kept after its last change.</param>
/// <param name="MaxCount">How many final payments are kept.</param>
public sealed record PaymentHistoryLimits(TimeSpan MaxAge, int MaxCount);

/// <summary>Thrown when the records cannot be read now.</summary>
/// <param name="message">The node's error, for the log.</param>
public sealed class PaymentJournalUnavailableException(string message) : Exception(message);
