using LspsPlugin.Cln.Provider.Records;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Cln.Operator;

/// <summary>What sales in progress have earned and cost so far: the ledger has it once the funding is sent, or the attempt is over.</summary>
/// <param name="Entries">The entries that the ledger does not have, in the order of their keys.</param>
/// <param name="Sales">All sales that are not over.</param>
internal sealed record LiveIncome(IReadOnlyList<(IncomeKey Key, IncomeEntry Entry)> Entries, IReadOnlySet<ulong> Sales)
{
    /// <summary>Returns what a ledger that is loaded does not have yet.</summary>
    public static LiveIncome Of(OperatorDesk desk)
    {
        IncomeBook book = desk.Provider.Income.Book;
        var entries = new SortedDictionary<IncomeKey, IncomeEntry>();
        var sales = new HashSet<ulong>();
        foreach (OfferReport offer in desk.Registry.Report())
        {
            if (offer.Offer.CreatedIndex is not { } sale) continue;
            sales.Add(sale);
            IReadOnlyList<StoryEvent> events = desk.Provider.Stories.Of(offer.Offer.JitScid);
            foreach (SessionReport session in offer.Sessions)
            {
                // An entry of the ledger was saved before the session went on to its state: it is never older.
                if (SavedState.Of(session.State) is not { Plan.Channel: { } channel } state || IncomeKey.Of(sale, channel) is var key && book.Row(key) is not null) continue;
                IncomeEntry entry = IncomeEntry.Of(offer.Offer, session.PaymentHash, state, events, desk.Time.GetUtcNow());
                if (entry.HasMoney) entries[key] = entry;
            }
        }

        return new LiveIncome([.. entries.Select(static one => (one.Key, one.Value))], sales);
    }

    public IReadOnlyList<IncomeRow> Rows(IncomeBook book) => [.. Entries.Select(one => book.RowOf(one.Key, one.Entry))];
}
