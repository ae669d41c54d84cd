using LspsPlugin.Core.Payments;

namespace LspsPlugin.Durable.Payments;

/// <summary>
/// All that a payment knows of the node: it sends a part, and it looks at what the node has on record. An operating error is an outcome (an input); an
/// exception is a bug and counts as an unknown outcome. Implementations decide nothing, keep no state and repeat no call that may have changed something.
/// </summary>
public interface ISendAttempt
{
    /// <summary>
    /// Sends a part: <c>createonion</c>, then <c>injectpaymentonion</c> with <see cref="PaymentTerms.Hash"/>, the attempt's groupid, partid, amount_sent and
    /// cltv_expiry, the label and the invoice. The part is on record. The call may be made again for the same part, also by a later process; the node accepts a
    /// groupid and partid once.
    /// </summary>
    /// <remarks>
    /// The session key of the onion must follow from the hash and the part's ids alone (<c>makesecret</c>), so that the error onion of a row can be read after a
    /// restart. The call blocks until the part is final, for days if the receiver holds it: it needs no deadline, and it must not hold up other calls. When the node
    /// is seen to have the row before that (<c>wait</c>, subsystem sendpays), <see cref="PaymentTower.OnPartSent"/> should be told.
    /// </remarks>
    /// <param name="terms">The payment.</param>
    /// <param name="attempt">The part.</param>
    /// <param name="isWanted">
    /// Whether the part is still wanted; asked before the call that sends it. The onion may take long to make, and the payment may have succeeded or been cancelled
    /// meanwhile.
    /// </param>
    /// <param name="stopping">Cancels the wait, not the call.</param>
    /// <returns>
    /// <see cref="AttemptSettled"/>; <see cref="AttemptFailed"/> with the decoded onion error (code 218); <see cref="AttemptKnown"/> when the node says that it has
    /// these ids (in progress, complete or failed); <see cref="AttemptNotSent"/> when it refused and made no row, with IsForeign if another group of the
    /// hash is pending; <see cref="AttemptLost"/> when the connection ended or the answer makes no sense.
    /// </returns>
    ValueTask<AttemptInput> SendAttemptAsync(PaymentTerms terms, Attempt attempt, Func<bool> isWanted, CancellationToken stopping);

    /// <summary>
    /// Lists all payments of the hash: <c>listsendpays payment_hash</c> joined with the outgoing HTLCs of <c>listhtlcs</c> by hash, first channel and amount.
    /// </summary>
    /// <remarks>
    /// <see cref="HtlcEvidence.NeverCommitted"/> may be said only if the node was started since the row was made: a running node may be about to commit. An HTLC that no
    /// row explains and that fits a part of <paramref name="attempts"/> without a row is reported as <see cref="RowStatus.Gone"/> of that part.
    /// </remarks>
    /// <param name="terms">The payment.</param>
    /// <param name="attempts">All parts, to tell which HTLC belongs to which: also those that are decided had one.</param>
    /// <param name="stopping">Cancels the call.</param>
    /// <returns><see cref="RowsListed"/> with the current height, or <see cref="LookFailed"/> when the node did not answer everything.</returns>
    ValueTask<PaymentInput> LookAtRowsAsync(PaymentTerms terms, IReadOnlyList<Attempt> attempts, CancellationToken stopping);
}
