using System.Globalization;
using System.Text.Json;
using LspsPlugin.Cln.DiskFormat;
using LspsPlugin.Cln.Provider.Records;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;
using LspsPlugin.Rpc;
using Microsoft.Extensions.Time.Testing;

namespace LspsPlugin.Cln.Tests.Provider;

/// <summary>
/// No key is listed that has all finished sales below it: the branches that have entries are on record. Checked after each write, so whatever a crash cuts off, no entry
/// is outside of a branch that the next start knows.
/// </summary>
public class KnownBranchesTests
{
    private const string Indexes = "lsps/lsps2/indexes";

    /// <summary>The keys below which the finished sales are: to list one, the node reads them all.</summary>
    private static readonly string[] Parents = ["lsps", "lsps/lsps2", "lsps/lsps2/history", "lsps/lsps2/book", "lsps/updates", "lsps/income", "lsps/lsps2/sessions", "lsps/lsps2/sessions/finalized"];

    private static readonly HistoryLimits Roomy = new(TimeSpan.FromDays(10), 1000);

    private static readonly SavedState Failed = Sample.States().First(static state => state.Phase == Phase.Ended && state.Outcome == Outcome.Failed);

    [Fact]
    public void A_start_and_its_maintenance_list_no_parent_of_finished_sales() => Play(async story =>
    {
        await story.StartAsync();
        for (uint sale = 1; sale <= 30; sale++) await story.SellAsync(sale, days: sale % 3 == 0 ? 1 : 0);
        Assert.Null(await story.Journal.PruneAsync(Roomy, default));
        Assert.Equal(0, await story.Journal.History.NumberAllAsync(static _ => null, default));
        story.Node.Calls.Clear();
        await story.StartAsync();
        await story.SellAsync(31);
        Assert.Null(await story.Journal.PruneAsync(Roomy, default));
        Assert.Null(await story.Journal.PruneAsync(new HistoryLimits(TimeSpan.FromDays(3), 1000), default));
        Assert.Equal(0, await story.Journal.History.NumberAllAsync(static _ => null, default));
        Assert.Equal(0, await story.Ledger.EnterEarlierAsync(Sample.Now, default));
        await foreach (var sale in new SaleBook(story.Node.Client(), RecordKeys.Updates).FromAsync(0, story.Numbers.Changes, default)) Assert.NotNull(story.Store[$"lsps/lsps2/sessions/finalized/{sale.JitScid}"]);
        Assert.Empty(Listings.Of(story.Node).Intersect(Parents));
    });

    [Fact]
    public void An_unchanged_day_is_counted_once() => Play(async story =>
    {
        await story.StartAsync();
        for (uint sale = 1; sale <= 9; sale++) await story.SellAsync(sale, days: 1);
        await story.SellAsync(10);
        Assert.Null(await story.Journal.PruneAsync(Roomy, default));
        await story.SellAsync(11);
        story.Node.Calls.Clear();
        Assert.Null(await story.Journal.PruneAsync(Roomy, default));
        Assert.Equal([$"lsps/lsps2/history/{Days.Write(Days.Of(story.Clock.GetUtcNow()))}"], Listings.Of(story.Node).Where(static place => place.Contains("/history", StringComparison.Ordinal)));
        Assert.Null(await story.Journal.PruneAsync(new HistoryLimits(TimeSpan.FromDays(10), 4), default));
        Assert.Equal(4, story.Finalized);
        Assert.Null(await story.Journal.PruneAsync(new HistoryLimits(TimeSpan.Zero, 4), default));
        Assert.Equal(3, story.Finalized); // today's
    });

    /// <summary>Sales whose numbers are far apart, as restarts leave them, clocks that are set back, and a day that nobody sold on.</summary>
    [Fact]
    public void At_each_moment_every_entry_is_in_a_branch_on_record() => Play(async story =>
    {
        for (int start = 0; start < 4; start++)
        {
            await story.StartAsync();
            for (uint sale = 1; sale <= 5; sale++)
            {
                await story.SellAsync((uint)(start * 20) + sale, days: sale == 3 ? 2 : 0);
                if (sale == 4) await story.EndAgainAsync();
            }

            if (start == 2) story.Clock = new FakeTimeProvider(Sample.Now.AddDays(-3));
            Assert.Null(await story.Journal.PruneAsync(new HistoryLimits(TimeSpan.FromDays(4), 12), default));
        }

        Assert.True(story.Changes.Length > 2, "the numbers of changes have gaps");
        Assert.Equal(12, story.Finalized);
        await story.StartAsync();
        Assert.Equal(12, await story.ListedAsync());

        // What is deleted leaves the record too, so that nobody looks there again.
        story.Clock = new FakeTimeProvider(Sample.Now.AddDays(100));
        await story.StartAsync();
        Assert.Null(await story.Journal.PruneAsync(new HistoryLimits(TimeSpan.FromDays(4), 12), default));
        Assert.Equal((0, "[]", "[]", "[]"), (story.Finalized, story.Member("book_branches"), story.Member("updated_branches"), story.Member("history_days")));
    });

    [Fact]
    public void The_records_of_a_version_that_did_not_note_branches_are_listed_once() => Play(async story =>
    {
        await story.StartAsync();
        for (uint sale = 1; sale <= 12; sale++) await story.SellAsync(sale, days: 1);
        Assert.Null(await story.Journal.PruneAsync(new HistoryLimits(TimeSpan.FromDays(100), 1000), default));
        story.Forget("book_branches", "updated_branches", "history_days");
        story.Node.Calls.Clear();
        await story.StartAsync();
        await story.SellAsync(13);
        Assert.Null(await story.Journal.PruneAsync(Roomy, default));
        Assert.Equal(["lsps/lsps2/history", "lsps/updates"], Listings.Of(story.Node).Intersect(Parents).Order(StringComparer.Ordinal));
        Assert.Equal(12, await story.ListedAsync());
        Assert.Equal(12, story.Finalized);
        story.Node.Calls.Clear();
        await story.StartAsync();
        Assert.Null(await story.Journal.PruneAsync(Roomy, default));
        Assert.Empty(Listings.Of(story.Node).Intersect(Parents));
    });

    /// <summary>The node refuses one write of that start; the next one begins anew.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_crash_while_the_branches_are_noted_first_loses_nothing(bool isLastWriteDone)
    {
        int cuts = 0;
        bool isCut = true;
        for (int cut = 0; isCut; cut++)
        {
            Play(async story =>
            {
                await story.StartAsync();
                for (uint sale = 1; sale <= 6; sale++) await story.SellAsync(sale, days: 1);
                Assert.Null(await story.Journal.PruneAsync(new HistoryLimits(TimeSpan.FromDays(100), 1000), default));
                story.Forget("book_branches", "updated_branches", "history_days");
                story.CutAt(cut, isLastWriteDone);
                try
                {
                    await story.StartAsync();
                    await story.SellAsync(7, mayFail: true);
                    await story.Journal.PruneAsync(new HistoryLimits(TimeSpan.FromDays(3), 1000), default);
                }
                catch (JournalUnavailableException)
                {
                    // the node went away
                }

                isCut = story.IsCut;
                story.Repair();
                await story.StartAsync();
                Assert.Null(await story.Journal.PruneAsync(new HistoryLimits(TimeSpan.FromDays(3), 1000), default));
                Assert.Equal(story.Finalized, await story.ListedAsync());
                Assert.InRange(story.Finalized, 4, 5);
            });
            if (isCut) cuts++;
        }

        Assert.True(cuts > 15, $"{cuts} writes were cut off");
    }

    /// <summary>An earlier version ran in between: it enters its sales without numbers, and notes no day.</summary>
    [Fact]
    public void Days_that_an_earlier_version_entered_meanwhile_are_found() => Play(async story =>
    {
        await story.StartAsync();
        await story.SellAsync(1);
        Assert.Equal(0, await story.Journal.History.NumberAllAsync(static _ => null, default));
        for (uint day = 1; day <= 3; day++)
        {
            Scid theirs = Scid.Of(800, day, 1);
            story.Put($"lsps/lsps2/history/{Days.Write(Days.Of(Sample.Now.AddDays(day * 2)))}/{theirs}", "ended");
            story.Put($"lsps/lsps2/sessions/finalized/{theirs}", RecordJson.Write(new SessionRecord(Sample.Offer with { JitScid = theirs, CreatedIndex = null }, Sample.Hash, Failed, null), Sample.Now.AddDays(day * 2)));
        }

        story.Clock = new FakeTimeProvider(Sample.Now.AddDays(9));
        await story.StartAsync();
        Assert.Equal(3, await story.Journal.History.NumberAllAsync(static _ => null, default));
        Assert.Equal(4, await story.ListedAsync());
        Assert.Null(await story.Journal.PruneAsync(new HistoryLimits(TimeSpan.FromDays(6), 1000), default));
        Assert.Equal(2, story.Finalized);
    });

    private static void Play(Func<Story, Task> story) => EventLoop.Run(async _ =>
    {
        await story(new Story());
        return 0;
    });

    private sealed class Story
    {
        private int _cut = -1;
        private bool _isLastWriteDone;
        private int _writes;
        private Offer? _last;

        public Story() => Node = new FakeNode(Answer);

        public FakeDatastore Store { get; } = new();

        public FakeNode Node { get; }

        public FakeTimeProvider Clock { get; set; } = new(Sample.Now);

        public bool IsCut { get; private set; }

        public SaleNumbers Numbers { get; private set; } = null!;

        public IncomeLedger Ledger { get; private set; } = null!;

        public ClnSessionJournal Journal { get; private set; } = null!;

        public int Finalized => Store.Keys.Count(static key => key.Contains("/finalized/", StringComparison.Ordinal));

        public ulong[] Changes => [.. Store.Keys.Where(static key => key.StartsWith("lsps/updates/", StringComparison.Ordinal)).Select(static key => key.Split('/')[2]).Distinct().Select(static name => ulong.Parse(name, CultureInfo.InvariantCulture))];

        public async Task StartAsync()
        {
            Numbers = new SaleNumbers(Node.Client());
            Ledger = new IncomeLedger(Node.Client(), Numbers);
            Journal = new ClnSessionJournal(Node.Client(), Clock, static _ => new Sat(100_000), Numbers, new SaleStories(), Ledger);
            await Journal.LoadAsync(default);
        }

        /// <summary>Sells an offer whose payment fails.</summary>
        /// <param name="tx">Which sale it is, in the JIT scid.</param>
        /// <param name="days">How many days pass before it ends.</param>
        /// <param name="mayFail">Whether the node may refuse.</param>
        public async Task SellAsync(uint tx, int days = 0, bool mayFail = false)
        {
            Clock.Advance(TimeSpan.FromDays(days));
            ulong? number = await Numbers.NextAsync(default);
            if (mayFail && number is null) return;
            _last = Sample.Offer with { JitScid = Scid.Of(900, tx, 1), CreatedIndex = number!.Value };
            JournalResult sold = await Journal.AddOfferAsync(_last, default), ended = await Journal.SaveAsync(Sample.Terms with { Offer = _last }, Failed, default);
            if (!mayFail) Assert.Equal((JournalResult.Saved, JournalResult.Saved), (sold, ended));
        }

        /// <summary>The last offer is over too, which changes its finished record.</summary>
        public async Task EndAgainAsync() => Assert.Equal(JournalResult.Saved, await Journal.EndOfferAsync(_last!, FailureReason.OfferExpired, default));

        /// <summary>Returns how many finished sales are found by their numbers, and by those of their last changes.</summary>
        public async Task<int> ListedAsync()
        {
            var sales = new List<Scid>();
            var changes = new List<Scid>();
            await foreach (var sale in new SaleBook(Node.Client()).FromAsync(0, Numbers.Book, default)) sales.Add(sale.JitScid);
            await foreach (var change in new SaleBook(Node.Client(), RecordKeys.Updates).FromAsync(0, Numbers.Changes, default))
            {
                if (RecordJson.NumbersOf(Store[$"lsps/lsps2/sessions/finalized/{change.JitScid}"]).Updated == change.Number) changes.Add(change.JitScid);
            }

            int[] found = [.. new[] { sales, changes }.Select(list => list.Distinct().Count(scid => Store[$"lsps/lsps2/sessions/finalized/{scid}"] is not null))];
            Assert.Equal(found[0], found[1]);
            return found[0];
        }

        public string Member(string name) => JsonDocument.Parse(Store[Indexes]!).RootElement.GetProperty(name).GetRawText();

        /// <summary>Leaves the record as a version wrote it that did not know some members.</summary>
        public void Forget(params string[] members)
        {
            SaleIndexesJson read = RecordText.Read(Store[Indexes], RecordsJson.Default.SaleIndexesJson, static record => record, out _)!;
            string text = RecordText.Write(new SaleIndexesJson(read.CreatedBelow, read.UpdatedBelow), RecordsJson.Default.SaleIndexesJson);
            Assert.All(members, member => Assert.DoesNotContain(member, text, StringComparison.Ordinal));
            Store.Put(Indexes, text);
        }

        /// <summary>What another version writes: it notes no branch.</summary>
        public void Put(string key, string text) => Store.Put(key, text);

        public void CutAt(int write, bool isLastWriteDone) => (_cut, _isLastWriteDone, _writes) = (write, isLastWriteDone, 0);

        public void Repair() => (_cut, IsCut) = (-1, false);

        private string Answer(string method, JsonElement parameters)
        {
            if (!IsCut && (method == "listdatastore" || _cut < 0 || _writes++ != _cut)) return Do(method, parameters);
            if (!IsCut && _isLastWriteDone) Do(method, parameters);
            IsCut = true;
            return "\"error\":{\"code\":-1,\"message\":\"gone\"}";
        }

        private string Do(string method, JsonElement parameters)
        {
            string answer = Store.Answer(method, parameters);
            if (method == "datastore") AssertKnown(parameters.GetProperty("key").EnumerateArray().Select(static part => part.GetString()!).ToArray());
            return answer;
        }

        /// <summary>The entry that was just written is in a branch on record, unless an earlier version's branches are still to be listed.</summary>
        private void AssertKnown(string[] key)
        {
            SaleIndexesJson? indexes = RecordText.Read(Store[Indexes], RecordsJson.Default.SaleIndexesJson, static record => record, out _);
            (ulong[]?[]? known, ulong branch) = key switch
            {
                ["lsps", "lsps2", "book", var name, _] => (indexes!.BookBranches, Number(name)),
                ["lsps", "updates", var name, _] => (indexes!.UpdatedBranches, Number(name)),
                ["lsps", "lsps2", "history", var day, _] => (indexes!.HistoryDays, (ulong)Days.Read(day)!.Value),
                _ => (null, 0UL),
            };
            if (known is not null) Assert.True(NumberRanges.Read(known)!.Contains(branch), $"{string.Join('/', key)} is in no branch on record: {Store[Indexes]}");
        }

        private static ulong Number(string name) => ulong.Parse(name, CultureInfo.InvariantCulture);
    }
}
