using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Payments;
using Xunit;
using static LspsPlugin.Core.Tests.Payments.PaymentSample;

namespace LspsPlugin.Core.Tests.Payments;

/// <summary>Calls that are lost, restarts, and rows that are not what they were.</summary>
public class PaymentRestartTests
{
    private static readonly PaymentTimerFired Confirm = new(PaymentTimer.Confirm);

    [Fact]
    public void A_part_that_the_node_never_got_is_sent_again_with_the_same_ids()
    {
        PaymentRun run = PaymentRun.ThreeOut().Restart().Is(PaymentPhase.Recovering).On(Rows(Row(1, RowStatus.Pending), Row(2, RowStatus.Pending))).Is(PaymentPhase.AwaitingParts);
        Attempt again = Assert.Single(run.Sent);
        Assert.Equal((Key(3), AttemptStatus.Resent), (again.Key, again.Status));
        Assert.Equal([AttemptStatus.Watched, AttemptStatus.Watched, AttemptStatus.Resent], run.Statuses);
    }

    [Fact]
    public void A_resumed_payment_plans_what_is_missing_in_the_same_group()
    {
        PaymentRun run = PaymentRun.ThreeOut().Restart().On(Rows(Row(1, RowStatus.Pending), Row(2, RowStatus.Pending), Row(3, RowStatus.Failed))).Is(PaymentPhase.Routing);
        Assert.Equal(Key(4), Assert.Single(run.On(Found(30_000)).Sent).Key);
    }

    [Fact]
    public void A_part_with_a_stale_route_is_not_sent_again_but_confirmed_as_never_sent()
    {
        PaymentRun run = PaymentRun.ThreeOut().Restart().On(Rows(Row(1, RowStatus.Pending), Row(2, RowStatus.Pending)) with { Height = Height + new BlockCount(3) });
        Assert.Empty(run.Sent);
        Assert.Equal(AttemptStatus.Missing, run.Part(3).Status);
        Assert.Contains(new ArmTimer(PaymentTimer.Confirm, TimeSpan.FromSeconds(10)), run.Actions);
        run.On(Rows(Row(1, RowStatus.Pending), Row(2, RowStatus.Pending)));
        Assert.Equal(AttemptStatus.Missing, run.Part(3).Status);
        run.On(Confirm);
        Assert.Equal([new LookAtRows([Key(3)])], run.Actions);
        run.On(Rows(Row(1, RowStatus.Pending), Row(2, RowStatus.Pending)) with { Confirms = [Key(3)] }).Is(PaymentPhase.Pausing);
        Assert.Equal(PartFailureKind.NotSent, run.Part(3).Failure?.Kind);
    }

    [Fact]
    public void A_look_that_fails_is_repeated_and_confirms_later()
    {
        PaymentRun run = PaymentRun.ThreeOut().On(new PaymentCancelled()).Restart().On(Rows());
        run.On(Confirm, new LookFailed("no answer"));
        Assert.Equal([new ArmTimer(PaymentTimer.Look, TimeSpan.FromSeconds(2)), new ArmTimer(PaymentTimer.Confirm, TimeSpan.FromSeconds(10))], run.Actions);
    }

    /// <summary>A restart does nothing but look. If that look fails, only the next one goes on, also where every part has failed already.</summary>
    [Fact]
    public void Every_restored_payment_looks_again_after_a_look_that_failed() => Assert.All(States, static state =>
    {
        var run = new PaymentRun(state);
        if (!run.Restart().Actions.Contains(new LookAtRows())) return;
        Assert.Contains(new ArmTimer(PaymentTimer.Look, TimeSpan.FromSeconds(2)), run.On(new LookFailed("no answer")).Actions);
        Assert.Contains(new LookAtRows(), run.On(new PaymentTimerFired(PaymentTimer.Look)).Actions);
    });

    [Fact]
    public void A_refused_repetition_proves_nothing_about_the_first_call()
    {
        PaymentRun run = PaymentRun.ThreeOut().Restart().On(Rows(Row(1, RowStatus.Pending), Row(2, RowStatus.Pending)), new AttemptNotSent(Key(3), IsForeign: false, "no such channel"));
        Assert.Equal(AttemptStatus.Missing, run.Part(3).Status);
    }

    [Fact]
    public void A_part_that_the_node_knows_already_is_watched()
    {
        PaymentRun run = PaymentRun.ThreeOut().Restart().On(Rows(), new AttemptKnown(Key(1)));
        Assert.Equal(AttemptStatus.Watched, run.Part(1).Status);
        Assert.Equal([new LookAtRows()], run.Actions);
    }

    [Fact]
    public void A_lost_call_is_looked_up()
    {
        PaymentRun run = PaymentRun.ThreeOut().On(new AttemptLost(Key(1), "closed"));
        Assert.Equal((AttemptStatus.Adrift, AttemptStatus.Planned), (run.Part(1).Status, run.Part(2).Status));
        Assert.Equal([new LookAtRows()], run.Actions);
        Assert.Equal(Key(1), Assert.Single(run.On(Rows()).Sent).Key);
    }

    [Fact]
    public void A_look_says_nothing_about_parts_whose_calls_are_out()
    {
        PaymentRun run = PaymentRun.ThreeOut().On(new AttemptAccepted(Key(1)));
        Assert.Equal([AttemptStatus.Sent, AttemptStatus.Planned, AttemptStatus.Planned], run.On(Rows()).Statuses);
    }

    [Fact]
    public void A_ghost_has_failed()
    {
        PaymentRun run = PaymentRun.ThreeOut().Restart().On(Rows(Row(1, RowStatus.Pending, HtlcEvidence.NeverCommitted), Row(2, RowStatus.Pending), Row(3, RowStatus.Pending))).Is(PaymentPhase.Routing);
        Assert.Equal(PartFailureKind.Ghost, run.Part(1).Failure?.Kind);
    }

    [Fact]
    public void A_ghost_keeps_its_group_because_its_row_stays_pending()
    {
        NodeRow[] ghosts = [.. new ulong[] { 1, 2, 3 }.Select(static part => Row(part, RowStatus.Pending, HtlcEvidence.NeverCommitted))];
        PaymentRun run = PaymentRun.ThreeOut().Restart().On(Rows(ghosts), Found(90_000));
        Assert.Equal(Key(4), Assert.Single(run.Sent).Key);
    }

    [Fact]
    public void A_row_that_was_taken_away_leaves_the_part_unknown_until_it_has_expired()
    {
        PaymentRun run = PaymentRun.ThreeOut().On(new AttemptAccepted(Key(1)), new AttemptAccepted(Key(2)), new AttemptAccepted(Key(3))).Restart().On(Rows()).Is(PaymentPhase.AwaitingParts);
        Assert.Equal([AttemptStatus.Unknown, AttemptStatus.Unknown, AttemptStatus.Unknown], run.Statuses);
        run.On(new PaymentTimerFired(PaymentTimer.Deadline), Rows() with { Height = new BlockHeight(800_077) }).Is(PaymentPhase.GivingUp);
        run.On(Rows(Row(1, RowStatus.Gone)) with { Height = new BlockHeight(800_078) }).Is(PaymentPhase.GivingUp);
        Assert.Equal([AttemptStatus.Unknown, AttemptStatus.Failed, AttemptStatus.Failed], run.Statuses);
        run.On(Rows() with { Height = new BlockHeight(800_078) }).Is(PaymentPhase.Failed);
        Assert.Equal(GiveUpReason.PartLost, Assert.IsType<Failed>(run.State).Reason);
    }

    [Fact]
    public void A_lost_part_is_never_paid_again()
    {
        PaymentRun run = PaymentRun.ThreeOut().On(new AttemptAccepted(Key(1))).Restart().On(Rows(Row(2, RowStatus.Pending), Row(3, RowStatus.Pending)));
        run.On(Rows(Row(2, RowStatus.Pending), Row(3, RowStatus.Pending)) with { Height = new BlockHeight(800_078) }).Is(PaymentPhase.GivingUp);
        Assert.Empty(run.Sent);
    }

    [Fact]
    public void An_htlc_without_a_row_means_that_the_row_was_taken_away()
    {
        PaymentRun run = PaymentRun.ThreeOut().Restart().On(Rows(Row(1, RowStatus.Gone, HtlcEvidence.Resolved), Row(2, RowStatus.Pending), Row(3, RowStatus.Pending)));
        Assert.Equal(AttemptStatus.Unknown, run.Part(1).Status);
    }

    [Fact]
    public void An_htlc_on_chain_is_unknown_and_its_row_decides()
    {
        PaymentRun run = PaymentRun.ThreeOut().Restart().On(Rows(Row(1, RowStatus.Pending, HtlcEvidence.OnChain), Row(2, RowStatus.Pending), Row(3, RowStatus.Pending)));
        Assert.Equal(AttemptStatus.Unknown, run.Part(1).Status);
        RowsListed late = Rows(Row(1, RowStatus.Pending, HtlcEvidence.OnChain), Row(2, RowStatus.Pending), Row(3, RowStatus.Pending)) with { Height = new BlockHeight(900_000) };
        Assert.Equal(AttemptStatus.Unknown, run.On(late).Part(1).Status);
        run.On(Rows(Row(1, RowStatus.Complete))).Is(PaymentPhase.Settling);
    }

    [Fact]
    public void A_block_and_a_changed_row_look_at_parts_that_no_call_tells_about()
    {
        PaymentRun run = PaymentRun.ThreeOut();
        Assert.Empty(run.On(new HeightReached(Height)).Actions);
        run.Restart().On(Rows(Row(1, RowStatus.Pending), Row(2, RowStatus.Pending), Row(3, RowStatus.Pending)));
        Assert.Equal([new LookAtRows()], run.On(new HeightReached(Height)).Actions);
        Assert.Equal([new LookAtRows()], run.On(new RowsChanged()).Actions);
        run.On(Rows(Row(1, RowStatus.Complete), Row(2, RowStatus.Complete), Row(3, RowStatus.Complete))).Is(PaymentPhase.Succeeded);
    }

    [Fact]
    public void A_payment_that_was_given_up_stays_given_up()
    {
        PaymentRun run = PaymentRun.ThreeOut().On(new PaymentCancelled()).Restart().Is(PaymentPhase.GivingUp);
        Assert.Equal([new LookAtRows()], run.Actions);
        Assert.Empty(run.On(Rows()).Sent);
        run.On(Confirm, Rows() with { Confirms = [Key(1), Key(2), Key(3)] }).Is(PaymentPhase.Failed);
        Assert.Equal(GiveUpReason.Cancelled, Assert.IsType<Failed>(run.State).Reason);
    }

    [Fact]
    public void A_payment_that_succeeded_waits_for_the_rest_after_a_restart()
    {
        PaymentRun run = PaymentRun.ThreeOut().On(new AttemptSettled(Key(1), Proof)).Restart().Is(PaymentPhase.Settling);
        run.On(Rows(Row(1, RowStatus.Complete), Row(2, RowStatus.Complete), Row(3, RowStatus.Failed))).Is(PaymentPhase.Succeeded);
        Assert.Equal(new Msat(60_000), run.State.Attempts.Settled());
    }

    [Fact]
    public void Looks_follow_while_no_call_tells_about_a_part()
    {
        PaymentRun run = PaymentRun.ThreeOut().Restart();
        PaymentAction later = new ArmTimer(PaymentTimer.Look, TimeSpan.FromSeconds(60)), confirm = new ArmTimer(PaymentTimer.Confirm, TimeSpan.FromSeconds(10));

        // The looks failed for so long that the parts cannot be sent any more: one timer is enough for all of them.
        run.On(Rows(Row(3, RowStatus.Pending)) with { Height = Height + new BlockCount(3) });
        Assert.Equal([AttemptStatus.Missing, AttemptStatus.Missing, AttemptStatus.Watched], run.Statuses);
        Assert.Equal([confirm, later], run.Actions);
        run.On(Rows(Row(1, RowStatus.Pending), Row(2, RowStatus.Pending), Row(3, RowStatus.Pending)));
        Assert.Equal([AttemptStatus.Watched, AttemptStatus.Watched, AttemptStatus.Watched], run.Statuses);
        Assert.Equal([later], run.Actions);

        // The calls are out: they tell.
        Assert.Empty(PaymentRun.ThreeOut().On(Rows(Row(1, RowStatus.Pending), Row(2, RowStatus.Pending), Row(3, RowStatus.Pending))).Actions);
    }

    [Fact]
    public void A_look_that_fails_is_repeated_and_parts_that_may_never_have_been_sent_are_confirmed()
    {
        PaymentAction again = new ArmTimer(PaymentTimer.Look, TimeSpan.FromSeconds(2)), confirm = new ArmTimer(PaymentTimer.Confirm, TimeSpan.FromSeconds(10));
        Assert.Equal([again], PaymentRun.ThreeOut().Restart().On(new LookFailed("no answer")).Actions);
        PaymentRun missing = PaymentRun.ThreeOut().Restart().On(Rows() with { Height = Height + new BlockCount(3) });
        Assert.Equal([again, confirm], missing.On(new LookFailed("no answer")).Actions);
    }

    [Theory]
    [InlineData(AttemptStatus.Planned, false)]
    [InlineData(AttemptStatus.Resent, false)]
    [InlineData(AttemptStatus.Sent, false)]
    [InlineData(AttemptStatus.Adrift, true)]
    [InlineData(AttemptStatus.Missing, true)]
    [InlineData(AttemptStatus.Watched, true)]
    [InlineData(AttemptStatus.Unknown, true)]
    public void A_changed_row_is_looked_at_for_one_part_that_no_call_tells_about(AttemptStatus status, bool looks)
    {
        var run = new PaymentRun(new AwaitingParts(Attempts(status, AttemptStatus.Sent)));
        Assert.Equal(looks ? [new LookAtRows()] : [], run.On(new RowsChanged()).Actions);
    }

    [Fact]
    public void The_htlc_of_one_part_is_looked_for_when_it_is_out_for_two_blocks()
    {
        Attempt known = Attempt(1, AttemptStatus.Sent) with { HtlcId = 5 }, other = Attempt(2, AttemptStatus.Sent) with { PlannedAt = Height + new BlockCount(1) };
        PaymentRun Run(Attempt first) => new(new AwaitingParts([first, other]));
        Assert.Empty(Run(known with { HtlcId = null }).On(new HeightReached(Height + new BlockCount(1))).Actions);
        Assert.Equal([new LookAtRows()], Run(known with { HtlcId = null }).On(new HeightReached(Height + new BlockCount(2))).Actions);
        Assert.Empty(Run(known).On(new HeightReached(Height + new BlockCount(2))).Actions);
        Assert.Equal([new LookAtRows()], Run(known).On(new HeightReached(Height + new BlockCount(3))).Actions);
        Assert.Empty(Run(known with { HtlcId = null, Status = AttemptStatus.Failed }).On(new HeightReached(Height + new BlockCount(2))).Actions);
    }

    [Fact]
    public void A_failed_row_says_why_or_is_unreadable()
    {
        PaymentRun run = PaymentRun.ThreeOut().Restart().On(
            Rows(Row(1, RowStatus.Failed), Row(2, RowStatus.Failed) with { Failure = null }, Row(3, RowStatus.Pending)));
        Assert.Equal((Temporary, PartFailureKind.Unreadable), (run.Part(1).Failure, run.Part(2).Failure!.Kind));
    }

    /// <summary>The HTLC is there although the row is not: the part arrived, and may be settled.</summary>
    [Fact]
    public void A_part_whose_row_was_taken_away_is_not_confirmed_as_never_sent()
    {
        PaymentRun run = PaymentRun.ThreeOut().Restart().On(Rows() with { Height = Height + new BlockCount(3) });
        run.On(Rows(Row(1, RowStatus.Gone)) with { Height = Height + new BlockCount(3), Confirms = [Key(1), Key(2)] });
        Assert.Equal([AttemptStatus.Unknown, AttemptStatus.Failed, AttemptStatus.Missing], run.Statuses);
    }

    [Fact]
    public void What_is_on_record_says_how_far_a_payment_went()
    {
        Assert.Equal(PaymentStatus.Initiated, SavedPayment.Of(new Routing([])).Status);
        Assert.Equal(PaymentStatus.Initiated, SavedPayment.Of(new GivingUp([], GiveUpReason.Cancelled)).Status);
        Assert.Equal(PaymentStatus.InFlight, SavedPayment.Of(new Routing(Attempts(AttemptStatus.Failed))).Status);
        Assert.Equal(PaymentStatus.InFlight, SavedPayment.Of(new GivingUp(Attempts(AttemptStatus.Sent), GiveUpReason.Cancelled)).Status);
        Assert.IsType<Succeeded>(SavedPayment.Of(new Succeeded(Attempts(AttemptStatus.Settled, AttemptStatus.Failed), Proof)).Restore());
        Assert.True(SavedPayment.New.IsLive);
        Assert.True(SavedPayment.Of(new Routing(Attempts(AttemptStatus.Failed))).IsLive);
        Assert.True(SavedPayment.Of(new Settling(Attempts(AttemptStatus.Settled, AttemptStatus.Sent), Proof)).IsLive);
        Assert.False(SavedPayment.Of(new Succeeded(Attempts(AttemptStatus.Settled, AttemptStatus.Failed), Proof)).IsLive);
        Assert.False(SavedPayment.Of(new Failed(Attempts(AttemptStatus.Failed), GiveUpReason.NoRoute)).IsLive);
        Assert.IsType<Settling>(SavedPayment.Of(new Settling(Attempts(AttemptStatus.Settled, AttemptStatus.Sent), Proof)).Restore());
    }
}
