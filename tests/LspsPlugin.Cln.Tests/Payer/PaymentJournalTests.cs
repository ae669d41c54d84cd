using System.Text.Json;
using LspsPlugin.Cln.Payer.Records;
using LspsPlugin.Cln.Tests.Provider;
using LspsPlugin.Core.Payments;
using LspsPlugin.Durable.Payments;
using LspsPlugin.Rpc;
using Microsoft.Extensions.Time.Testing;

namespace LspsPlugin.Cln.Tests.Payer;

/// <summary>Payments in the datastore of a node.</summary>
public class PaymentJournalTests
{
    private const string Name = "order%2F1%20%22%C3%BC%22";
    private static readonly string Part1 = $"lsps-payer/parts/{Name}/{1:D20}";

    private static readonly PaymentRecord New = PaySample.Record(PaymentStatus.Initiated, []);
    private static readonly PaymentRecord Planned = PaySample.Record(PaymentStatus.InFlight, [PaySample.Attempt(1), PaySample.Attempt(2)], updated: 2);
    private static readonly PaymentRecord Paid = PaySample.Record(
        PaymentStatus.Succeeded, [PaySample.Attempt(1, AttemptStatus.Settled), PaySample.Attempt(2, AttemptStatus.Failed, PaySample.Failure)], preimage: PaySample.Proof, updated: 3);

    [Fact]
    public void Each_commit_is_what_the_next_start_reads() => Run(async story =>
    {
        await story.CommitAsync(New, null);
        PaymentRecord read1 = Assert.Single((await story.Restarted().LoadAsync(default)).Live);
        Assert.Equal(New with { UpdatedIndex = read1.UpdatedIndex }, read1);
        await story.CommitAsync(Planned, New);
        PaymentJournalContents read = await story.Restarted().LoadAsync(default);
        PaymentRecord read2 = Assert.Single(read.Live);
        Assert.Equal(Planned with { UpdatedIndex = read2.UpdatedIndex }, read2);
        Assert.Empty(read.Remarks);
        Assert.True(read.LastCreatedIndex >= 1 && read.LastUpdatedIndex >= 2);
    });

    [Fact]
    public void A_paid_one_is_archived_with_its_preimage_apart() => Run(async story =>
    {
        await story.PayAsync();
        Assert.Contains(PaySample.Proof.Bytes.ToString(), story.Store[$"lsps-payer/settled/{Name}"], StringComparison.Ordinal);
        Assert.Empty((await story.Restarted().LoadAsync(default)).Live);
        Assert.Equal(Paid, await story.Journal.FindAsync(Paid.Terms.Id, default));
        Assert.Equal([Paid], await story.Journal.ListAsync(PaymentIndex.Created, 1, 10, default));
        Assert.Equal([Paid], await story.Journal.ListAsync(PaymentIndex.Updated, 3, 10, default));
        Assert.Empty(await story.Journal.ListAsync(PaymentIndex.Updated, 4, 10, default));
        Assert.Null(await story.Journal.FindAsync(new PaymentId("another"), default));
    });

    [Fact]
    public void Only_what_changed_is_written() => Run(async story =>
    {
        await story.CommitAsync(New, null);
        await story.CommitAsync(Planned, New);
        story.Node.Calls.Clear();
        PaymentRecord sent = PaySample.Record(PaymentStatus.InFlight, [PaySample.Attempt(1, AttemptStatus.Sent), PaySample.Attempt(2)], updated: 3);
        await story.CommitAsync(sent, Planned);
        Assert.Equal([Part1, $"lsps-payer/status/{Name}"], story.Written());
    });

    /// <summary>The node need not carry out calls in the order in which they were sent.</summary>
    [Theory]
    [InlineData("payments", 0)]
    [InlineData("live", 0)]
    [InlineData("parts", 1)]
    [InlineData("settled", 2)]
    public void A_status_waits_until_everything_else_of_its_payment_is_on_record(string missing, int commit) => Run(async story =>
    {
        PaymentRecord[] lives = [New, Planned, Paid];
        for (int i = 0; i < commit; i++) await story.CommitAsync(lives[i], i == 0 ? null : lives[i - 1]);
        story.Failing = missing;
        story.Node.Calls.Clear();
        Assert.Equal([false], await story.Journal.CommitAsync([new PaymentChange(lives[commit], commit == 0 ? null : lives[commit - 1].State)], default));
        Assert.DoesNotContain($"lsps-payer/status/{Name}", story.Written());
        PaymentJournalContents read = await story.Restarted().LoadAsync(default);
        Assert.Empty(read.Remarks);
        Assert.Equal(commit, read.Live.Count is 0 ? 0 : read.Live[0].State.Status == PaymentStatus.Initiated ? 1 : 2);

        // A part that is on record as settled, without a preimage, is looked up again.
        Assert.DoesNotContain(read.Live.SelectMany(static live => live.Attempts), static part => part.Status == AttemptStatus.Settled);
    });

    /// <summary>Ahead of the rest, which is not written twice.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_preimage_is_put_on_record_alone(bool isStored) => Run(async story =>
    {
        await story.CommitAsync(New, null);
        await story.CommitAsync(Planned, New);
        story.Node.Calls.Clear();
        story.Failing = isStored ? null : "settled";
        Assert.Equal([isStored], await story.Journal.ProveAsync([new PaymentChange(Paid, Planned.State)], default));
        Assert.Equal([$"lsps-payer/settled/{Name}"], story.Written());
        PaymentRecord read = Assert.Single((await story.Restarted().LoadAsync(default)).Live);
        Assert.Equal(isStored ? (PaymentStatus.Succeeded, PaySample.Proof) : (PaymentStatus.InFlight, null), (read.State.Status, read.State.Preimage));
        story.Failing = null;
        story.Node.Calls.Clear();
        await story.CommitAsync(Paid, Planned);
        Assert.Equal(!isStored, story.Written().Contains($"lsps-payer/settled/{Name}"));
        Assert.Equal(Paid, await story.Restarted().FindAsync(Paid.Terms.Id, default));
    });

    [Fact]
    public void A_preimage_whose_number_is_not_reserved_is_not_put_on_record() => Run(async story =>
    {
        await story.CommitAsync(New, null);
        story.Failing = "indexes";
        Assert.Equal([false], await story.Journal.ProveAsync([new PaymentChange(Paid with { UpdatedIndex = 5000 }, New.State)], default));
        Assert.Null(story.Store[$"lsps-payer/settled/{Name}"]);
    });

    [Fact]
    public void Several_payments_go_out_together() => Run(async story =>
    {
        PaymentChange[] changes =
        [
            .. Enumerable.Range(1, 3).Select(i => new PaymentChange(New with { Terms = New.Terms with { Id = new PaymentId($"p{i}") }, CreatedIndex = (ulong)i, UpdatedIndex = (ulong)i }, null)),
        ];
        Assert.Equal([true, true, true], await story.Journal.CommitAsync(changes, default));
        Assert.Equal(3, (await story.Restarted().LoadAsync(default)).Live.Count);
    });

    [Fact]
    public void The_preimage_counts_though_the_status_was_not_written() => Run(async story =>
    {
        await story.CommitAsync(New, null);
        await story.CommitAsync(Planned, New);
        story.Store.Put($"lsps-payer/settled/{Name}", PaymentJson.Write(PaySample.Proof));
        PaymentRecord read = Assert.Single((await story.Restarted().LoadAsync(default)).Live);
        Assert.Equal((PaymentStatus.Succeeded, PaySample.Proof), (read.State.Status, read.State.Preimage));
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_success_whose_status_was_not_written_is_listed_under_a_new_number(bool isDecided) => Run(async story =>
    {
        await story.CommitAsync(New, null);
        await story.CommitAsync(Planned, New);
        story.Store.Put($"lsps-payer/settled/{Name}", PaymentJson.Write(PaySample.Proof));
        if (isDecided) story.Store.Put(Part1, PaymentJson.Write(PaySample.Attempt(1, AttemptStatus.Settled)));
        if (isDecided) story.Store.Put(Part1[..^1] + "2", PaymentJson.Write(PaySample.Attempt(2, AttemptStatus.Settled)));
        ClnPaymentJournal restarted = story.Restarted();
        PaymentJournalContents read = await restarted.LoadAsync(default);
        PaymentRecord paid = isDecided ? Assert.Single(await restarted.ListAsync(PaymentIndex.Updated, Planned.UpdatedIndex + 1, 10, default)) : Assert.Single(read.Live);
        Assert.Equal((PaymentStatus.Succeeded, PaySample.Proof), (paid.State.Status, paid.State.Preimage));
        Assert.InRange(paid.UpdatedIndex, Planned.UpdatedIndex + 1, read.LastUpdatedIndex);
        if (isDecided) Assert.Equal(paid.UpdatedIndex, (await story.Restarted().FindAsync(New.Terms.Id, default))!.UpdatedIndex);

        // The next start finds nothing to add.
        read = await story.Restarted().LoadAsync(default);
        Assert.Equal(isDecided ? 0 : 1, read.Live.Count);
    });

    /// <summary>The last process may not have heard that its change is on record, and told of later ones.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_a_restart_finds_live_or_ended_has_a_number_above_all_that_were_told(bool hasEnded) => Run(async story =>
    {
        await story.CommitAsync(New, null);
        PaymentRecord last = hasEnded ? Paid : Planned;
        await story.CommitAsync(last, New);
        ulong told = last.UpdatedIndex + 500;
        for (int starts = 0; starts < 3; starts++)
        {
            ClnPaymentJournal restarted = story.Restarted();
            PaymentJournalContents read = await restarted.LoadAsync(default);
            if (hasEnded && starts > 0) break;
            PaymentRecord found = hasEnded ? Assert.Single(await restarted.ListAsync(PaymentIndex.Updated, told, 10, default)) : Assert.Single(read.Live);
            Assert.InRange(found.UpdatedIndex, told, read.LastUpdatedIndex);
            told = found.UpdatedIndex + 1;
        }
    });

    [Theory]
    [InlineData(PartFailureKind.NotSent, GiveUpReason.OutOfTime)]
    [InlineData(PartFailureKind.Lost, GiveUpReason.PartLost)]
    public void A_payment_that_was_given_up_has_failed_with_its_last_part_though_the_status_was_not_written(PartFailureKind kind, GiveUpReason reason) => Run(async story =>
    {
        PaymentRecord givenUp = PaySample.Record(PaymentStatus.InFlight, [PaySample.Attempt(1)], GiveUpReason.OutOfTime, updated: 2);
        await story.CommitAsync(New, null);
        await story.CommitAsync(givenUp, New);
        story.Store.Put(Part1, PaymentJson.Write(PaySample.Attempt(1, AttemptStatus.Failed, new PartFailure(kind))));
        ClnPaymentJournal restarted = story.Restarted();
        Assert.Empty((await restarted.LoadAsync(default)).Live);
        PaymentRecord failed = Assert.Single(await restarted.ListAsync(PaymentIndex.Updated, givenUp.UpdatedIndex + 1, 10, default));
        Assert.Equal((PaymentStatus.Failed, reason), (failed.State.Status, failed.State.Reason));
        Assert.Null(story.Store[$"lsps-payer/live/{Name}"]);
    });

    [Fact]
    public void A_success_that_cannot_be_numbered_stops_the_start() => Run(async story =>
    {
        await story.CommitAsync(New, null);
        story.Store.Put($"lsps-payer/settled/{Name}", PaymentJson.Write(PaySample.Proof));
        story.Failing = "indexes";
        await Assert.ThrowsAsync<PaymentJournalUnavailableException>(async () => await story.Restarted().LoadAsync(default));
        story.Failing = null;
        Assert.Empty((await story.Restarted().LoadAsync(default)).Live);
        Assert.Equal(PaymentStatus.Succeeded, (await story.Journal.FindAsync(New.Terms.Id, default))!.State.Status);
    });

    [Fact]
    public void A_planned_part_counts_though_the_status_was_not_written() => Run(async story =>
    {
        await story.CommitAsync(New, null);
        story.Store.Put(Part1, PaymentJson.Write(PaySample.Attempt(1)));
        Assert.Equal((PaymentStatus.InFlight, 1), Assert.Single((await story.Restarted().LoadAsync(default)).Live).State is var state ? (state.Status, state.Attempts.Count) : default);
    });

    [Fact]
    public void A_payment_without_a_status_has_not_begun() => Run(async story =>
    {
        story.Store.Put($"lsps-payer/payments/{Name}", PaymentJson.Write(New.Terms, 1));
        story.Store.Put($"lsps-payer/live/{Name}", "1");
        Assert.Empty((await story.Journal.LoadAsync(default)).Live);
        Assert.Null(story.Store[$"lsps-payer/live/{Name}"]);
        Assert.Null(await story.Journal.FindAsync(New.Terms.Id, default));
    });

    [Fact]
    public void A_record_that_cannot_be_read_is_reported_and_left_alone() => Run(async story =>
    {
        await story.CommitAsync(New, null);
        await story.CommitAsync(Planned, New);
        story.Store.Put(Part1, "{}");
        PaymentJournalContents read = await story.Restarted().LoadAsync(default);
        Assert.Empty(read.Live);
        Assert.Equal($"the record {Part1} cannot be read and is left alone: groupid is missing", Assert.Single(read.Remarks));
        Assert.NotNull(story.Store[$"lsps-payer/live/{Name}"]);
    });

    [Fact]
    public void After_a_lost_commit_everything_is_written_again_and_strays_are_removed() => Run(async story =>
    {
        await story.CommitAsync(New, null);
        story.Failing = "status";
        Assert.Equal([false], await story.Journal.CommitAsync([new PaymentChange(Planned, New.State)], default));
        Assert.NotNull(story.Store[Part1]);
        story.Failing = null;
        PaymentRecord givenUp = PaySample.Record(PaymentStatus.Failed, [], GiveUpReason.Cancelled, updated: 3);
        Assert.Equal([true], await story.Journal.CommitAsync([new PaymentChange(givenUp, New.State)], default));
        Assert.Null(story.Store[Part1]);
        Assert.Equal(givenUp, await story.Restarted().FindAsync(New.Terms.Id, default));
    });

    /// <summary>The status that was not answered counts the part that the next commit removes; the process dies after each of that commit's changes.</summary>
    [Fact]
    public void A_crash_while_strays_are_removed_leaves_a_payment_that_can_be_read() => Run(async _ =>
    {
        PaymentRecord givenUp = PaySample.Record(PaymentStatus.Failed, [], GiveUpReason.Cancelled, updated: 3);
        bool saved = false;
        for (int changes = 0; !saved; changes++)
        {
            var story = new Story();
            await story.CommitAsync(New, null);
            story.Unanswered = "status";
            Assert.Equal([false], await story.Journal.CommitAsync([new PaymentChange(Planned, New.State)], default));
            (story.Unanswered, story.ChangesLeft) = (null, changes);
            saved = (await story.Journal.CommitAsync([new PaymentChange(givenUp, New.State)], default))[0];
            story.ChangesLeft = int.MaxValue;
            ClnPaymentJournal restarted = story.Restarted();
            PaymentJournalContents read = await restarted.LoadAsync(default);
            Assert.Empty(read.Remarks);
            if (saved)
            {
                Assert.Equal(PaymentStatus.Failed, (await restarted.FindAsync(New.Terms.Id, default))!.State.Status);
                continue;
            }

            // What is left of the strays was perhaps sent. They fail, and that is all that is on record.
            PaymentRecord left = Assert.Single(read.Live);
            Assert.Equal(Planned.Attempts.Take(left.Attempts.Count), left.Attempts);
            PaymentRecord over = left with
            {
                State = new SavedPayment(PaymentStatus.Failed, new([.. left.Attempts.Select(static part => part with { Status = AttemptStatus.Failed, Failure = PaySample.Failure })]), GiveUpReason.Cancelled),
                UpdatedIndex = left.UpdatedIndex + 1,
            };
            Assert.Equal([true], await restarted.CommitAsync([new PaymentChange(over, left.State)], default));
            Assert.Equal(over, await story.Restarted().FindAsync(New.Terms.Id, default));
        }
    });

    [Fact]
    public void A_failed_one_that_begins_again_leaves_the_archive() => Run(async story =>
    {
        PaymentRecord failed = await story.FailAsync(), again = Again(failed);
        await story.CommitAsync(again, failed);
        PaymentRecord read = Assert.Single((await story.Restarted().LoadAsync(default)).Live);
        Assert.Equal(again with { UpdatedIndex = read.UpdatedIndex }, read);
        Assert.Empty(await story.Journal.ListAsync(PaymentIndex.Created, 1, 10, default));
        Assert.Empty(await story.Journal.ListAsync(PaymentIndex.Updated, 1, 10, default));
        PaymentRecord paid = again with
        {
            State = new SavedPayment(PaymentStatus.Succeeded, failed.Attempts.Add(PaySample.Attempt(3, AttemptStatus.Settled)), Preimage: PaySample.Proof),
            UpdatedIndex = 6,
        };
        await story.CommitAsync(paid, again);
        Assert.True(await story.Journal.ArchiveAsync(paid, default));
        ClnPaymentJournal restarted = story.Restarted();
        await restarted.LoadAsync(default);
        Assert.Equal([paid], await restarted.ListAsync(PaymentIndex.Updated, 1, 10, default));
    });

    /// <summary>To list the names below a key, a node reads all records below it, and does nothing else meanwhile.</summary>
    [Fact]
    public void The_archive_is_read_a_branch_at_a_time_and_its_empty_beginning_once() => Run(async story =>
    {
        PaymentRecord late = Paid with { CreatedIndex = 7003, UpdatedIndex = 9005 };
        await story.CommitAsync(late, null);
        Assert.True(await story.Journal.ArchiveAsync(late, default));
        Assert.Equal([late], await story.Journal.ListAsync(PaymentIndex.Updated, 1, 10, default));
        story.Node.Calls.Clear();
        Assert.Equal([late], await story.Journal.ListAsync(PaymentIndex.Updated, 1, 10, default));
        Assert.Equal(["lsps-payer/archive/updated/00000000000000000009", "lsps-payer/archive/updated/00000000000000000010"], story.Listed("archive")); // numbers are reserved ahead

        // A failed payment that began again returns to its old place.
        PaymentRecord early = late with { Terms = late.Terms with { Id = new PaymentId("early") }, CreatedIndex = 3, UpdatedIndex = 9006 };
        await story.CommitAsync(early, null);
        Assert.True(await story.Journal.ArchiveAsync(early, default));
        Assert.Equal([early, late], await story.Journal.ListAsync(PaymentIndex.Created, 1, 10, default));
        Assert.Null(await story.Journal.PruneAsync(new PaymentHistoryLimits(TimeSpan.FromDays(10), 1), default));
        Assert.Equal([early], await story.Journal.ListAsync(PaymentIndex.Created, 1, 10, default));
        Assert.DoesNotContain(story.Listed("archive"), static key => key.Count(static c => c == '/') < 3);
    });

    /// <summary>The node refuses one write after the other, and the process starts anew: the payment is never lost, and never in both places.</summary>
    [Theory]
    [InlineData("live", false)]
    [InlineData("status", true)]
    public void A_failed_one_that_could_not_begin_again_is_in_one_place(string failing, bool isPartThere) => Run(async story =>
    {
        PaymentRecord failed = await story.FailAsync();
        story.Failing = failing;
        Assert.Equal([false], await story.Journal.CommitAsync([new PaymentChange(Again(failed), failed.State)], default));
        story.Failing = null;
        PaymentJournalContents read = await story.Restarted().LoadAsync(default);
        IReadOnlyList<PaymentRecord> archived = await story.Journal.ListAsync(PaymentIndex.Updated, 1, 10, default);
        if (!isPartThere) Assert.Equal((0, failed), (read.Live.Count, Assert.Single(archived)));
        else Assert.Equal((0, GiveUpReason.PartsFailed, 3), (archived.Count, Assert.Single(read.Live).State.Reason, read.Live[0].Attempts.Count));
    });

    private static PaymentRecord Again(PaymentRecord failed) => failed with
    {
        State = new SavedPayment(PaymentStatus.InFlight, failed.Attempts.Add(PaySample.Attempt(3))),
        UpdatedIndex = 5,
        UpdatedAt = PaySample.Created.AddSeconds(5),
    };

    [Fact]
    public void A_forgotten_payment_leaves_nothing() => Run(async story =>
    {
        await story.PayAsync();
        Assert.True(await story.Journal.ForgetAsync(Paid.Terms.Id, default));
        Assert.Equal(["lsps-payer/indexes"], story.Store.Keys);
        Assert.True(await story.Journal.ForgetAsync(Paid.Terms.Id, default));
    });

    /// <summary>The process dies after each change of the deletion, or goes on and is asked again.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_a_crash_leaves_of_a_forgotten_payment_is_deleted(bool dies) => Run(async _ =>
    {
        bool forgotten = false;
        for (int changes = 0; !forgotten; changes++)
        {
            var story = new Story();
            await story.PayAsync();
            story.ChangesLeft = changes;
            forgotten = await story.Journal.ForgetAsync(Paid.Terms.Id, default);
            story.ChangesLeft = int.MaxValue;
            ClnPaymentJournal next = dies ? story.Restarted() : story.Journal;
            if (dies)
            {
                PaymentJournalContents read = await next.LoadAsync(default);
                Assert.Empty(read.Remarks);
                Assert.Empty(read.Live);
            }

            PaymentRecord? left = await next.FindAsync(Paid.Terms.Id, default);
            if (changes == 0) Assert.Equal(Paid, left);
            else Assert.Equal((null, "lsps-payer/indexes"), (left, Assert.Single(story.Store.Keys)));
        }
    });

    [Fact]
    public void A_forgotten_payment_that_cannot_be_deleted_is_neither_free_nor_unknown() => Run(async story =>
    {
        await story.PayAsync();
        story.ChangesLeft = 4;
        Assert.False(await story.Journal.ForgetAsync(Paid.Terms.Id, default));
        var stays = await Assert.ThrowsAsync<PaymentJournalUnavailableException>(async () => await story.Journal.FindAsync(Paid.Terms.Id, default));
        Assert.Equal($"the forgotten payment {Paid.Terms.Id} could not be deleted", stays.Message);
        await Assert.ThrowsAsync<PaymentJournalUnavailableException>(async () => await story.Restarted().LoadAsync(default));
    });

    [Fact]
    public void Numbers_are_never_given_twice() => Run(async story =>
    {
        await story.PayAsync();
        await story.Journal.ForgetAsync(Paid.Terms.Id, default);
        PaymentJournalContents read = await story.Restarted().LoadAsync(default);
        Assert.True(read is { LastCreatedIndex: >= 1, LastUpdatedIndex: >= 3 });
    });

    [Fact]
    public void Old_payments_are_deleted_oldest_first() => Run(async story =>
    {
        await story.PayAsync();
        Assert.Null(await story.Journal.PruneAsync(new PaymentHistoryLimits(TimeSpan.FromDays(10), 10), default));
        Assert.NotNull(await story.Journal.FindAsync(Paid.Terms.Id, default));
        story.Clock.Advance(TimeSpan.FromDays(11));
        Assert.Null(await story.Journal.PruneAsync(new PaymentHistoryLimits(TimeSpan.FromDays(10), 10), default));
        Assert.Null(await story.Journal.FindAsync(Paid.Terms.Id, default));
    });

    [Fact]
    public void More_payments_than_the_limit_are_deleted() => Run(async story =>
    {
        await story.PayAsync();
        Assert.Null(await story.Journal.PruneAsync(new PaymentHistoryLimits(TimeSpan.FromDays(10), 0), default));
        Assert.Null(await story.Journal.FindAsync(Paid.Terms.Id, default));
    });

    [Fact]
    public void A_node_that_does_not_answer_is_not_an_empty_archive() => Run(async story =>
    {
        story.Failing = "list";
        await Assert.ThrowsAsync<PaymentJournalUnavailableException>(async () => await story.Journal.LoadAsync(default));
        await Assert.ThrowsAsync<PaymentJournalUnavailableException>(async () => await story.Journal.FindAsync(Paid.Terms.Id, default));
    });

    private static void Run(Func<Story, Task> story) => EventLoop.Run(async _ =>
    {
        await story(new Story());
        return 0;
    });

    private sealed class Story
    {
        public Story()
        {
            Node = new FakeNode(Answer);
            Journal = new ClnPaymentJournal(Node.Client(), Clock);
        }

        public FakeDatastore Store { get; } = new();

        public FakeNode Node { get; }

        public FakeTimeProvider Clock { get; } = new(PaySample.Created);

        public ClnPaymentJournal Journal { get; }

        /// <summary>Which calls the node refuses.</summary>
        public string? Failing { get; set; }

        /// <summary>Which writes the node carries out without an answer.</summary>
        public string? Unanswered { get; set; }

        /// <summary>How many changes the node carries out before it refuses all.</summary>
        public int ChangesLeft { get; set; } = int.MaxValue;

        public ClnPaymentJournal Restarted() => new(Node.Client(), Clock);

        public async Task CommitAsync(PaymentRecord after, PaymentRecord? before) =>
            Assert.Equal([true], await Journal.CommitAsync([new PaymentChange(after, before?.State)], default));

        public async Task<PaymentRecord> FailAsync()
        {
            await CommitAsync(New, null);
            await CommitAsync(Planned, New);
            PaymentRecord failed = PaySample.Record(
                PaymentStatus.Failed, [PaySample.Attempt(1, AttemptStatus.Failed, PaySample.Failure), PaySample.Attempt(2, AttemptStatus.Failed, PaySample.Failure)], GiveUpReason.PartsFailed, updated: 4);
            await CommitAsync(failed, Planned);
            Assert.True(await Journal.ArchiveAsync(failed, default));
            return failed;
        }

        public async Task PayAsync()
        {
            await CommitAsync(New, null);
            await CommitAsync(Planned, New);
            await CommitAsync(Paid, Planned);
            Assert.True(await Journal.ArchiveAsync(Paid, default));
        }

        public string[] Written() =>
            [.. Node.Calls.Where(call => call.GetProperty("method").GetString() == "datastore").Select(KeyOf)];

        public string[] Listed(string place) =>
            [.. Node.Calls.Where(call => call.GetProperty("method").GetString() == "listdatastore").Select(KeyOf).Where(key => key.StartsWith($"lsps-payer/{place}", StringComparison.Ordinal))];

        private static string KeyOf(JsonElement call) => string.Join('/', call.GetProperty("params").GetProperty("key").EnumerateArray().Select(part => part.GetString()));

        private string Answer(string method, JsonElement p)
        {
            const string No = "\"error\":{\"code\":-1,\"message\":\"no\"}";
            if (method == "listdatastore") return Failing == "list" ? No : Store.Answer(method, p);
            string? place = p.GetProperty("key")[1].GetString();
            if ((method == "datastore" && Failing == place) || ChangesLeft-- <= 0) return No;
            string answer = Store.Answer(method, p);
            return method == "datastore" && Unanswered == place ? No : answer;
        }
    }
}
