using LspsPlugin.Cln.Provider.Records;
using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;
using LspsPlugin.Rpc;
using LspsPlugin.Tests;
using Microsoft.Extensions.Time.Testing;

namespace LspsPlugin.Cln.Tests.Provider;

/// <summary>The records in the datastore, where tools of the built-in plugin look for them.</summary>
public class JournalTests
{
    private const string Offers = "lsps/lsps2/offers/609x7777x1";
    private const string Active = "lsps/lsps2/sessions/active/609x7777x1";
    private const string Searched = "lsps/lsps2/searched";
    private const string Finalized = "lsps/lsps2/sessions/finalized/609x7777x1";
    private const string Confirming = "lsps/lsps2/confirming/609x7777x1";

    private const string History = "lsps/lsps2/history";
    private const string Updates = "lsps/updates";
    private const string Book = "lsps/lsps2/book/00000000000000000000/00000000000000000007";

    private const string Income = "lsps/income/00000000000000000000/00000000000000000007";

    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly SavedState[] States = [.. Sample.States()];

    [Fact]
    public void A_purchase_is_an_offer_and_an_active_entry() => Run(async (journal, store) =>
    {
        Assert.Equal(JournalResult.Saved, await journal.AddOfferAsync(Sample.Offer, default));
        Assert.Equal([Offers, Active], store.Keys);
        Assert.Equal(Sample.Offer, Assert.Single((await journal.LoadAsync(default)).Offers).Offer);
    });

    [Fact]
    public void What_an_operator_changed_in_the_active_entry_is_the_offer() => Run(async (journal, store) =>
    {
        await journal.AddOfferAsync(Sample.Offer, default);
        store.Put(Active, store[Active]!.Replace("\"valid_until\":\"2026", "\"valid_until\":\"2025", StringComparison.Ordinal));
        Assert.Equal(Sample.Offer.ValidUntil.AddYears(-1), Assert.Single((await journal.LoadAsync(default)).Offers).Offer.ValidUntil);
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
        foreach (SavedState state in States.Where(state => state.Phase is Phase.Reserving or Phase.AwaitingSettlement or Phase.Underpaid or Phase.Broadcasting or Phase.Unwinding))
        {
            Assert.Equal(JournalResult.Saved, await journal.SaveAsync(Sample.Terms, state, default));
            SessionOnRecord read = Assert.Single((await journal.LoadAsync(default)).Sessions);
            Assert.Equal((Sample.Offer, Sample.Hash, state), (read.Offer, read.PaymentHash, read.State));
        }
    });

    [Fact]
    [Covers("C13")]
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
        string promise = Assert.Single(store.Keys, key => key.StartsWith("lsps/lsps2/lifetimes/", StringComparison.Ordinal));
        Assert.EndsWith(confirming.Plan!.Channel.ToString(), promise, StringComparison.Ordinal);
        Assert.Equal([$"{Income}-a7d11f2f05ddba55", Book, "lsps/lsps2/indexes", promise, Offers, Searched, Finalized], store.Keys.Where(static key => !key.StartsWith(History, StringComparison.Ordinal) && !key.StartsWith(Updates, StringComparison.Ordinal)));
    });

    [Fact]
    [Covers("C12", "C13")]
    public void What_a_crash_left_undone_of_a_success_is_made_up_for_at_the_start() => Run(async (journal, store) =>
    {
        await journal.AddOfferAsync(Sample.Offer, default);
        await journal.SaveAsync(Sample.Terms, States.First(state => state.Phase == Phase.Broadcasting), default);
        SavedState confirming = States.Single(state => state.Phase == Phase.Confirming);
        store.Put(Confirming, RecordJson.Write(new SessionRecord(Sample.Offer, Sample.Hash, confirming, null)));

        Assert.Equal(confirming, Assert.Single((await journal.LoadAsync(default)).Sessions).State);
        Assert.Null(store[Active]);
        Assert.Contains("Succeeded", store[Finalized], StringComparison.Ordinal);
        Assert.Equal(confirming.Plan!.Channel, Assert.Single((await journal.LoadAsync(default)).Offers).Alias);
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
    [Covers("S02")]
    public void A_record_that_somebody_else_changed_is_a_conflict_not_overwritten() => Run(async (journal, store) =>
    {
        await journal.AddOfferAsync(Sample.Offer, default);
        store.Put(Active, "edited");
        Assert.Equal(JournalResult.Conflict, await journal.SaveAsync(Sample.Terms, States[0], default));
        Assert.Equal("edited", store[Active]);
    });

    [Fact]
    [Covers("S04")]
    public void A_record_that_could_not_be_read_stays_as_it_is_however_often_a_payment_tries() => Run(async (journal, store) =>
    {
        store.Put(Active, "half a rec");
        Assert.Single((await journal.LoadAsync(default)).Remarks);
        for (int i = 0; i < 3; i++) Assert.Equal(JournalResult.Conflict, await journal.SaveAsync(Sample.Terms, States[0], default));
        Assert.Equal("half a rec", store[Active]);
    });

    [Fact]
    [Covers("S03")]
    public void A_save_whose_answer_was_lost_is_found_to_be_saved() => Run(async (journal, store) =>
    {
        await journal.AddOfferAsync(Sample.Offer, default);
        store.MangledAnswers = 1;
        Assert.Equal(JournalResult.Saved, await journal.SaveAsync(Sample.Terms, States[0], default));
        Assert.Equal(JournalResult.Saved, await journal.SaveAsync(Sample.Terms, States[1], default));
    });

    [Fact]
    [Covers("A24")]
    public void An_offer_that_ran_out_unpaid_becomes_a_finalized_entry() => Run(async (journal, store) =>
    {
        await journal.AddOfferAsync(Sample.Offer, default);
        Assert.Equal(JournalResult.Saved, await journal.EndOfferAsync(Sample.Offer, FailureReason.OfferExpired, default));
        Assert.Equal([Income, Book, $"{History}/2026-03-01/609x7777x1", Finalized, "lsps/updates/00000000000000000000/00000000000000000002"], store.Keys);
        Assert.Equal("609x7777x1", store[Book]);
        Assert.Contains("\"outcome\":\"Timeout\"", store[Finalized], StringComparison.Ordinal);
    });

    [Fact]
    public void A_sale_of_an_earlier_version_gets_a_number_that_no_other_gets() => Run(async (journal, store) =>
    {
        await journal.AddOfferAsync(Sample.Offer with { CreatedIndex = null }, default);
        Offer first = Assert.Single((await journal.LoadAsync(default)).Offers).Offer;
        Assert.Equal(1UL, first.CreatedIndex);
        await journal.SaveAsync(Sample.Terms with { Offer = first }, States[0], default);

        // On record now. The next start begins with the numbers that were not reserved.
        JournalContents again = await journal.LoadAsync(default);
        Assert.Equal(1UL, Assert.Single(again.Sessions).Offer.CreatedIndex);
        Assert.Equal(1UL, Assert.Single(again.Offers).Offer.CreatedIndex);
        Assert.Contains("1001", store["lsps/lsps2/indexes"], StringComparison.Ordinal);
    });

    [Fact]
    public void The_number_that_a_live_sale_of_an_earlier_version_gets_is_on_record_at_once() => Run(async (journal, store) =>
    {
        await journal.AddOfferAsync(Sample.Offer with { CreatedIndex = null }, default);
        await journal.SaveAsync(Sample.Terms with { Offer = Sample.Offer with { CreatedIndex = null } }, States[0], default);
        for (int i = 0; i < 3; i++)
        {
            JournalContents read = await journal.LoadAsync(default);
            Assert.Equal((1UL, 1UL), (Assert.Single(read.Offers).Offer.CreatedIndex, Assert.Single(read.Sessions).Offer.CreatedIndex));
        }

        Assert.Contains("\"created_index\":1", store[Offers], StringComparison.Ordinal);
    });

    [Fact]
    public void Without_its_numbers_on_record_no_sale_is_numbered_again() => Run(async (journal, store) =>
    {
        store.Put("lsps/lsps2/indexes", "{}");
        await Assert.ThrowsAsync<JournalUnavailableException>(async () => await journal.LoadAsync(default));
    });

    [Fact]
    public void A_finished_sale_that_is_deleted_leaves_the_book() => Run(async (journal, store, clock) =>
    {
        await journal.AddOfferAsync(Sample.Offer, default);
        await journal.EndOfferAsync(Sample.Offer, FailureReason.OfferExpired, default);
        clock.Advance(TimeSpan.FromDays(11));
        Assert.Null(await journal.PruneAsync(new HistoryLimits(TimeSpan.FromDays(10), 10), default));
        Assert.Equal(["lsps/lsps2/indexes", Searched], store.Keys);
    });

    [Fact]
    public void An_offer_that_the_operator_cancelled_says_so() => Run(async (journal, store) =>
    {
        await journal.AddOfferAsync(Sample.Offer, default);
        Assert.Equal(JournalResult.Saved, await journal.EndOfferAsync(Sample.Offer, FailureReason.Cancelled, default));
        Assert.Contains("\"outcome\":\"Failed\"", store[Finalized], StringComparison.Ordinal);
        Assert.Contains("\"reason\":\"Cancelled\"", store[Finalized], StringComparison.Ordinal);
    });

    [Fact]
    public void After_success_the_offer_stays_as_an_alias() => Run(async (journal, store) =>
    {
        await journal.AddOfferAsync(Sample.Offer, default);
        await journal.SaveAsync(Sample.Terms, States.Single(state => state.Phase == Phase.Confirming), default);
        Assert.Equal(Sample.Plan.Channel, Assert.Single((await journal.LoadAsync(default)).Offers).Alias);
    });

    [Fact]
    [Covers("S04")]
    public void Unreadable_records_are_reported_and_left_alone() => Run(async (journal, store) =>
    {
        store.Put(Active, "{");
        store.Put("lsps/lsps2/sessions/active/nonsense", "{}");
        store.Put("lsps/lsps2/offers/1x1x1", "[]");
        await journal.AddOfferAsync(Sample.Offer with { JitScid = Scid.Parse("700x1x1") }, default);
        JournalContents contents = await journal.LoadAsync(default);
        Assert.Equal(3, contents.Remarks.Count);
        Assert.All(contents.Remarks, line => Assert.Contains("lsps/lsps2/", line, StringComparison.Ordinal));
        Assert.Single(contents.Offers);
        Assert.Equal("{", store[Active]);
    });

    [Fact]
    public void A_node_that_does_not_answer_is_not_an_empty_record() => EventLoop.Run(async _ =>
    {
        var node = new FakeNode(static (_, _) => "\"error\":{\"code\":-1,\"message\":\"starting\"}");
        await Assert.ThrowsAsync<JournalUnavailableException>(async () => await Journal(node, new FakeTimeProvider(Start)).LoadAsync(default));
        return 0;
    });

    [Fact]
    public void What_an_attempt_without_success_released_is_known_until_it_is_forgotten() => Run(async (journal, store) =>
    {
        await journal.AddOfferAsync(Sample.Offer, default);
        SavedState abandoned = States.First(state => state.Phase == Phase.Ended && state.Outcome == Outcome.Abandoned && state.Plan is not null);
        await journal.SaveAsync(Sample.Terms, abandoned, default);
        (SessionOnRecord ended, DateTimeOffset at) = Assert.Single(await journal.ReleasedAsync(default));
        Assert.Equal((Sample.Offer, Sample.Hash, abandoned, Start), (ended.Offer, ended.PaymentHash, ended.State, at));
        await journal.ForgetReleasedAsync(abandoned.Plan!.Channel, default);
        Assert.Empty(await journal.ReleasedAsync(default));
    });

    [Fact]
    [Covers("X31")]
    public void A_channel_that_was_never_paid_for_is_on_record_as_a_loss_and_not_as_one_to_release() => Run(async (journal, store) =>
    {
        await journal.AddOfferAsync(Sample.Offer, default);
        FundingPlan plan = Sample.Plan with { Cost = new Sat(4321) };
        var waiting = new SavedState(Phase.AwaitingChannelReady, new Msat(10_000), plan, [], null, null, null, ChannelExisted: true, SignedPsbt: "c2lnbmVk");
        await journal.SaveAsync(Sample.Terms, waiting, default);
        Assert.Equal(waiting, Assert.Single((await journal.LoadAsync(default)).Sessions).State);
        Assert.Contains("\"funding_txid\"", store[Active]); // to others it is what it is: sent

        await journal.SaveAsync(Sample.Terms, waiting with { Phase = Phase.Confirming, Reason = FailureReason.NeverPaid }, default);
        Assert.Equal(Phase.Confirming, Assert.Single((await journal.LoadAsync(default)).Sessions).State.Phase);
        Assert.Null(Assert.Single((await journal.LoadAsync(default)).Offers).Alias); // it was not bought

        var over = new SavedState(Phase.Ended, new Msat(10_000), plan, [], null, FailureReason.NeverPaid, Outcome.Abandoned, ChannelExisted: true);
        await journal.SaveAsync(Sample.Terms, over, default);
        JournalContents contents = await journal.LoadAsync(default);
        Assert.Empty(contents.Sessions);
        Assert.Equal(new Loss(Sample.JitScid, Sample.Client, new Sat(4321), Start), Assert.Single(contents.Losses));
        Assert.Empty(await journal.ReleasedAsync(default));

        string key = Assert.Single(store.Keys, key => key.Contains("losses", StringComparison.Ordinal));
        foreach (string wrong in new[] { "{\"peer_id\":7}", store[key]!.Replace("4321", "18446744073709551615", StringComparison.Ordinal) })
        {
            store.Put(key, wrong);
            contents = await journal.LoadAsync(default);
            Assert.Empty(contents.Losses);
            Assert.Contains("losses", Assert.Single(contents.Remarks));
        }

        await journal.ForgetLossAsync(Sample.JitScid, default);
        Assert.DoesNotContain(key, store.Keys);
    });

    [Fact]
    [Covers("X31")]
    public void What_a_channel_opened_on_trust_cost_beyond_the_fee_that_came_in_is_on_record_with_its_end() => Run(async (journal, _) =>
    {
        Offer offer = Sample.Offer with { ClientTrustsLsp = false };
        var terms = new SessionTerms(offer, Sample.Terms.PaymentHash, Sample.Terms.Limits);
        await journal.AddOfferAsync(offer, default);
        ValueList<Forward> forwards = [new(new HtlcKey(Scid.Of(1, 1, 1), 1), new Msat(5_000_000), new Msat(2_000_000), ForwardStatus.Failed)];
        var paid = new SavedState(Phase.Confirming, new Msat(2_000_000), Sample.Plan with { Cost = new Sat(4321) }, forwards, null, null, null, ChannelExisted: true, SignedPsbt: "c2lnbmVk");
        await journal.SaveAsync(terms, paid, default);
        Assert.Empty((await journal.LoadAsync(default)).Losses); // as long as it goes on it is at risk
        await journal.SaveAsync(terms, paid with { Phase = Phase.Ended, Outcome = Outcome.Succeeded }, default);
        Assert.Equal(new Sat(4321), Assert.Single((await journal.LoadAsync(default)).Losses).Amount);
    });

    [Fact]
    [Covers("S06")]
    public void Finished_sessions_are_forgotten_by_age_and_by_number() => Run(async (journal, store, clock) =>
    {
        for (uint day = 0; day < 10; day++)
        {
            if (day > 0) clock.Advance(TimeSpan.FromDays(1));
            for (ushort i = 0; i < 3; i++) await FinishAsync(journal, Scid.Of(700, day, i));
        }

        Assert.Null(await journal.PruneAsync(new HistoryLimits(TimeSpan.FromDays(5), 1000), default));
        Assert.Equal(18, store.Keys.Count(key => key.Contains("finalized", StringComparison.Ordinal)));
        Assert.DoesNotContain(store.Keys, key => key.Contains("700x3x", StringComparison.Ordinal));
        Assert.Null(await journal.PruneAsync(new HistoryLimits(TimeSpan.FromDays(5), 4), default));
        Assert.Equal(4, store.Keys.Count(key => key.Contains("finalized", StringComparison.Ordinal)));
        Assert.Equal(3, store.Keys.Count(key => key.Contains("finalized/700x9x", StringComparison.Ordinal)));
        Assert.Equal(4, store.Keys.Count(key => key.StartsWith(History, StringComparison.Ordinal)));
    });

    [Fact]
    public void One_round_forgets_whatever_a_crowd_of_clients_left_behind() => Run(async (journal, store) =>
    {
        for (uint i = 0; i < 300; i++) await FinishAsync(journal, Scid.Of(700, i, 1));
        Assert.Null(await journal.PruneAsync(new HistoryLimits(TimeSpan.FromDays(5), 10), default));
        Assert.Equal(10, store.Keys.Count(key => key.Contains("finalized", StringComparison.Ordinal)));
    });

    [Fact]
    public void A_record_that_a_later_attempt_wrote_outlives_the_entry_of_the_earlier_one() => Run(async (journal, store, clock) =>
    {
        await FinishAsync(journal, Sample.Offer.JitScid);
        clock.Advance(TimeSpan.FromDays(9));
        await FinishAsync(journal, Sample.Offer.JitScid);
        Assert.Null(await journal.PruneAsync(new HistoryLimits(TimeSpan.FromDays(5), 10), default));
        Assert.NotNull(store[Finalized]);
        Assert.Single(store.Keys, key => key.StartsWith(History, StringComparison.Ordinal));
    });

    private static async Task FinishAsync(ClnSessionJournal journal, Core.Lightning.Scid scid)
    {
        SavedState failed = States.First(state => state.Phase == Phase.Ended && state.Outcome == Outcome.Failed);
        Assert.Equal(JournalResult.Saved, await journal.SaveAsync(Sample.Terms with { Offer = Sample.Offer with { JitScid = scid } }, failed, default));
    }

    private static void Run(Func<ClnSessionJournal, FakeDatastore, Task> story) => Run((journal, store, _) => story(journal, store));

    private static void Run(Func<ClnSessionJournal, FakeDatastore, FakeTimeProvider, Task> story) => EventLoop.Run(async _ =>
    {
        var store = new FakeDatastore();
        var clock = new FakeTimeProvider(Start);
        await story(Journal(new FakeNode(store.Answer), clock), store, clock);
        return 0;
    });

    private static ClnSessionJournal Journal(FakeNode node, TimeProvider clock)
    {
        var numbers = new SaleNumbers(node.Client());
        return new ClnSessionJournal(node.Client(), clock, static _ => new Sat(100_000), numbers, new SaleStories(), new IncomeLedger(node.Client(), numbers));
    }
}
