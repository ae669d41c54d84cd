using LspsPlugin.Core.Payments;
using LspsPlugin.Durable.Payments;

namespace LspsPlugin.Simulation.Canaries;

/// <summary>Passes every call of the payer's records on; a canary overrides the commits.</summary>
internal abstract class PaymentJournalCanary(IPaymentJournal shipping) : IPaymentJournal
{
    protected IPaymentJournal Shipping => shipping;

    public ValueTask<PaymentJournalContents> LoadAsync(CancellationToken stopping) => shipping.LoadAsync(stopping);

    public virtual ValueTask<IReadOnlyList<bool>> ProveAsync(IReadOnlyList<PaymentChange> changes, CancellationToken stopping) => shipping.ProveAsync(changes, stopping);

    public abstract ValueTask<IReadOnlyList<bool>> CommitAsync(IReadOnlyList<PaymentChange> changes, CancellationToken stopping);

    public ValueTask<bool> ArchiveAsync(PaymentRecord payment, CancellationToken stopping) => shipping.ArchiveAsync(payment, stopping);

    public ValueTask<PaymentRecord?> FindAsync(PaymentId id, CancellationToken stopping) => shipping.FindAsync(id, stopping);

    public ValueTask<IReadOnlyList<PaymentRecord>> ListAsync(PaymentIndex index, ulong start, int limit, CancellationToken stopping) => shipping.ListAsync(index, start, limit, stopping);

    public ValueTask<bool> ForgetAsync(PaymentId id, CancellationToken stopping) => shipping.ForgetAsync(id, stopping);

    public ValueTask<string?> PruneAsync(PaymentHistoryLimits limits, CancellationToken stopping) => shipping.PruneAsync(limits, stopping);
}

/// <summary>Passes both calls on; a canary overrides the one that it does wrong.</summary>
internal abstract class SendAttemptCanary(ISendAttempt shipping) : ISendAttempt
{
    protected ISendAttempt Shipping => shipping;

    public virtual ValueTask<AttemptInput> SendAttemptAsync(PaymentTerms terms, Attempt attempt, Func<bool> isWanted, CancellationToken stopping) => shipping.SendAttemptAsync(terms, attempt, isWanted, stopping);

    public virtual ValueTask<PaymentInput> LookAtRowsAsync(PaymentTerms terms, IReadOnlyList<Attempt> attempts, CancellationToken stopping) => shipping.LookAtRowsAsync(terms, attempts, stopping);
}
