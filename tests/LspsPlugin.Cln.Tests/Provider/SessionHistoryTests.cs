using System.Text.Json;
using LspsPlugin.Cln.Provider.Records;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;
using LspsPlugin.Rpc;
using Microsoft.Extensions.Time.Testing;

namespace LspsPlugin.Cln.Tests.Provider;

/// <summary>Finished sales of earlier versions get numbers, each once.</summary>
public class SessionHistoryTests
{
    private const string Finalized = "lsps/lsps2/sessions/finalized";
    private const string History = "lsps/lsps2/history";

    private static readonly Scid[] Sales = [Scid.Of(700, 1, 1), Scid.Of(700, 2, 1), Scid.Of(700, 3, 1)];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Wherever_it_is_cut_off_each_sale_has_one_number_in_the_end(bool isLastWriteDone)
    {
        bool isCut = true;
        for (int cut = 0; isCut; cut++)
        {
            FakeDatastore store = Earlier();
            int writes = 0;
            isCut = false;
            EventLoop.Run(async _ =>
            {
                try
                {
                    await NumberAsync(new FakeNode(Answer));
                }
                catch (JournalUnavailableException)
                {
                    // the node went away
                }

                await NumberAsync(new FakeNode(store.Answer));
                return 0;
            });
            AssertNumbered(store);
            Assert.True(isCut || cut > 3 * Sales.Length, "the cut was never in the middle");

            string Answer(string method, JsonElement parameters)
            {
                if (!isCut && (method == "listdatastore" || writes++ != cut)) return store.Answer(method, parameters);
                if (!isCut && isLastWriteDone) store.Answer(method, parameters);
                isCut = true;
                return "\"error\":{\"code\":-1,\"message\":\"gone\"}";
            }
        }
    }

    [Fact]
    public void A_start_after_all_are_numbered_lists_no_day_but_the_last() => EventLoop.Run(async _ =>
    {
        FakeDatastore store = Earlier();
        Assert.Equal(Sales.Length, await NumberAsync(new FakeNode(store.Answer)));
        var later = new FakeNode(store.Answer);
        Assert.Equal(0, await NumberAsync(later, Sample.Now.AddDays(40)));
        int calls = later.Calls.Count;
        var again = new FakeNode(store.Answer);
        Assert.Equal(0, await NumberAsync(again, Sample.Now.AddDays(40)));
        Assert.Equal([$"{History}/2026-12-31"], Listings.Of(again).Where(static place => place.StartsWith(History, StringComparison.Ordinal)).Distinct());
        Assert.True(again.Calls.Count <= calls);
        return 0;
    });

    [Fact]
    public void What_the_built_in_plugin_finished_long_ago_gets_a_number_too() => EventLoop.Run(async _ =>
    {
        FakeDatastore store = Earlier();
        var node = new FakeNode(store.Answer);
        await NumberAsync(node);
        Scid theirs = Scid.Of(600, 9, 1);
        store.Put($"{Finalized}/{theirs}", """{"peer_id":"02","outcome":"Succeeded"}""");
        Assert.True(await EndedLongAgoAsync(node, theirs));
        Assert.Equal(1, await NumberAsync(node));
        Assert.NotNull(RecordJson.NumbersOf(store[$"{Finalized}/{theirs}"]).Created);
        return 0;
    });

    [Fact]
    public void A_sale_that_is_live_keeps_the_number_that_it_has() => EventLoop.Run(async _ =>
    {
        FakeDatastore store = Earlier();
        await NumberAsync(new FakeNode(store.Answer), known: scid => scid == Sales[1] ? 77UL : null);
        Assert.Equal(77UL, RecordJson.NumbersOf(store[$"{Finalized}/{Sales[1]}"]).Created);
        return 0;
    });

    [Fact]
    public void What_another_version_wrote_stays_in_a_record_that_gets_numbers()
    {
        string text = RecordJson.WithNumbers("""{"a":[1,{"b":null}],"created_index":3,"text":"ü"}""", 7, 9)!;
        Assert.Equal("""{"a":[1,{"b":null}],"text":"ü","created_index":7,"updated_index":9}""", text);
        Assert.Null(RecordJson.WithNumbers("[1]", 7, 9));
        Assert.Null(RecordJson.WithNumbers("no JSON", 7, 9));
        Assert.Null(RecordJson.WithNumbers(null, 7, 9));
    }

    private static void AssertNumbered(FakeDatastore store)
    {
        foreach (Scid scid in Sales)
        {
            (ulong? created, ulong? updated) = RecordJson.NumbersOf(store[$"{Finalized}/{scid}"]);
            Assert.Equal($"{created}", store[$"{History}/2026-02-0{scid.Tx}/{scid}"]);
            string book = Assert.Single(store.Keys, key => key.Contains("/book/", StringComparison.Ordinal) && store[key] == scid.ToString());
            Assert.EndsWith($"{created:D20}", book, StringComparison.Ordinal);
            Assert.Contains(store.Keys, key => key.EndsWith($"{updated:D20}", StringComparison.Ordinal) && store[key] == scid.ToString() && key.Contains("/updates/", StringComparison.Ordinal));
        }
    }

    /// <summary>The records of finished sales as an earlier version left them, one a day.</summary>
    private static FakeDatastore Earlier()
    {
        var store = new FakeDatastore();
        SavedState ended = Sample.States().First(static state => state.Phase == Phase.Ended && state.Outcome == Outcome.Failed);
        foreach (Scid scid in Sales)
        {
            store.Put($"{History}/2026-02-0{scid.Tx}/{scid}", "ended");
            store.Put($"{Finalized}/{scid}", RecordJson.Write(new SessionRecord(Sample.Offer with { JitScid = scid, CreatedIndex = null }, Sample.Hash, ended, null), Sample.Now));
        }

        return store;
    }

    private static async Task<bool> EndedLongAgoAsync(FakeNode node, Scid theirs)
    {
        var numbers = new SaleNumbers(node.Client());
        await numbers.LoadAsync(default);
        return await new SessionHistory(node.Client(), new FakeTimeProvider(Sample.Now), numbers, new IncomeLedger(node.Client(), numbers)).AddAsync(theirs, Sample.Now.AddDays(-30), default);
    }

    private static async Task<int> NumberAsync(FakeNode node, DateTimeOffset? now = null, Func<Scid, ulong?>? known = null)
    {
        var numbers = new SaleNumbers(node.Client());
        await numbers.LoadAsync(default);
        return await new SessionHistory(node.Client(), new FakeTimeProvider(now ?? Sample.Now), numbers, new IncomeLedger(node.Client(), numbers)).NumberAllAsync(known ?? (static _ => null), default);
    }
}
