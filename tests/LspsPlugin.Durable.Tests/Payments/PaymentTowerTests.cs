using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Payments;
using LspsPlugin.Durable.Payments;
using Xunit;

namespace LspsPlugin.Durable.Tests.Payments;

public class PaymentTowerTests
{
    private static readonly PartFailure Temporary = new(PartFailureKind.Onion, (ushort)FailureCode.TemporaryChannelFailure, 0);
    private static readonly PartFailure Refusal = new(PartFailureKind.Onion, (ushort)FailureCode.IncorrectOrUnknownPaymentDetails, 1);

    /// <summary>The node takes its time to make an onion.</summary>
    [Fact]
    public void A_part_that_waits_for_its_onion_is_not_sent_once_the_payment_is_given_up() => PaymentBench.Play(async bench =>
    {
        await bench.StartAsync();
        bench.Node.OnionTakes = static attempt => TimeSpan.FromSeconds(attempt.Key.Part == 3 ? 20 : 0.001);
        bench.Node.Holds = true;
        await bench.Tower.PayAsync(bench.Terms());
        await bench.PauseAsync(5);
        bench.Tower.Cancel(new PaymentId("order 1"));
        await bench.PauseAsync(60);
        Assert.Equal(2, bench.Node.Rows.Count);
    });

    [Fact]
    public void A_payment_is_on_record_before_it_is_sent_and_before_anybody_hears() => PaymentBench.Play(async bench =>
    {
        PaymentRecord paid = await bench.PayAsync(bench.Terms());
        Assert.Equal((PaymentStatus.Succeeded, bench.Node.Proof), (paid.State.Status, paid.State.Preimage));
        bench.AssertBefore("save initiated", "save in_flight planned planned planned");
        bench.AssertBefore("save in_flight planned planned planned", "send 1");
        await bench.PauseAsync();
        Assert.Equal(90_000UL, bench.Node.Received);
        Assert.True(bench.Record().IsFinal);
        Assert.Equal(new Msat(30), bench.Record().Attempts.CommittedFee());
        Assert.Equal([new PaymentId("order 1")], bench.Node.Forgotten);
        Assert.Equal(0, bench.Tower.LiveCount);
    });

    [Fact]
    public void The_times_of_each_part_are_on_record() => PaymentBench.Play(async bench =>
    {
        DateTimeOffset begun = bench.Time.GetUtcNow();
        await bench.PayAsync(bench.Terms());
        await bench.PauseAsync();
        Assert.All(bench.Record().Attempts, part =>
        {
            Assert.InRange(part.Times.CreatedAt!.Value, begun, part.Times.SentAt!.Value);
            Assert.InRange(part.Times.CompletedAt!.Value, part.Times.SentAt!.Value, bench.Record().UpdatedAt);
        });
    });

    [Fact]
    public void It_is_never_failed_for_a_moment() => PaymentBench.Play(async bench =>
    {
        bench.Node.Split = [90_000];
        bench.Node.Fails = static (_, number) => number < 3 ? Temporary : null;
        Assert.IsType<PaymentAccepted>(await bench.Tower.PayAsync(bench.Terms()));
        PaymentRecord seen;
        do
        {
            seen = (await bench.Tower.FindAsync(new PaymentId("order 1")))!;
            Assert.NotEqual(PaymentStatus.Failed, seen.State.Status);
            await bench.PauseAsync(0.01);
        }
        while (seen.State.Status != PaymentStatus.Succeeded);
        Assert.DoesNotContain(bench.Told, static told => told.State.Status == PaymentStatus.Failed);
        Assert.Equal(4, bench.Node.Rows.Count);
        Assert.Equal([0, 1, 2, 3], bench.Node.Searches.Select(static search => search.Lessons.Count));
        Assert.Equal(bench.Told.Select(static told => told.UpdatedIndex).Order(), bench.Told.Select(static told => told.UpdatedIndex));
    });

    [Fact]
    public void Two_hundred_calls_with_one_id_are_one_payment_also_after_a_restart() => PaymentBench.Play(async bench =>
    {
        PaymentTerms terms = bench.Terms();
        bench.Node.Holds = true;
        PaymentAnswer[] first = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => bench.Tower.PayAsync(terms with { CreatedAt = bench.Time.GetUtcNow() }).AsTask()));
        Assert.Single(first, static answer => answer is PaymentAccepted { IsNew: true });
        Assert.All(first, static answer => Assert.IsType<PaymentAccepted>(answer));
        await bench.PauseAsync();
        bench.Kill();
        await bench.PauseAsync();
        await bench.StartAsync();
        Task<PaymentRecord>[] second = [.. Enumerable.Range(0, 100).Select(_ => bench.PayAsync(terms with { CreatedAt = bench.Time.GetUtcNow() }))];
        await bench.PauseAsync();
        bench.Node.Release();
        bench.Tower.OnRowsChanged(terms.Hash);
        Assert.All(await Task.WhenAll(second), paid => Assert.Equal(bench.Node.Proof, paid.State.Preimage));
        Assert.Equal(90_000UL, bench.Node.Received);
        Assert.Equal(3, bench.Node.Rows.Count);
    });

    [Fact]
    public void The_time_of_a_caller_decides_nothing() => PaymentBench.Play(async bench =>
    {
        bench.Node.Holds = true;
        await bench.Tower.PayAsync(bench.Terms());
        (PaymentRecord payment, bool timedOut) = (await bench.Tower.WaitAsync(new PaymentId("order 1"), TimeSpan.FromSeconds(5)))!.Value;
        Assert.Equal((true, PaymentStatus.InFlight), (timedOut, payment.State.Status));
        await bench.PauseAsync(20);
        bench.Node.Release();
        Assert.Equal(PaymentStatus.Succeeded, (await bench.PayAsync(bench.Terms())).State.Status);
        Assert.Null(await bench.Tower.WaitAsync(new PaymentId("nobody's"), TimeSpan.FromSeconds(5)));
    });

    [Fact]
    public void Another_request_under_the_id_is_told_what_is_on_record() => PaymentBench.Play(async bench =>
    {
        bench.Node.Holds = true;
        await bench.Tower.PayAsync(bench.Terms());
        var taken = Assert.IsType<PaymentIdTaken>(await bench.Tower.PayAsync(bench.Terms(amount: 50_000)));
        Assert.Equal(new Msat(90_000), taken.OnRecord.Terms.Amount);
        var other = Assert.IsType<PaymentHashTaken>(await bench.Tower.PayAsync(bench.Terms("order 2")));
        Assert.Equal(new PaymentId("order 1"), other.Other.Terms.Id);
        bench.Node.Release();
        await bench.PauseAsync();
        Assert.IsType<PaymentIdTaken>(await bench.Tower.PayAsync(bench.Terms(amount: 50_000)));

        // The hash is paid: another id gets its preimage and pays nothing.
        PaymentRecord again = await bench.PayAsync(bench.Terms("order 2"));
        Assert.Equal((PaymentStatus.Succeeded, 0, 3), (again.State.Status, again.Attempts.Count, bench.Node.Rows.Count));
    });

    [Fact]
    public void A_hash_that_another_program_pays_is_not_paid() => PaymentBench.Play(async bench =>
    {
        bench.Node.AddForeign(bench.Node.Proof.Hash(), RowStatus.Pending);
        Assert.Equal(new AttemptKey(1, 0), Assert.IsType<PaymentForeign>(await bench.Tower.PayAsync(bench.Terms())).Row.Key);
        Assert.Empty(bench.Records);
    });

    [Fact]
    public void Cancelling_sends_no_more_and_fails_when_the_parts_have() => PaymentBench.Play(async bench =>
    {
        bench.Node.Holds = true;
        await bench.Tower.PayAsync(bench.Terms());
        await bench.PauseAsync();
        Assert.Equal(new BlockHeight(800_078), bench.Tower.Cancel(new PaymentId("order 1"))?.DecidedBy);
        await bench.PauseAsync();
        Assert.True(bench.Record() is { IsGivingUp: true, State: { Status: PaymentStatus.InFlight, Reason: GiveUpReason.Cancelled } });
        bench.Node.Reject(Temporary);
        await bench.PauseAsync();
        Assert.Equal((PaymentStatus.Failed, 3), (bench.Record().State.Status, bench.Node.Rows.Count));
        Assert.Null(bench.Tower.Cancel(new PaymentId("order 1")));
    });

    [Fact]
    public void The_deadline_ends_the_retries_and_not_the_parts() => PaymentBench.Play(async bench =>
    {
        bench.Node.Fails = (_, number) => number == 0 ? Temporary : null;
        bench.Node.NoRoutes = () => bench.Node.Rows.Count > 0 ? new NoRouteFound(IsTooExpensive: false, "none") : null;
        await bench.Tower.PayAsync(bench.Terms(retryFor: 30));
        await bench.PauseAsync(31);
        Assert.True(bench.Record() is { IsGivingUp: true, State.Reason: GiveUpReason.NoRoute });
        await bench.PauseAsync(31);
        Assert.Equal((PaymentStatus.Failed, GiveUpReason.NoRoute), (bench.Record().State.Status, bench.Record().State.Reason));
    });

    [Fact]
    public void The_destinations_refusal_fails_it() => PaymentBench.Play(async bench =>
    {
        bench.Node.Fails = static (_, _) => Refusal;
        PaymentRecord failed = await bench.PayAsync(bench.Terms());
        Assert.Equal((PaymentStatus.Failed, GiveUpReason.Refused), (failed.State.Status, failed.State.Reason));
    });

    [Fact]
    public void A_payment_that_ends_while_the_archive_is_read_is_listed() => PaymentBench.Play(async bench =>
    {
        Assert.IsType<PaymentAccepted>(await bench.Tower.PayAsync(bench.Terms()));
        bench.ListTakes = TimeSpan.FromSeconds(10);
        Assert.Equal(PaymentStatus.Succeeded, Assert.Single(await bench.Tower.ListAsync(PaymentIndex.Updated, 1, 100)).State.Status);
        Assert.Equal(0, bench.Tower.LiveCount);
    });

    /// <summary>Whoever waits is told when the end is on record. Until it is in the archive the payment is listed as a live one, with its end.</summary>
    [Fact]
    public void Nobody_waits_for_the_archive_and_a_move_that_fails_is_repeated() => PaymentBench.Play(async bench =>
    {
        bench.Archiving = static number => number > 3;
        PaymentRecord paid = await bench.PayAsync(bench.Terms() with { MaxParts = 1 });
        Assert.Equal((PaymentStatus.Succeeded, 0), (paid.State.Status, bench.Archived));
        await bench.PauseAsync(2);
        Assert.InRange(bench.Archived, 1, 3);
        Assert.Equal((1, paid), (bench.Tower.LiveCount, Assert.Single(await bench.Tower.ListAsync(PaymentIndex.Created, 0, 10))));
        await bench.PauseAsync(30);
        Assert.Equal((0, 4), (bench.Tower.LiveCount, bench.Archived));
    });

    [Fact]
    public void A_payment_can_be_forgotten_as_soon_as_its_end_is_told() => PaymentBench.Play(async bench =>
    {
        PaymentRecord paid = await bench.PayAsync(bench.Terms() with { MaxParts = 1 });
        Assert.Equal(ForgetResult.Forgotten, await bench.Tower.ForgetAsync(paid.Terms.Id));
        Assert.Equal(1, bench.Archived);
    });

    [Fact]
    public void A_payment_that_begins_and_ends_while_the_archive_is_read_is_listed() => PaymentBench.Play(async bench =>
    {
        bench.ListTakes = TimeSpan.FromSeconds(10);
        ValueTask<IReadOnlyList<PaymentRecord>> listing = bench.Tower.ListAsync(PaymentIndex.Updated, 1, 100);
        await bench.PayAsync(bench.Terms());
        await bench.PauseAsync();
        Assert.Equal(0, bench.Tower.LiveCount);
        Assert.Equal(PaymentStatus.Succeeded, Assert.Single(await listing).State.Status);

        await bench.PauseAsync();
    });

    [Fact]
    public void What_ends_and_is_forgotten_while_the_archive_is_read_is_not_listed() => PaymentBench.Play(async bench =>
    {
        bench.ListTakes = TimeSpan.FromSeconds(10);
        ValueTask<IReadOnlyList<PaymentRecord>> listing = bench.Tower.ListAsync(PaymentIndex.Updated, 1, 100);
        await bench.PayAsync(bench.Terms());
        await bench.PauseAsync();
        PaymentRecord other = await bench.PayAsync(bench.Terms("order 2"));
        await bench.PauseAsync();
        Assert.Equal(ForgetResult.Forgotten, await bench.Tower.ForgetAsync(bench.Terms().Id));
        Assert.Equal([other], await listing);
    });

    [Fact]
    public void What_left_the_archive_is_listed_no_more() => PaymentBench.Play(async bench =>
    {
        await bench.PayAsync(bench.Terms());
        await bench.PauseAsync();
        bench.Drop("order 1");
        Assert.Empty(await bench.Tower.ListAsync(PaymentIndex.Updated, 1, 100));

        bench.ListTakes = TimeSpan.FromSeconds(10);
        ValueTask<IReadOnlyList<PaymentRecord>> listing = bench.Tower.ListAsync(PaymentIndex.Updated, 1, 100);
        await bench.PayAsync(bench.Terms("order 2"));
        Assert.Single(await listing);
        bench.Drop("order 2");
        Assert.Empty(await bench.Tower.ListAsync(PaymentIndex.Updated, 1, 100));
    });

    [Fact]
    public void A_live_payment_is_found_without_the_archive_and_one_that_begins_meanwhile_after_it() => PaymentBench.Play(async bench =>
    {
        bench.Node.Holds = true;
        bench.FindTakes = TimeSpan.FromSeconds(10);
        ValueTask<PaymentRecord?> finding = bench.Tower.FindAsync(new PaymentId("order 1"));
        bench.FindTakes = TimeSpan.Zero;
        Assert.IsType<PaymentAccepted>(await bench.Tower.PayAsync(bench.Terms()));
        await bench.PauseAsync();
        Assert.False(finding.IsCompleted);
        Assert.Equal(bench.Record(), await finding);
        bench.FindTakes = TimeSpan.FromSeconds(10);
        ValueTask<PaymentRecord?> live = bench.Tower.FindAsync(new PaymentId("order 1"));
        Assert.True(live.IsCompletedSuccessfully);
        Assert.Equal(bench.Record(), await live);
    });

    [Fact]
    public void Whoever_waits_for_what_is_over_does_not_wait() => PaymentBench.Play(async bench =>
    {
        bench.Archiving = static _ => false;
        await bench.PayAsync(bench.Terms());
        await bench.PauseAsync();
        DateTimeOffset before = bench.Time.GetUtcNow();
        Assert.Equal((bench.Record(), false), (await bench.Tower.WaitAsync(bench.Terms().Id, TimeSpan.FromDays(1)))!.Value);
        Assert.Equal(before, bench.Time.GetUtcNow());
        Assert.Equal(1, bench.Tower.LiveCount);
        bench.Archiving = static _ => true;
        await bench.PauseAsync(60);
        Assert.Equal((bench.Record(), false), (await bench.Tower.WaitAsync(bench.Terms().Id, TimeSpan.Zero))!.Value);
        Assert.Equal(0, bench.Tower.LiveCount);
    });

    /// <summary>.NET refuses a timer of more than 49 days.</summary>
    [Fact]
    public void A_wait_may_be_longer_than_a_timer() => PaymentBench.Play(async bench =>
    {
        await bench.Tower.PayAsync(bench.Terms());
        Assert.Equal(PaymentStatus.Succeeded, (await bench.Tower.WaitAsync(bench.Terms().Id, TimeSpan.MaxValue))!.Value.Payment.State.Status);
    });

    [Fact]
    public void A_move_to_the_archive_that_fails_is_repeated_more_and_more_seldom() => PaymentBench.Play(async bench =>
    {
        bench.Archiving = static _ => false;
        await bench.PayAsync(bench.Terms());
        await bench.PauseAsync(62);
        Assert.Equal(7, bench.Archived); // after 1, 3, 7, 15, 31 and 61 seconds
        await bench.PauseAsync(3600);
        Assert.InRange(bench.Archived, 124, 128);
    });

    [Fact]
    public void A_payment_on_record_that_nobody_runs_is_not_forgotten() => PaymentBench.Play(async bench =>
    {
        bench.Answering = static number => number > 1;
        Assert.IsType<PaymentNotBegun>(await bench.Tower.PayAsync(bench.Terms()));
        Assert.Equal(0, bench.Tower.LiveCount);
        Assert.Equal(ForgetResult.NotFinal, await bench.Tower.ForgetAsync(bench.Terms().Id));
        Assert.Equal(PaymentStatus.Initiated, bench.Record().State.Status);
    });

    [Fact]
    public void A_complete_row_with_a_wrong_preimage_does_not_mean_that_the_hash_is_paid() => PaymentBench.Play(async bench =>
    {
        bench.Node.Shown = Preimage.Parse(new string('8', 64));
        bench.Node.AddForeign(bench.Node.Proof.Hash(), RowStatus.Complete);
        Assert.Equal(90_000UL, Assert.IsType<PartAccepted>(await bench.GiveAsync(90_000)).Payment.Terms.Amount.Value);
        Assert.Equal(PaymentStatus.InFlight, bench.Record().State.Status);
    });

    [Fact]
    public void A_block_looks_for_the_htlcs_of_parts_that_are_out_for_long() => PaymentBench.Play(async bench =>
    {
        bench.Node.Holds = true;
        await bench.Tower.PayAsync(bench.Terms());
        await bench.PauseAsync();
        int looks = bench.Node.Looks.Count;
        await bench.BlockAsync(1);
        Assert.Equal(looks, bench.Node.Looks.Count);
        await bench.BlockAsync(1);
        Assert.Equal([3], bench.Node.Looks.Skip(looks));
    });

    [Fact]
    public void What_the_journal_remarks_at_the_start_is_reported() => PaymentBench.Play(async bench =>
    {
        bench.Kill();
        bench.Remarks = ["a record cannot be read"];
        await bench.StartAsync();
        Assert.Contains("a record cannot be read", bench.Done);
    });

    /// <summary>It is in the payment's mail when the payment restarts because of a bug.</summary>
    [Fact]
    public void What_was_asked_of_a_payment_is_done_although_it_restarts_in_between() => PaymentBench.Play(async bench =>
    {
        bench.Node.Holds = true;
        await bench.GiveAsync(30_000);
        await bench.PauseAsync();
        bool throws = true;
        bench.OnEvents = happened =>
        {
            if (!throws || happened is not AttemptChanged) return;
            throws = false;
            throw new InvalidOperationException("a bug");
        };
        bench.Tower.OnPartSent(bench.Node.Proof.Hash(), bench.Node.Rows[0].Key);
        Assert.IsType<PartAccepted>(await bench.GiveAsync(60_000));
        Assert.False(throws);
        await bench.PauseAsync();
        throws = true;
        bench.Tower.OnPartSent(bench.Node.Proof.Hash(), bench.Node.Rows[1].Key);
        bench.Tower.Cancel(new PaymentId("order 1"));
        await bench.PauseAsync();
        Assert.Equal((false, true), (throws, bench.Record().IsGivingUp));
    });

    [Fact]
    public void Payments_are_listed_by_index_and_forgotten_when_final() => PaymentBench.Play(async bench =>
    {
        await bench.PayAsync(bench.Terms());
        await bench.PauseAsync();
        bench.Node.Holds = true;
        for (int i = 2; i <= 4; i++)
        {
            PaymentTerms other = bench.Terms($"order {i}") with { Hash = PaymentHash.Parse(new string((char)('0' + i), 64)) };
            Assert.IsType<PaymentAccepted>(await bench.Tower.PayAsync(other));
        }

        await bench.PauseAsync();
        Assert.Equal([1UL, 2UL, 3UL, 4UL], (await bench.Tower.ListAsync(PaymentIndex.Created, 0, 100)).Select(static payment => payment.CreatedIndex));
        Assert.Equal(["order 2", "order 3"], (await bench.Tower.ListAsync(PaymentIndex.Created, 2, 2)).Select(static payment => payment.Terms.Id.Value));
        ulong last = bench.Told[^1].UpdatedIndex;
        Assert.Equal(bench.Told[^1], Assert.Single(await bench.Tower.ListAsync(PaymentIndex.Updated, last, 100)));
        Assert.Equal(ForgetResult.NotFinal, await bench.Tower.ForgetAsync(new PaymentId("order 2")));
        Assert.Equal(ForgetResult.Forgotten, await bench.Tower.ForgetAsync(new PaymentId("order 1")));
        Assert.Equal(ForgetResult.Unknown, await bench.Tower.ForgetAsync(new PaymentId("order 1")));
        await bench.Tower.PruneAsync();
        Assert.Contains("prune 1000000", bench.Done);
    });

    [Fact]
    public void There_are_so_many_live_payments_and_no_more() => PaymentBench.Play(async bench =>
    {
        bench.Limits = bench.Limits with { MaxLive = 1 };
        bench.Node.Holds = true;
        await bench.Tower.PayAsync(bench.Terms());
        Assert.IsType<PaymentNotBegun>(await bench.Tower.PayAsync(bench.Terms("order 2") with { Hash = PaymentHash.Parse(new string('2', 64)) }));
    });

    [Fact]
    public void The_writes_of_one_turn_are_one_commit() => PaymentBench.Play(async bench =>
    {
        bench.Node.Holds = true;
        PaymentTerms[] terms = [.. Enumerable.Range(0, 50).Select(i => bench.Terms($"order {i}") with { Hash = PaymentHash.Parse($"{i:x64}") })];
        await Task.WhenAll(terms.Select(one => bench.Tower.PayAsync(one).AsTask()));
        await bench.PauseAsync();
        Assert.Equal(150, bench.Node.Rows.Count);
        Assert.True(bench.Commits <= 12, $"{bench.Commits} commits");
    });

    [Fact]
    public void A_payment_that_cannot_be_saved_does_not_begin() => PaymentBench.Play(async bench =>
    {
        bench.Committing = static number => number > 1;
        Assert.Null(Assert.IsType<PaymentNotBegun>(await bench.Tower.PayAsync(bench.Terms())).IsOnRecord);
        Assert.Equal(PaymentStatus.Succeeded, (await bench.PayAsync(bench.Terms())).State.Status);
    });

    [Fact]
    public void Parts_that_cannot_be_saved_are_planned_again() => PaymentBench.Play(async bench =>
    {
        bench.Committing = static number => number is not (2 or 3);
        Assert.Equal(PaymentStatus.Succeeded, (await bench.PayAsync(bench.Terms())).State.Status);
        Assert.Equal(3, bench.Node.Rows.Count);
    });

    [Fact]
    public void The_preimage_is_saved_until_it_is_on_record() => PaymentBench.Play(async bench =>
    {
        bench.Node.Holds = true;
        await bench.Tower.PayAsync(bench.Terms());
        await bench.PauseAsync();
        bench.Committing = static _ => false;
        bench.Proving = static _ => false;
        bench.Node.Release();
        Assert.True((await bench.Tower.WaitAsync(new PaymentId("order 1"), TimeSpan.FromSeconds(100)))!.Value.TimedOut);
        Assert.DoesNotContain(bench.Told, static told => told.State.Preimage is not null);
        bench.Committing = static _ => true;
        Assert.Equal(bench.Node.Proof, (await bench.PayAsync(bench.Terms())).State.Preimage);
    });

    /// <summary>Whoever waits for a payment does not wait for the records of its parts.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_success_is_answered_with_its_preimage_on_record_and_the_rest_is_saved_until_it_is_there(bool dies) => PaymentBench.Play(async bench =>
    {
        bench.Node.Holds = true;
        await bench.Tower.PayAsync(bench.Terms());
        await bench.PauseAsync();
        bench.Committing = static _ => false;
        bench.Node.Release();
        PaymentRecord answered = await bench.WaitAsync();
        Assert.Equal((PaymentStatus.Succeeded, bench.Node.Proof), (answered.State.Status, answered.State.Preimage));
        await bench.PauseAsync(30);
        Assert.Equal(0, bench.Archived);
        if (dies)
        {
            bench.Kill();
            await bench.StartAsync();
            Assert.Equal(bench.Node.Proof, (await bench.WaitAsync(wait: 0)).State.Preimage);
        }

        bench.Committing = static _ => true;
        await bench.PauseAsync(60);
        Assert.Equal((true, 1), (bench.Record().IsFinal, bench.Archived));
    });

    /// <summary>A part may be out for days; a payment that restarts because of a bug does not wait for it.</summary>
    [Fact]
    public void A_bug_restarts_the_payment_from_its_record_while_its_parts_are_out() => PaymentBench.Play(async bench =>
    {
        bool thrown = false;
        bench.OnEvents = happened =>
        {
            if (happened is not AttemptsPlanned || thrown) return;
            thrown = true;
            throw new InvalidOperationException("a bug");
        };
        Assert.Equal(PaymentStatus.Succeeded, (await bench.PayAsync(bench.Terms())).State.Status);
        Assert.Equal((true, 3, 90_000UL), (thrown, bench.Node.Rows.Count, bench.Node.Received));
    });
}
