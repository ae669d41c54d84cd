using LspsPlugin.Cln.Provider.Records;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;
using LspsPlugin.Rpc;
using LspsPlugin.Tests;
using Microsoft.Extensions.Time.Testing;

namespace LspsPlugin.Cln.Tests.Provider.Income;

/// <summary>The ledger in the datastore: complete and exact whatever dies in between.</summary>
public class IncomeLedgerTests
{
    private const string Branch = "lsps/income/00000000000000000000";
    private const string OfSale = $"{Branch}/00000000000000000007";
    private const string OfChannel = $"{OfSale}-a7d11f2f05ddba55";

    private static readonly SavedState[] States = [.. Sample.States()];

    private static readonly SavedState Confirming = States.Single(static state => state.Phase == Phase.Confirming);

    /// <summary>The record as this version writes it; later versions must read it.</summary>
    private const string Recorded = """
        {"jit_scid":"609x7777x1","client_id":"038194b5f32bdf0aa59812c86c4ef7ad2f294104fa027d1ace9b469bb6f88cf37b","result":"paid","at":"2026-11-21T00:00:00.000Z",
        "payment_hash":"3fd57ea6096270340d4f0bf41d886ee9a16809aaaf878d81c9e0146cc3ecd0a7","channel_id":"a7d11f2f05ddba55c2ffc4d84813a2cf8dca4a4d071913bc2249b4aa1590d6c8",
        "funding_txid":"c9d69015aab44922bc1319074d4aca8dcfa21348d8c4ffc255badd052f1fd1a7","funded_at":"2026-11-21T00:00:00.000Z","forwarded_msat":"9990000","opening_fee_msat":"10000",
        "capacity_msat":"100000000","fee_ppm":1000,"min_lifetime":2000,"format":1}
        """;

    [Fact]
    public void A_sale_is_entered_when_its_funding_is_sent_and_keeps_its_day() => Run(async (store, clock, start) =>
    {
        (ClnSessionJournal journal, IncomeLedger ledger) = start();
        await journal.SaveAsync(Sample.Terms, Confirming, default);
        Assert.Equal(Recorded.Replace("\n", "", StringComparison.Ordinal).Replace("\r", "", StringComparison.Ordinal), store[OfChannel]);
        clock.Advance(TimeSpan.FromDays(2));
        await journal.SaveAsync(Sample.Terms, Confirming with { Phase = Phase.Ended, Outcome = Outcome.Succeeded }, default);
        Assert.Equal(Recorded.Replace("\n", "", StringComparison.Ordinal).Replace("\r", "", StringComparison.Ordinal), store[OfChannel]);
        Assert.Equal(new Msat(10_000), Assert.Single(ledger.Book.Rows).OpeningFee);
        Assert.Null(store[OfSale]);
    });

    [Fact]
    public void A_record_says_again_what_was_written()
    {
        foreach (IncomeEntry entry in (IncomeEntry[])[IncomeSample.Paid(), IncomeSample.Failed(), IncomeSample.Paid() with { Token = "a,b\"c", Result = SaleResult.Failed, Reason = FailureReason.NeverPaid }])
        {
            Assert.Equal(entry, IncomeEntry.Read(entry.Write(), out string? problem));
            Assert.Null(problem);
        }

        foreach (string wrong in (string[])["", "{}", "[]", IncomeSample.Paid().Write().Replace("\"paid\"", "\"gone\"", StringComparison.Ordinal), IncomeSample.Paid().Write().Replace("\"1000\"", "\"9999999999999999999\"", StringComparison.Ordinal)])
        {
            Assert.Null(IncomeEntry.Read(wrong, out string? problem));
            Assert.NotNull(problem);
        }

        var channel = new SoldChannel(Sample.JitScid, Scid.Of(1, 2, 3), Sample.Now, new Msat(5), IsFinal: true);
        Assert.Equal(channel, SoldChannel.Read(channel.Write(), out _));
    }

    /// <summary>Cut after each write, as often as there are writes; the next start repeats the step from the record.</summary>
    [Fact]
    [Covers("S01")]
    public void A_crash_between_any_two_writes_neither_loses_nor_doubles_an_income() => EventLoop.Run(async _ =>
    {
        int cuts = 0;
        for (bool wasCut = true; wasCut; cuts++)
        {
            var store = new FakeDatastore();
            var clock = new FakeTimeProvider(Sample.Now);
            int left = int.MaxValue;
            var node = new FakeNode((method, parameters) => method != "listdatastore" && left-- <= 0 ? "" : store.Answer(method, parameters));
            await Journal(node, clock).Journal.AddOfferAsync(Sample.Offer, default);
            await Journal(node, clock).Journal.LoadAsync(default);
            ClnSessionJournal dying = Journal(node, clock).Journal;
            await dying.LoadAsync(default);
            await dying.SaveAsync(Sample.Terms, States.Single(static state => state.Phase == Phase.Broadcasting), default);
            left = cuts;
            ValueTask<JournalResult> saving = dying.SaveAsync(Sample.Terms, Confirming, default);
            for (int i = 0; i < 2000 && !saving.IsCompleted; i++) await Task.Yield();
            wasCut = left < 0;
            left = int.MaxValue;

            // The next process: it repeats the last step from whatever record there is, a day later, and goes on to the end.
            clock.Advance(TimeSpan.FromDays(1));
            ClnSessionJournal journal = Journal(node, clock).Journal;
            foreach (SessionOnRecord session in (await journal.LoadAsync(default)).Sessions)
            {
                await journal.SaveAsync(Sample.Terms, Confirming, default);
                Assert.Equal(JournalResult.Saved, await journal.SaveAsync(Sample.Terms, Confirming with { Phase = Phase.Ended, Outcome = Outcome.Succeeded }, default));
            }

            IncomeLedger read = await IncomeSample.LedgerAsync(node.Client(), store);
            await read.LoadAsync(default);
            IncomeSums total = IncomeReport.Of(read.Book, [], new HashSet<ulong>(), null, Days.Of(clock.GetUtcNow()), Grouping.Total).Totals;
            Assert.Equal((1, new Msat(10_000), new Msat(100_000_000)), (total.Paid, total.OpeningFees, total.Capital));
        }

        Assert.InRange(cuts, 6, 30);
        return 0;
    });

    [Fact]
    public void Of_a_sale_without_money_the_entry_goes_with_its_record_and_of_others_it_stays() => Run(async (store, clock, start) =>
    {
        (ClnSessionJournal journal, IncomeLedger ledger) = start();
        await journal.AddOfferAsync(Sample.Offer, default);
        await journal.EndOfferAsync(Sample.Offer, FailureReason.OfferExpired, default);
        Offer paid = Sample.Offer with { JitScid = Scid.Parse("700x1x1"), CreatedIndex = 8 };
        await journal.SaveAsync(Sample.Terms with { Offer = paid }, Confirming with { Phase = Phase.Ended, Outcome = Outcome.Succeeded }, default);
        Assert.Contains("\"expired\"", store[OfSale], StringComparison.Ordinal);
        Assert.Equal(2, ledger.Book.Rows.Count);
        clock.Advance(TimeSpan.FromDays(11));
        Assert.Null(await journal.PruneAsync(new HistoryLimits(TimeSpan.FromDays(10), 10), default));
        Assert.Equal([$"{Branch}/00000000000000000008-a7d11f2f05ddba55"], store.Keys.Where(static key => key.StartsWith("lsps/income/", StringComparison.Ordinal)));
        Assert.Equal(8UL, Assert.Single(ledger.Book.Rows).Key.Sale);
    });

    [Fact]
    public void A_failed_attempt_and_a_paid_one_of_the_same_sale_have_an_entry_each() => Run(async (store, _, start) =>
    {
        (ClnSessionJournal journal, IncomeLedger ledger) = start();
        SavedState failed = States.First(static state => state is { Phase: Phase.Ended, Reason: FailureReason.ClientOffline });
        await journal.SaveAsync(Sample.Terms, failed, default);
        await journal.SaveAsync(Sample.Terms, Confirming, default);
        Assert.Contains("\"ClientOffline\"", store[OfSale], StringComparison.Ordinal);
        Assert.NotNull(store[OfChannel]);
        Assert.Equal((1, 0), (IncomeSample.Report(ledger.Book).Totals.Paid, IncomeSample.Report(ledger.Book).Totals.Failed));
    });

    /// <summary>A channel that is lost after the wallet paid: its entry, made when its funding was to be sent, is corrected.</summary>
    [Fact]
    public void A_forfeited_channel_earned_its_fee_and_cost_nothing() => Run(async (store, _, start) =>
    {
        (ClnSessionJournal journal, IncomeLedger ledger) = start();
        await journal.SaveAsync(Sample.Terms, Confirming, default);
        await journal.SaveAsync(Sample.Terms, Confirming with { Phase = Phase.Ended, Outcome = Outcome.Abandoned, Reason = FailureReason.ChannelForfeited, SignedPsbt = null }, default);
        IncomeRow row = Assert.Single(ledger.Book.Rows);
        Assert.Equal((SaleResult.Failed, new Msat(10_000), Msat.Zero, Days.Never), (row.Result, row.OpeningFee, row.Capacity, row.Funded));
    });

    [Fact]
    public void A_record_that_cannot_be_read_is_named_and_left_alone() => Run(async (store, _, start) =>
    {
        store.Put(OfChannel, "{\"format\":99}");
        store.Put($"{Branch}/nonsense", "{}");
        (ClnSessionJournal journal, IncomeLedger ledger) = start();
        Assert.Equal(JournalResult.Saved, await journal.SaveAsync(Sample.Terms, Confirming, default));
        Assert.Equal("{\"format\":99}", store[OfChannel]);
        await ledger.LoadAsync(default);
        Assert.Equal([OfChannel, $"{Branch}/nonsense"], ledger.Book.Problems.Keys);
        Assert.Contains("newer than this version reads", ledger.Book.Problems[OfChannel], StringComparison.Ordinal);
    });

    /// <summary>The records of the version before, which had no ledger.</summary>
    [Fact]
    [Covers("S20")]
    public void Sales_that_finished_before_there_was_a_ledger_are_entered_once() => Run(async (store, clock, start) =>
    {
        RecordedRecord[] there = [.. RecordedRecord.Names("provider").Select(RecordedRecord.Of).Where(static record => record.Key.Contains("finalized"))];
        for (int i = 0; i < there.Length; i++)
        {
            RecordedRecord recorded = there[i];
            store.Put($"lsps/lsps2/sessions/finalized/700x{i}x1", recorded.Text);
            store.Put($"lsps/lsps2/history/2026-11-20/700x{i}x1", "ended");
        }

        IncomeLedger ledger = start().Ledger;
        var node = FakeNode.Client(store.Answer);
        var numbers = new SaleNumbers(node);
        var history = new SessionHistory(node, clock, numbers, ledger);
        Assert.Equal(there.Length, await history.NumberAllAsync(static _ => null, default));
        var fresh = new IncomeLedger(node, numbers);
        Assert.False(fresh.IsComplete);
        int entered = await fresh.EnterEarlierAsync(clock.GetUtcNow(), default);
        Assert.True(fresh.IsComplete);
        Assert.Equal(there.Length, entered);
        Assert.Equal(0, await fresh.EnterEarlierAsync(clock.GetUtcNow(), default));
        Assert.Empty(fresh.Book.Problems);
        var again = new IncomeLedger(node, numbers);
        Assert.Equal(0, await again.EnterEarlierAsync(clock.GetUtcNow(), default));
        Assert.Equal(fresh.Book.Rows.Select(static row => (row.Key, row.Result, row.Day, row.OpeningFee, row.FundingCost)), again.Book.Rows.Select(static row => (row.Key, row.Result, row.Day, row.OpeningFee, row.FundingCost)));
        Assert.Contains(again.Book.Rows, static row => row is { Result: SaleResult.Paid, OpeningFee.Value: > 0, FundingCost.Value: > 0 });
    });

    [Fact]
    public void The_nodes_list_of_forwards_is_read_on_from_where_it_was_read() => Run(async (store, _, _) =>
    {
        var node = FakeNode.Client(store.Answer);
        var key = IncomeKey.Of(7, Sample.Plan.Channel);
        var book = new IncomeBook();
        var routed = new RoutedFees(node, book);
        await routed.LoadAsync(default);
        Assert.Equal(1UL, routed.Below);
        await routed.AddAsync(5, [new RoutedFee(key, 100, new Msat(3)), new RoutedFee(key, 100, new Msat(4))], default);
        RoutedFee[] many = [.. Enumerable.Range(0, 600).Select(i => new RoutedFee(key, 200 + i, new Msat(1)))];
        await routed.AddAsync(700, many, default);
        await routed.AddAsync(701, [new RoutedFee(key, 100, new Msat(1))], default);
        Assert.Equal(2, store.Keys.Count(static stored => stored.StartsWith("lsps/routed/", StringComparison.Ordinal)));

        var read = new IncomeBook();
        var again = new RoutedFees(node, read);
        await again.LoadAsync(default);
        Assert.Equal(701UL, again.Below);
        Assert.Equal(new Msat(8), read.Routed(key)![100]);
        Assert.Equal(601, read.Routed(key)!.Count);
        Assert.Equal(book.Routed(key)!, read.Routed(key)!);
    });

    [Fact]
    public void A_page_that_the_node_does_not_store_is_not_counted() => EventLoop.Run(async _ =>
    {
        var store = new FakeDatastore();
        var book = new IncomeBook();
        var routed = new RoutedFees(FakeNode.Client((method, parameters) => method == "datastore" ? "\"error\":{\"code\":-1,\"message\":\"full\"}" : store.Answer(method, parameters)), book);
        await routed.LoadAsync(default);
        await Assert.ThrowsAsync<JournalUnavailableException>(async () => await routed.AddAsync(5, [new RoutedFee(new IncomeKey(1, 1), 1, new Msat(1))], default));
        Assert.Equal(1UL, routed.Below);
        Assert.Null(book.Routed(new IncomeKey(1, 1)));
        return 0;
    });

    private static (ClnSessionJournal Journal, IncomeLedger Ledger) Journal(FakeNode node, TimeProvider clock)
    {
        var numbers = new SaleNumbers(node.Client());
        var ledger = new IncomeLedger(node.Client(), numbers);
        return (new ClnSessionJournal(node.Client(), clock, static _ => new Sat(100_000), numbers, new SaleStories(), ledger), ledger);
    }

    private static void Run(Func<FakeDatastore, FakeTimeProvider, Func<(ClnSessionJournal Journal, IncomeLedger Ledger)>, Task> story) => EventLoop.Run(async _ =>
    {
        var store = new FakeDatastore();
        var clock = new FakeTimeProvider(Sample.Now);
        await story(store, clock, () => Journal(new FakeNode(store.Answer), clock));
        return 0;
    });
}
