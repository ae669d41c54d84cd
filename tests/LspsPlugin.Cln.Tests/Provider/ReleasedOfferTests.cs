using System.Text.Json;
using LspsPlugin.Cln.Node;
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
    private const string Searched = "lsps/lsps2/searched";
    private const string Active = "lsps/lsps2/sessions/active/609x7777x1";

    private const string Terms = """
        "opening_fee_params":{"min_fee_msat":"10000","proportional":1000,"valid_until":"2026-11-21T01:00:00Z","min_lifetime":2000,"max_client_to_self_delay":2016,"min_payment_size_msat":"1000","max_payment_size_msat":"100000000","promise":"a7d11f2f05ddba55c2ffc4d84813a2cf8dca4a4d071913bc2249b4aa1590d6c8"}
        """;

    private static readonly string Any = $$"""{"peer_id":"{{Sample.Client}}",{{Terms}}}""";
    private static readonly string Later = Any.Replace("2026-11-21T01", "2026-12-21T01", StringComparison.Ordinal);
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
        Assert.Equal(["lsps/lsps2/indexes", Offers, Searched, Active], store.Keys);
        Assert.Equal(offer, Assert.Single((await journal.LoadAsync(default)).Offers).Offer);
    });

    [Fact]
    public void An_offer_for_a_fixed_amount_is_carried_on_with_its_size() => Run(async (journal, store) =>
    {
        store.Put(Record, Fixed);
        Offer offer = Assert.Single((await journal.LoadAsync(default)).Offers).Offer;
        Assert.Equal((new Msat(10_000_000), new Sat(20_000)), (offer.PaymentSize, offer.Capacity));
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Wherever_a_crash_cuts_it_off_one_offer_is_left(bool isLastWriteDone)
    {
        bool isCut = true;
        int cuts = 0;
        for (int cut = 0; isCut; cut++)
        {
            var store = new FakeDatastore();
            store.Put(Record, Any);
            int writes = 0;
            isCut = false;
            EventLoop.Run(async _ =>
            {
                try
                {
                    await Journal(FakeNode.Client(Answer)).LoadAsync(default);
                }
                catch (JournalUnavailableException)
                {
                    // the node went away
                }

                Offer offer = Assert.Single((await Journal(FakeNode.Client(store.Answer)).LoadAsync(default)).Offers).Offer;
                Assert.Equal((Sample.JitScid, Sample.Client, true), (offer.JitScid, offer.Client, offer.IsSizedByPayment));
                Assert.Null(store[Record]);
                return 0;
            });
            if (isCut) cuts++;

            string Answer(string method, JsonElement parameters)
            {
                if (!isCut && (method == "listdatastore" || writes++ != cut)) return store.Answer(method, parameters);
                if (!isCut && isLastWriteDone) store.Answer(method, parameters);
                isCut = true;
                return "\"error\":{\"code\":-1,\"message\":\"gone\"}";
            }
        }

        Assert.True(cuts >= 6, $"{cuts} writes were cut off");
    }

    /// <summary>The node reads every record of the provider to list these offers.</summary>
    [Fact]
    public void They_are_looked_for_once_and_again_if_another_plugin_may_have_run() => EventLoop.Run(async _ =>
    {
        var store = new FakeDatastore();
        var clock = new FakeTimeProvider(Sample.Now);
        Assert.Equal((true, 0), await StartAsync());
        clock.Advance(TimeSpan.FromMinutes(40));
        store.Put(Record, Later);
        Assert.Equal((false, 0), await StartAsync());

        // The operator says so, as the page about switching asks.
        store.Remove(Searched);
        Assert.Equal((true, 1), await StartAsync());

        // Maintenance notes that this plugin runs; then it does not for a while.
        clock.Advance(TimeSpan.FromMinutes(40));
        await Journal(FakeNode.Client(store.Answer), clock).PruneAsync(new HistoryLimits(TimeSpan.FromDays(10), 10), default);
        clock.Advance(TimeSpan.FromMinutes(40));
        Assert.Equal((false, 1), await StartAsync());
        clock.Advance(TimeSpan.FromMinutes(46));
        store.Put("lsps/lsps2/609x7777x3", Later);
        Assert.Equal((true, 2), await StartAsync());
        return 0;

        async Task<(bool IsLookedFor, int Offers)> StartAsync()
        {
            var node = new FakeNode(store.Answer);
            int offers = (await Journal(node.Client(), clock).LoadAsync(default)).Offers.Count;
            bool isLookedFor = Listings.Of(node).Contains("lsps/lsps2");
            node.Calls.Clear();
            Assert.NotNull(await RecordIndex.ReadAsync(node.Client(), clock, default));
            Assert.DoesNotContain("lsps/lsps2", Listings.Of(node));
            return (isLookedFor, offers);
        }
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
        Assert.Equal(2, store.Keys.Count(static key => key is not ("lsps/lsps2/indexes" or Searched)));
    });

    private static void Run(Func<ClnSessionJournal, FakeDatastore, Task> test) => EventLoop.Run(async _ =>
    {
        var store = new FakeDatastore();
        await test(Journal(FakeNode.Client(store.Answer)), store);
        return 0;
    });

    private static ClnSessionJournal Journal(NodeClient node, TimeProvider? clock = null)
    {
        var numbers = new SaleNumbers(node);
        return new ClnSessionJournal(
            node, clock ?? new FakeTimeProvider(Sample.Now), static payment => new Sat(payment.Value / 1000 * 2), numbers, new SaleStories(), new IncomeLedger(node, numbers));
    }
}
