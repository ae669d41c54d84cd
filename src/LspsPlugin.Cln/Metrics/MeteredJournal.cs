using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Cln.Metrics;

/// <summary>Counts the offers that are sold and that end, and tells the meter of sales what is on record.</summary>
internal sealed class MeteredJournal(ISessionJournal journal, Instruments instruments, SaleMeter sales) : ISessionJournal
{
    /// <summary>Offers that were never sold because they could not be saved: deleting what may be on record is not the end of a sale.</summary>
    private readonly HashSet<Scid> _unsold = [];

    public async ValueTask<JournalContents> LoadAsync(CancellationToken stopping)
    {
        JournalContents contents = await journal.LoadAsync(stopping);
        foreach (SessionOnRecord session in contents.Sessions) sales.Learn(session.Offer.JitScid, session.PaymentHash, session.State.Plan);
        return contents;
    }

    public async ValueTask<JournalResult> AddOfferAsync(Offer offer, CancellationToken stopping)
    {
        JournalResult result = await journal.AddOfferAsync(offer, stopping);
        if (result == JournalResult.Saved) instruments.OnSale(SaleEvent.Offered);
        else if (result == JournalResult.Failed) _unsold.Add(offer.JitScid);
        return result;
    }

    public async ValueTask<JournalResult> SaveAsync(SessionTerms terms, SavedState state, CancellationToken stopping)
    {
        JournalResult result = await journal.SaveAsync(terms, state, stopping);
        if (result == JournalResult.Saved && state.Phase != Phase.Ended) sales.Learn(terms.Offer.JitScid, terms.PaymentHash, state.Plan);
        return result;
    }

    public async ValueTask<JournalResult> EndOfferAsync(Offer offer, FailureReason? reason, CancellationToken stopping)
    {
        bool wasSold = !_unsold.Remove(offer.JitScid);
        JournalResult result = await journal.EndOfferAsync(offer, reason, stopping);
        if (result != JournalResult.Saved || !wasSold) return result;
        if (reason == FailureReason.OfferExpired) instruments.OnSale(SaleEvent.Expired);
        else if (reason == FailureReason.Cancelled) instruments.OnSale(SaleEvent.Cancelled);
        return result;
    }

    public ValueTask<IReadOnlyList<(SessionOnRecord Ended, DateTimeOffset At)>> ReleasedAsync(CancellationToken stopping) => journal.ReleasedAsync(stopping);

    public ValueTask ForgetReleasedAsync(ChannelId channel, CancellationToken stopping) => journal.ForgetReleasedAsync(channel, stopping);

    public ValueTask ForgetLossAsync(Scid jitScid, CancellationToken stopping) => journal.ForgetLossAsync(jitScid, stopping);

    public ValueTask<string?> PruneAsync(HistoryLimits limits, CancellationToken stopping) => journal.PruneAsync(limits, stopping);
}
