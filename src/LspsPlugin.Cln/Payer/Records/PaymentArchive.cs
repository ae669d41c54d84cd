using System.Runtime.CompilerServices;
using LspsPlugin.Cln.Node;
using LspsPlugin.Durable.Payments;

namespace LspsPlugin.Cln.Payer.Records;

/// <summary>The final payments by the numbers of their creation and of their last change: <c>BRANCH/NUMBER</c> of each has the payment's name.</summary>
internal sealed class PaymentArchive(PayerStore store)
{
    private readonly Order _byCreation = new(PayerKeys.ByCreation);
    private readonly Order _byUpdate = new(PayerKeys.ByUpdate);
    private int _entered;

    /// <summary>Enters a payment.</summary>
    /// <returns>False if the node does not store it; an entry may be there nevertheless.</returns>
    public async ValueTask<bool> EnterAsync(PaymentRecord payment, CancellationToken stopping)
    {
        string name = PayerKeys.Name(payment.Terms.Id);
        Task<bool> created = store.PutAsync(PayerKeys.Archived(PayerKeys.ByCreation, payment.CreatedIndex), name, stopping).AsTask();
        Task<bool> updated = store.PutAsync(PayerKeys.Archived(PayerKeys.ByUpdate, payment.UpdatedIndex), name, stopping).AsTask();
        bool entered = await created & await updated;
        _entered++;
        _byCreation.First = Math.Min(_byCreation.First, payment.CreatedIndex / PayerKeys.BranchSize);
        _byUpdate.First = Math.Min(_byUpdate.First, payment.UpdatedIndex / PayerKeys.BranchSize);
        return entered;
    }

    /// <summary>Deletes the entries of a payment.</summary>
    /// <returns>False if the node does not delete them.</returns>
    public async ValueTask<bool> RemoveAsync(ulong createdIndex, ulong updatedIndex, CancellationToken stopping) =>
        await store.DeleteAsync(PayerKeys.Archived(PayerKeys.ByUpdate, updatedIndex), stopping) && await store.DeleteAsync(PayerKeys.Archived(PayerKeys.ByCreation, createdIndex), stopping);

    /// <summary>
    /// Returns the entries, one branch after the other. Branches are counted up instead of listed: to list the names below a key, the node reads everything below
    /// it, and stands still for seconds.
    /// </summary>
    /// <param name="index">The order.</param>
    /// <param name="start">A number in the first branch.</param>
    /// <param name="below">The number that follows the last one given.</param>
    /// <param name="stopping">Cancels the wait, not the call.</param>
    /// <exception cref="PaymentJournalUnavailableException">The node does not answer.</exception>
    public async IAsyncEnumerable<DatastoreEntry[]> BranchesAsync(PaymentIndex index, ulong start, ulong below, [EnumeratorCancellation] CancellationToken stopping)
    {
        Order order = index switch
        {
            PaymentIndex.Created => _byCreation,
            PaymentIndex.Updated => _byUpdate,
        };
        for (ulong branch = Math.Max(start / PayerKeys.BranchSize, order.First); branch * PayerKeys.BranchSize < below; branch++)
        {
            int entered = _entered;
            DatastoreEntry[] entries = await store.EntriesAsync([.. order.Place, PayerKeys.Number(branch)], stopping);
            if (entries.Length > 0) yield return entries;
            else if (branch == order.First && entered == _entered) order.First++;
        }
    }

    private sealed class Order(string[] place)
    {
        public string[] Place => place;

        /// <summary>The first branch that is not known to be empty; the oldest payments are deleted first.</summary>
        public ulong First { get; set; }
    }
}
