using LspsPlugin.Cln.Provider.Records;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;
using LspsPlugin.Rpc;
using LspsPlugin.Tests;
using Microsoft.Extensions.Time.Testing;

namespace LspsPlugin.Cln.Tests.Provider;

/// <summary>Offers that a released node's own service left in the datastore, in the form that it writes (v26.06.6).</summary>
public class ReleasedOfferTests
{
    private const string Record = "lsps/lsps2/609x7777x1";
    private const string Offers = "lsps/lsps2/offers/609x7777x1";
    private const string Active = "lsps/lsps2/sessions/active/609x7777x1";

    private const string Terms = """
        "opening_fee_params":{"min_fee_msat":"10000","proportional":1000,"valid_until":"2026-11-21T01:00:00Z","min_lifetime":2000,"max_client_to_self_delay":2016,"min_payment_size_msat":"1000","max_payment_size_msat":"100000000","promise":"a7d11f2f05ddba55c2ffc4d84813a2cf8dca4a4d071913bc2249b4aa1590d6c8"}
        """;

    private static readonly string Any = $$"""{"peer_id":"{{Sample.Client}}",{{Terms}}}""";
    private static readonly string Fixed = $$"""{"peer_id":"{{Sample.Client}}",{{Terms}},"expected_payment_size":"10000000"}""";

    [Fact]
    [Covers("S05")]
    public void An_offer_for_any_amount_is_carried_on_as_it_was_promised() => Run(async (journal, store) =>
    {
        store.Put(Record, Any);
        JournalContents read = await journal.LoadAsync(default);
        Offer offer = Assert.Single(read.Offers).Offer;
        Assert.Equal((Sample.JitScid, Sample.Client, null, new Sat(200_000)), (offer.JitScid, offer.Client, offer.PaymentSize, offer.Capacity));
        Assert.Equal((false, new BlockCount(144), true), (offer.ClientTrustsLsp, offer.CltvDelta, offer.IsSizedByPayment));
        Assert.Equal((new Msat(10_000), Sample.Now.AddHours(1)), (offer.FeeParams.MinFee, offer.ValidUntil));
        Assert.Contains("stays valid until 2026-11-21T01:00:00.000Z", Assert.Single(read.Remarks), StringComparison.Ordinal);
        Assert.Equal(["lsps/lsps2/indexes", Offers, Active], store.Keys);
        Assert.Equal(offer, Assert.Single((await journal.LoadAsync(default)).Offers).Offer);
    });

    [Fact]
    public void An_offer_for_a_fixed_amount_is_carried_on_with_its_size() => Run(async (journal, store) =>
    {
        store.Put(Record, Fixed);
        Offer offer = Assert.Single((await journal.LoadAsync(default)).Offers).Offer;
        Assert.Equal((new Msat(10_000_000), new Sat(20_000)), (offer.PaymentSize, offer.Capacity));
    });

    [Fact]
    public void A_crash_between_the_records_leaves_one_offer() => Run(async (journal, store) =>
    {
        store.Put(Record, Any);
        await journal.LoadAsync(default);
        store.Put(Record, Any);
        JournalContents read = await journal.LoadAsync(default);
        Assert.Single(read.Offers);
        Assert.Empty(read.Remarks);
        Assert.Null(store[Record]);
    });

    [Theory]
    [InlineData("{}", "peer_id is not a node id")]
    [InlineData("7", "not an object")]
    [InlineData("no JSON", "invalid")]
    [InlineData("""{"peer_id":"P"}""", "opening_fee_params is missing")]
    [InlineData("""{"peer_id":"P","opening_fee_params":{}}""", "min_fee_msat is missing")]
    [InlineData("""{"peer_id":"P",T,"expected_payment_size":"much"}""", "expected_payment_size is \"much\", but must be msat")]
    public void What_cannot_be_carried_on_is_said_and_left_alone(string record, string why) => Run(async (journal, store) =>
    {
        string text = record.Replace("\"P\"", $"\"{Sample.Client}\"", StringComparison.Ordinal).Replace(",T,", $",{Terms},", StringComparison.Ordinal);
        store.Put(Record, text);
        JournalContents read = await journal.LoadAsync(default);
        Assert.Empty(read.Offers);
        Assert.Contains(why, Assert.Single(read.Remarks), StringComparison.Ordinal);
        Assert.Equal(text, store[Record]);
    });

    [Fact]
    public void Those_that_have_run_out_are_counted_and_left_alone() => Run(async (journal, store) =>
    {
        store.Put(Record, Any.Replace("2026-11-21T01", "2026-11-20T23", StringComparison.Ordinal));
        store.Put("lsps/lsps2/609x7777x2", Any.Replace("2026-11-21T01", "2025-11-20T23", StringComparison.Ordinal));
        JournalContents read = await journal.LoadAsync(default);
        Assert.Empty(read.Offers);
        Assert.StartsWith("2 offer(s) of the node's own service have expired", Assert.Single(read.Remarks), StringComparison.Ordinal);
        Assert.Equal(2, store.Keys.Count(static key => key != "lsps/lsps2/indexes"));
    });

    private static void Run(Func<ClnSessionJournal, FakeDatastore, Task> test) => EventLoop.Run(async _ =>
    {
        var store = new FakeDatastore();
        var node = FakeNode.Client(store.Answer);
        var numbers = new SaleNumbers(node);
        await test(new ClnSessionJournal(node, new FakeTimeProvider(Sample.Now), static payment => new Sat(payment.Value / 1000 * 2), numbers, new SaleStories(), new IncomeLedger(node, numbers)), store);
        return 0;
    });
}
