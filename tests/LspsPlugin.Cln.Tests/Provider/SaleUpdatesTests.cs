using LspsPlugin.Cln.Provider.Records;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;
using LspsPlugin.Rpc;
using Microsoft.Extensions.Time.Testing;

namespace LspsPlugin.Cln.Tests.Provider;

/// <summary>The numbers of changes: whoever follows them misses no sale's last state.</summary>
public class SaleUpdatesTests
{
    private const string Indexes = "lsps/lsps2/indexes";
    private const string Updates = "lsps/updates";

    private static readonly Scid One = Scid.Of(700, 1, 1), Other = Scid.Of(700, 2, 1);

    [Fact]
    public void A_number_is_shown_when_every_smaller_one_is_answered() => Run(static async numbers =>
    {
        await numbers.LoadAsync(default);
        SaleUpdates updates = numbers.Updates;
        ulong first = updates.Begin(One), second = updates.Begin(Other);
        updates.Saved(Other, second);
        Assert.Equal(first, updates.ShownBelow);
        updates.Saved(One, first);
        Assert.True(updates.ShownBelow > second);
        Assert.Equal((first, second), (updates.Of(One), updates.Of(Other)));
    });

    [Fact]
    public void A_save_that_failed_keeps_nobody_and_an_end_that_may_be_on_record_does() => Run(static async numbers =>
    {
        await numbers.LoadAsync(default);
        SaleUpdates updates = numbers.Updates;
        ulong first = updates.Begin(One);
        updates.NotSaved(One);
        Assert.True(updates.ShownBelow > first);
        ulong end = updates.Begin(One);
        updates.OnEndWritten(One);
        updates.NotSaved(One);
        Assert.Equal(end, updates.ShownBelow);
        ulong again = updates.Begin(One);
        Assert.Equal(end, updates.ShownBelow);
        updates.Saved(One, again);
        Assert.True(updates.ShownBelow > again);
    });

    /// <summary>A payment does not wait for a reservation; but a number that a later start may give again is shown to nobody.</summary>
    [Fact]
    public void A_number_that_is_not_reserved_is_given_and_not_shown()
    {
        bool refuses = true;
        var store = new FakeDatastore();
        var node = new FakeNode((method, parameters) => method == "datastore" && refuses ? "\"error\":{\"code\":-1,\"message\":\"the disk is full\"}" : store.Answer(method, parameters));
        EventLoop.Run(async _ =>
        {
            var numbers = new SaleNumbers(node.Client());
            await numbers.LoadAsync(default);
            ulong given = numbers.Updates.Begin(One);
            numbers.Updates.Saved(One, given);
            Assert.Null(numbers.Updates.Of(One));
            Assert.True(numbers.Updates.ShownBelow <= given);
            refuses = false;
            await numbers.ReserveUpdatesAsync(default);
            Assert.Equal(given, numbers.Updates.Of(One));
            Assert.True(numbers.Updates.ShownBelow > given);
            return 0;
        });
    }

    [Fact]
    public void No_start_gives_a_number_that_an_earlier_one_may_have_shown() => Run(static async (journal, numbers, node, store) =>
    {
        await journal.AddOfferAsync(Sample.Offer, default);
        ulong shown = numbers.UpdatesBelow - 1;
        var again = new SaleNumbers(node.Client());
        await again.LoadAsync(default);
        Assert.True(again.NextUpdate() > shown);

        // A number beyond the reserved ones is on record: nobody has seen it, and it must not be given a second time.
        store.Put($"{Updates}/00000000000000000900/00000000000000900007", "700x1x1");
        store.Put(Indexes, store[Indexes]!.Replace("\"updated_branches\":[]", "\"updated_branches\":[[900,900]]", StringComparison.Ordinal));
        var third = new SaleNumbers(node.Client());
        await third.LoadAsync(default);
        Assert.Equal(900_008UL, third.NextUpdate());
    });

    [Fact]
    public void Live_sales_have_new_numbers_after_a_restart_and_a_finished_one_keeps_its_own() => Run(static async (journal, numbers, node, store) =>
    {
        Offer over = Sample.Offer with { JitScid = Scid.Of(701, 1, 1), CreatedIndex = 8 };
        await journal.AddOfferAsync(Sample.Offer, default);
        await journal.AddOfferAsync(over, default);
        await journal.EndOfferAsync(over, FailureReason.OfferExpired, default);
        ulong before = numbers.Updates.Of(Sample.JitScid)!.Value;
        Assert.Null(numbers.Updates.Of(over.JitScid));
        string entry = Assert.Single(store.Keys, static key => key.StartsWith(Updates, StringComparison.Ordinal));
        Assert.Equal(RecordJson.NumbersOf(store[$"lsps/lsps2/sessions/finalized/{over.JitScid}"]).Updated, ulong.Parse(entry[^20..], System.Globalization.CultureInfo.InvariantCulture));

        var again = new SaleNumbers(node.Client());
        await Journal(node, again).LoadAsync(default);
        Assert.True(again.Updates.Of(Sample.JitScid) > before);
        Assert.Null(again.Updates.Of(over.JitScid));
    });

    [Fact]
    public void The_end_of_an_offer_whose_payment_failed_before_is_a_change_of_its_own() => Run(static async (journal, numbers, node, store) =>
    {
        await journal.AddOfferAsync(Sample.Offer, default);
        SavedState failed = Sample.States().First(static state => state.Phase == Phase.Ended && state.Outcome == Outcome.Failed);
        await journal.SaveAsync(Sample.Terms, failed, default);
        ulong payment = numbers.Updates.Of(Sample.JitScid)!.Value;
        Assert.Equal(JournalResult.Saved, await journal.EndOfferAsync(Sample.Offer, FailureReason.OfferExpired, default));
        string record = store[$"lsps/lsps2/sessions/finalized/{Sample.JitScid}"]!;
        ulong end = RecordJson.NumbersOf(record).Updated!.Value;
        Assert.True(end > payment);
        string entry = Assert.Single(store.Keys, static key => key.StartsWith(Updates, StringComparison.Ordinal));
        Assert.EndsWith($"{end:D20}", entry, StringComparison.Ordinal);
        SessionRecord read = RecordJson.Read(Sample.JitScid, record, out _)!;
        Assert.Equal((failed, Sample.Offer), (read.State, read.Offer));
    });

    private static void Run(Func<SaleNumbers, Task> story) => Run((_, numbers, _, _) => story(numbers));

    private static void Run(Func<ClnSessionJournal, SaleNumbers, FakeNode, FakeDatastore, Task> story) => EventLoop.Run(async _ =>
    {
        var store = new FakeDatastore();
        var node = new FakeNode(store.Answer);
        var numbers = new SaleNumbers(node.Client());
        ClnSessionJournal journal = Journal(node, numbers);
        await journal.LoadAsync(default);
        Assert.Contains("updated_below", store[Indexes], StringComparison.Ordinal);
        await story(journal, numbers, node, store);
        return 0;
    });

    private static ClnSessionJournal Journal(FakeNode node, SaleNumbers numbers) =>
        new(node.Client(), new FakeTimeProvider(Sample.Now), static _ => new Sat(100_000), numbers, new SaleStories(), new IncomeLedger(node.Client(), numbers));
}
