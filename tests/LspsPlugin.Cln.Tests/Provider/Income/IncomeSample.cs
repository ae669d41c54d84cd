using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Provider.Records;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Cln.Tests.Provider.Income;

internal static class IncomeSample
{
    /// <summary>The day of <see cref="Sample.Now"/>.</summary>
    public static readonly int Today = Days.Of(Sample.Now);

    /// <summary>A paid sale: 1000 msat of fee, a funding of 400 msat in a channel of 50,000 msat.</summary>
    public static IncomeEntry Paid(ulong channel = 1, int daysAgo = 0) => new(Sample.JitScid, Sample.Client, SaleResult.Paid, Sample.Now.AddDays(-daysAgo))
    {
        PaymentHash = Sample.Hash,
        Channel = Channel(channel),
        Funding = Sample.Plan.Funding.TxId,
        FundedAt = Sample.Now.AddDays(-daysAgo),
        Forwarded = new Msat(20_000),
        OpeningFee = new Msat(1000),
        FundingCost = new Msat(400),
        Capacity = new Msat(50_000),
        Menu = (4000, 4320),
    };

    /// <summary>A sale that failed without a cost.</summary>
    public static IncomeEntry Failed(FailureReason reason = FailureReason.ClientOffline, int daysAgo = 0) =>
        new(Sample.JitScid, Sample.Client, SaleResult.Failed, Sample.Now.AddDays(-daysAgo)) { Reason = reason };

    public static ChannelId Channel(ulong number) => new(new Bytes32(number << 32, 0, 0, 0));

    public static IncomeBook Book(params (ulong Sale, IncomeEntry Entry)[] entries)
    {
        var book = new IncomeBook();
        foreach ((ulong sale, IncomeEntry entry) in entries) book.Put(entry.HasMoney ? IncomeKey.Of(sale, entry.Channel!.Value) : new IncomeKey(sale, 0), entry);
        return book;
    }

    public static IncomeReport Report(IncomeBook book, Grouping by = Grouping.Total, int? from = null, int? to = null) => IncomeReport.Of(book, [], new HashSet<ulong>(), from, to ?? Today, by);

    /// <summary>A ledger whose numbers reach up to the highest.</summary>
    public static async Task<IncomeLedger> LedgerAsync(NodeClient node, FakeDatastore store, ulong highest = 1000)
    {
        store.Put("lsps/lsps2/indexes", $$"""{"created_below":{{highest + 1}}}""");
        var numbers = new SaleNumbers(node);
        await numbers.LoadAsync(default);
        return new IncomeLedger(node, numbers);
    }
}
