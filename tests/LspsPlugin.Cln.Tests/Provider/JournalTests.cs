using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Provider;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Rpc;
using LspsPlugin.Runtime;

namespace LspsPlugin.Cln.Tests.Provider;

/// <summary>The records in the datastore, where tools of the built-in plugin look for them.</summary>
public class JournalTests
{
    private const string Offers = "lsps/lsps2/offers/609x7777x1";
    private const string Active = "lsps/lsps2/sessions/active/609x7777x1";
    private const string Finalized = "lsps/lsps2/sessions/finalized/609x7777x1";
    private const string Confirming = "lsps/lsps2/confirming/609x7777x1";

    private static readonly SavedState[] States = [.. Sample.States()];

    [Fact]
    public void A_purchase_is_an_offer_and_an_active_entry() => Run(async (journal, store) =>
    {
        Assert.Equal(JournalResult.Saved, await journal.AddOfferAsync(Sample.Offer, default));
        Assert.Equal([Offers, Active], store.Keys);
        Assert.Equal(Sample.Offer, Assert.Single((await journal.LoadAsync(default)).Offers).Offer);
    });

    [Fact]
    public void A_taken_scid_is_a_conflict() => Run(async (journal, store) =>
    {
        store.Put(Offers, "somebody's");
        Assert.Equal(JournalResult.Conflict, await journal.AddOfferAsync(Sample.Offer, default));
        Assert.Equal("somebody's", store[Offers]);
    });

    [Fact]
    public void Each_save_is_what_the_next_start_reads() => Run(async (journal, store) =>
    {
        await journal.AddOfferAsync(Sample.Offer, default);
        foreach (SavedState state in States.Where(state => state.Phase is Phase.Reserving or Phase.AwaitingSettlement or Phase.Broadcasting or Phase.Unwinding))
        {
            Assert.Equal(JournalResult.Saved, await journal.SaveAsync(Sample.Terms, state, default));
            SessionOnRecord read = Assert.Single((await journal.LoadAsync(default)).Sessions);
            Assert.Equal((Sample.Offer, Sample.Hash, state), (read.Offer, read.PaymentHash, read.State));
        }
    });

    [Fact]
    public void While_it_confirms_it_counts_as_finalized_and_is_still_ours() => Run(async (journal, store) =>
    {
        await journal.AddOfferAsync(Sample.Offer, default);
        SavedState confirming = States.Single(state => state.Phase == Phase.Confirming);
        Assert.Equal(JournalResult.Saved, await journal.SaveAsync(Sample.Terms, confirming, default));
        Assert.Null(store[Active]);
        Assert.Contains("Succeeded", store[Finalized], StringComparison.Ordinal);
        Assert.NotNull(store[Confirming]);
        Assert.Equal(confirming, Assert.Single((await journal.LoadAsync(default)).Sessions).State);

        SavedState ended = confirming with { Phase = Phase.Ended, Outcome = Outcome.Succeeded };
        Assert.Equal(JournalResult.Saved, await journal.SaveAsync(Sample.Terms, ended, default));
        Assert.Equal([Offers, Finalized], store.Keys);
    });

    [Fact]
    public void Whatever_stands_under_finalized_is_replaced() => Run(async (journal, store) =>
    {
        store.Put(Finalized, "garbage");
        await journal.AddOfferAsync(Sample.Offer, default);
        SavedState failed = States.First(state => state.Phase == Phase.Ended && state.Outcome == Outcome.Failed);
        Assert.Equal(JournalResult.Saved, await journal.SaveAsync(Sample.Terms, failed, default));
        Assert.Null(store[Active]);
        Assert.Contains("\"outcome\":\"Failed\"", store[Finalized], StringComparison.Ordinal);
        Assert.Equal(Sample.Offer, Assert.Single((await journal.LoadAsync(default)).Offers).Offer); // good for another attempt
    });

    [Fact]
    public void A_record_that_somebody_else_changed_is_a_conflict_not_overwritten() => Run(async (journal, store) =>
    {
        await journal.AddOfferAsync(Sample.Offer, default);
        store.Put(Active, "edited");
        Assert.Equal(JournalResult.Conflict, await journal.SaveAsync(Sample.Terms, States[0], default));
        Assert.Equal("edited", store[Active]);
    });

    [Fact]
    public void A_record_that_could_not_be_read_stays_as_it_is_however_often_a_payment_tries() => Run(async (journal, store) =>
    {
        store.Put(Active, "half a rec");
        Assert.Single((await journal.LoadAsync(default)).Unreadable);
        for (int i = 0; i < 3; i++) Assert.Equal(JournalResult.Conflict, await journal.SaveAsync(Sample.Terms, States[0], default));
        Assert.Equal("half a rec", store[Active]);
    });

    [Fact]
    public void A_save_whose_answer_was_lost_is_found_to_be_saved() => Run(async (journal, store) =>
    {
        await journal.AddOfferAsync(Sample.Offer, default);
        store.MangledAnswers = 1;
        Assert.Equal(JournalResult.Saved, await journal.SaveAsync(Sample.Terms, States[0], default));
        Assert.Equal(JournalResult.Saved, await journal.SaveAsync(Sample.Terms, States[1], default));
    });

    [Fact]
    public void An_offer_that_ran_out_unpaid_becomes_a_finalized_entry() => Run(async (journal, store) =>
    {
        await journal.AddOfferAsync(Sample.Offer, default);
        Assert.Equal(JournalResult.Saved, await journal.EndOfferAsync(Sample.Offer, Outcome.Timeout, default));
        Assert.Equal([Finalized], store.Keys);
        Assert.Contains("\"outcome\":\"Timeout\"", store[Finalized], StringComparison.Ordinal);
    });

    [Fact]
    public void After_success_the_offer_stays_as_an_alias() => Run(async (journal, store) =>
    {
        await journal.AddOfferAsync(Sample.Offer, default);
        await journal.SaveAsync(Sample.Terms, States.Single(state => state.Phase == Phase.Confirming), default);
        Assert.Equal(Sample.Plan.Channel, Assert.Single((await journal.LoadAsync(default)).Offers).Alias);
    });

    [Fact]
    public void Unreadable_records_are_reported_and_left_alone() => Run(async (journal, store) =>
    {
        store.Put(Active, "{");
        store.Put("lsps/lsps2/sessions/active/nonsense", "{}");
        store.Put("lsps/lsps2/offers/1x1x1", "[]");
        await journal.AddOfferAsync(Sample.Offer with { JitScid = Core.Lightning.Scid.Parse("700x1x1") }, default);
        JournalContents contents = await journal.LoadAsync(default);
        Assert.Equal(3, contents.Unreadable.Count);
        Assert.All(contents.Unreadable, line => Assert.Contains("lsps/lsps2/", line, StringComparison.Ordinal));
        Assert.Single(contents.Offers);
        Assert.Equal("{", store[Active]);
    });

    [Fact]
    public void A_node_that_does_not_answer_is_not_an_empty_record() => EventLoop.Run(async _ =>
    {
        var node = new FakeNode(static (_, _) => "\"error\":{\"code\":-1,\"message\":\"starting\"}");
        await Assert.ThrowsAsync<JournalUnavailableException>(async () => await Journal(node).LoadAsync(default));
        return 0;
    });

    private static void Run(Func<ClnSessionJournal, FakeDatastore, Task> story) => EventLoop.Run(async _ =>
    {
        var store = new FakeDatastore();
        await story(Journal(new FakeNode(store.Answer)), store);
        return 0;
    });

    private static ClnSessionJournal Journal(FakeNode node) =>
        new(new NodeClient(new JsonRpcClient(node, "lsps", TimeProvider.System, JsonRpcClientOptions.Default)), TimeProvider.System);
}
