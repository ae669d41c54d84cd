using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Core.Tests.Sessions;

public class SettlementTests
{
    private static readonly AwaitingSettlement Waiting =
        new(Sample.Forwards(ForwardStatus.Offered, ForwardStatus.Offered), Sample.Fee, Sample.Plan);

    [Fact]
    [Covers("C02")]
    public void The_settled_part_that_brings_the_fee_obliges_to_broadcast()
    {
        Transition t = Apply(Waiting, new PartSettled(Sample.Part(0).Htlc, Sample.Preimage));
        Assert.Equal(Sample.Preimage, ((Broadcasting)t.Next).Preimage);
        Assert.Contains(new SignFunding(Sample.Plan), t.Actions);
    }

    /// <summary>Which parts a client settles is its choice: a channel is not to be had for the part that costs nothing.</summary>
    [Fact]
    [Covers("C02")]
    public void A_settled_part_that_brings_no_fee_does_not()
    {
        Transition first = Apply(Waiting, new PartSettled(Sample.Part(1).Htlc, Sample.Preimage));
        Assert.DoesNotContain(first.Actions, action => action is NodeAction);
        Assert.Equal(Sample.Preimage, ((AwaitingSettlement)first.Next).Preimage);
        Assert.Equal(first.Next, Apply(SavedState.Of(first.Next)!.Restore(), new ChannelReady(Sample.Facts)).Next is AwaitingSettlement restored ? restored with { Forwards = ((AwaitingSettlement)first.Next).Forwards } : null);
        Assert.Equal(Phase.Broadcasting, Apply(first.Next, new PartSettled(Sample.Part(0).Htlc, Sample.Preimage)).Next.Phase);
    }

    [Fact]
    public void The_funding_is_sent_once_its_signature_is_on_record()
    {
        SessionState claimed = Apply(Waiting, new PartSettled(Sample.Part(0).Htlc, Sample.Preimage)).Next;
        Transition t = Apply(claimed, new FundingSigned(Sample.Signed));
        Assert.Equal(Sample.Signed, SavedState.Of(t.Next)!.SignedPsbt);
        Assert.Equal(new BroadcastFunding(Sample.Plan, Sample.Signed), Assert.Single(t.Actions));
    }

    [Fact]
    [Covers("C03")]
    public void The_channel_is_released_when_every_part_failed_and_not_before()
    {
        Transition first = Apply(Waiting, new PartFailed(Sample.Part(0).Htlc));
        Assert.Empty(first.Actions);
        Transition second = Apply(first.Next, new PartFailed(Sample.Part(1).Htlc));
        Assert.Equal(new Release(Sample.Plan), Assert.Single(second.Actions));
        Assert.Equal(Outcome.Abandoned, ((Ended)Apply(second.Next, new Released()).Next).Outcome);
    }

    [Fact]
    [Covers("A28", "C04")]
    public void A_replacement_for_the_failed_part_that_bore_the_fee_bears_it()
    {
        SessionState one = Apply(Waiting, new PartFailed(Sample.Part(0).Htlc)).Next;
        Transition t = Apply(one, Sample.Arrives(5));
        Forward late = Assert.Single(Assert.Single(t.Actions.OfType<ForwardParts>()).Forwards);
        Assert.Equal((24_000_000UL, 1_000_000UL), (late.Amount.Value, late.OpeningFee.Value));
    }

    [Fact]
    [Covers("A12")]
    public void A_late_part_bears_no_fee_when_it_is_taken()
    {
        Forward late = Assert.Single(Assert.Single(Apply(Waiting, Sample.Arrives(5)).Actions.OfType<ForwardParts>()).Forwards);
        Assert.Equal((25_000_000UL, 0UL), (late.Amount.Value, late.OpeningFee.Value));
    }

    [Fact]
    [Covers("A07")]
    public void Another_payments_htlc_settles_nothing() =>
        Assert.Equal(Waiting, Apply(Waiting, new PartSettled(Sample.Part(99).Htlc, Sample.Preimage)).Next);

    [Fact]
    [Covers("C06")]
    public void A_restart_learns_from_the_list_of_forwards_that_a_part_settled()
    {
        SessionState restored = SavedState.Of(Waiting)!.Restore();
        Transition t = Apply(restored, new ForwardsSeen([new ForwardSeen(Sample.Part(0).Htlc, ForwardStatus.Settled)]));
        Assert.Equal(Phase.Broadcasting, t.Next.Phase);
        Assert.Contains(new SignFunding(Sample.Plan), t.Actions);
    }

    [Fact]
    [Covers("C09")]
    public void Replayed_parts_get_the_same_forwards_once_the_channel_is_back()
    {
        SessionState restored = SavedState.Of(Waiting)!.Restore();
        Transition held = Apply(restored, Sample.Arrives(0));
        Assert.Empty(held.Actions);
        Transition back = Apply(held.Next, new ChannelReady(Sample.Facts));
        Assert.Equal(new ForwardParts(Sample.Plan.Channel, [Waiting.Forwards[0] with { Status = ForwardStatus.Handed }]), Assert.Single(back.Actions.OfType<ForwardParts>()));
    }

    [Fact]
    [Covers("B19")]
    public void A_refused_broadcast_is_tried_again_for_ever_with_growing_pauses()
    {
        SessionState state = new Broadcasting(Waiting.Forwards, Sample.Fee, Sample.Plan, Sample.Preimage, Sample.Signed);
        var pauses = new List<double>();
        for (int i = 0; i < 12; i++)
        {
            Transition t = Apply(state, new BroadcastFailed("min relay fee not met"));
            pauses.Add(Assert.Single(t.Actions.OfType<StartTimer>()).Delay.TotalSeconds);
            state = t.Next;
            Assert.Contains(new BroadcastFunding(Sample.Plan, Sample.Signed), Apply(state, new TimerFired(SessionTimer.Retry)).Actions);
        }

        Assert.Equal([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600], pauses);
    }

    [Fact]
    [Covers("B20", "B21")]
    public void A_funding_is_sent_again_with_each_block_until_it_is_buried()
    {
        SessionState state = new Confirming(Sample.Forwards(ForwardStatus.Settled, ForwardStatus.Offered), Sample.Fee, Sample.Plan, Sample.Preimage, Sample.Signed, FeesRestored: true);
        Assert.Contains(new BroadcastFunding(Sample.Plan, Sample.Signed), Apply(state, new BlockAdded(Sample.Height)).Actions);
        Assert.Equal(state, Apply(state, new FundingConfirmed(new BlockCount(5))).Next); // a reorg may still take it out
        Assert.Equal(Outcome.Succeeded, ((Ended)Apply(state, new FundingConfirmed(new BlockCount(6))).Next).Outcome);
    }

    [Fact]
    [Covers("C17", "C18")]
    public void A_channel_that_closed_is_given_up_only_when_the_node_knows_of_no_settled_part()
    {
        Transition closed = Apply(Waiting with { Alias = Sample.Facts.Alias }, new ChannelClosed());
        Assert.Equal(Look(Sample.Facts.Alias), Assert.Single(closed.Actions));
        Assert.Equal(Phase.Unwinding, Apply(closed.Next, new ForwardsSeen([], ChannelExists: false)).Next.Phase);
        Assert.Equal(Phase.Broadcasting, Apply(closed.Next, new ForwardsSeen([new ForwardSeen(Sample.Part(0).Htlc, ForwardStatus.Settled)], ChannelExists: false)).Next.Phase);

        // What the client was paid so far is in a channel that is no more, by its own doing.
        var partly = new ForwardsSeen([new ForwardSeen(Sample.Part(1).Htlc, ForwardStatus.Settled)], ChannelExists: false);
        Assert.Equal(FailureReason.ChannelForfeited, Assert.IsType<Unwinding>(Apply(closed.Next, partly).Next).Reason);
    }

    [Fact]
    [Covers("S25")]
    public void What_the_client_owns_in_the_channel_proves_a_settlement_that_no_list_remembers() =>
        Assert.Equal(Phase.Broadcasting, Apply(Waiting, new ForwardsSeen([], ClientOwns: new Msat(49_000_000))).Next.Phase);

    [Fact]
    [Covers("S25")]
    public void Less_than_the_parts_are_worth_proves_nothing() =>
        Assert.Equal(Waiting, Apply(Waiting, new ForwardsSeen([], ClientOwns: new Msat(48_999_999))).Next);

    [Fact]
    [Covers("C06")]
    public void Each_block_brings_a_look_at_the_forwards_in_case_a_notification_was_lost() =>
        Assert.Equal(Look(null), Assert.Single(Apply(Waiting, new BlockAdded(Sample.Height)).Actions));

    [Fact]
    [Covers("S09")]
    public void After_a_restart_parts_that_the_node_neither_lists_nor_replays_are_lost()
    {
        SessionState restored = SavedState.Of(Waiting)!.Restore();
        SessionState one = Apply(restored, Sample.Arrives(0)).Next;
        Assert.Equal(Phase.Reconnecting, Apply(one, new ForwardsSeen([])).Next.Phase);
        var overdue = (Reconnecting)Apply(Apply(one, new TimerFired(SessionTimer.Listing)).Next, new ForwardsSeen([])).Next;
        Assert.Equal([ForwardStatus.Handed, ForwardStatus.Failed], overdue.Forwards.Select(f => f.Status));
        SessionState none = Apply(restored, new TimerFired(SessionTimer.Listing)).Next;
        Assert.Equal(Phase.Unwinding, Apply(none, new ForwardsSeen([])).Next.Phase);
    }

    /// <summary>Seed 70175: a lost part's share of the fee was taken for paid, and a whole payment went through without any.</summary>
    [Fact]
    [Covers("C09", "A28")]
    public void After_a_restart_no_new_part_goes_out_before_it_is_known_which_of_the_old_ones_live()
    {
        SessionState usable = Apply(SavedState.Of(Waiting)!.Restore(), new ChannelReady(Sample.Facts)).Next;
        Assert.Equal(FailureReason.ChannelNotReady, Assert.Single(Apply(usable, Sample.Arrives(7)).Actions.OfType<FailParts>()).Reason);

        var one = (AwaitingSettlement)Apply(usable, new ForwardsSeen([new ForwardSeen(Sample.Part(0).Htlc, ForwardStatus.Failed)])).Next;
        Assert.Equal(ForwardStatus.Handed, one.Forwards[1].Status); // nothing is known of it yet
        Assert.Empty(Apply(one, Sample.Arrives(7)).Actions.OfType<ForwardParts>());

        SessionState both = Apply(one, new ForwardsSeen([new ForwardSeen(Sample.Part(1).Htlc, ForwardStatus.Offered)])).Next;
        Forward late = Assert.Single(Assert.Single(Apply(both, Sample.Arrives(7)).Actions.OfType<ForwardParts>()).Forwards);
        Assert.Equal(Sample.Fee, late.OpeningFee);
    }

    [Fact]
    public void What_is_accounted_for_once_stays_so_although_a_late_parts_row_is_not_written_yet()
    {
        Transition late = Apply(Waiting, Sample.Arrives(7));
        var looked = (AwaitingSettlement)Apply(late.Next, new ForwardsSeen([new ForwardSeen(Sample.Part(0).Htlc, ForwardStatus.Offered)])).Next;
        Assert.Equal([ForwardStatus.Offered, ForwardStatus.Offered, ForwardStatus.Handed], looked.Forwards.Select(forward => forward.Status));
    }

    /// <summary>A node fails what it was handed without a word where the first commitment does not come about: the look that follows tells.</summary>
    [Fact]
    [Covers("C02", "A28")]
    public void A_part_that_the_node_dropped_without_a_word_is_found_missing()
    {
        var decided = new AwaitingChannelReady([Sample.Part(0, 60_000_000), Sample.Part(1, 40_000_000)], Sample.Fee, Sample.Plan);
        Transition sent = Apply(decided, new ChannelReady(Sample.Facts));
        Assert.Equal(SessionTimer.Listing, Assert.Single(sent.Actions.OfType<StartTimer>()).Timer);
        SessionState one = Apply(sent.Next, new PartOffered(Sample.Part(1).Htlc)).Next;

        // The one that bears the fee was dropped: a further part cannot tell yet what it owes, and is not let through for less.
        Transition crumb = Apply(one, Sample.Arrives(7, 1000));
        Assert.Empty(crumb.Actions.OfType<ForwardParts>());
        Assert.Contains(Look(Sample.Facts.Alias), crumb.Actions);

        Transition due = Apply(one, new TimerFired(SessionTimer.Listing));
        Assert.Equal(Look(Sample.Facts.Alias), Assert.Single(due.Actions));
        ForwardSeen other = new(Sample.Part(1).Htlc, ForwardStatus.Offered);
        var waits = (AwaitingSettlement)Apply(due.Next, new ForwardsSeen([other]) { Waiting = [Sample.Part(0).Htlc] }).Next;
        Assert.Equal(ForwardStatus.Handed, waits.Forwards[0].Status); // another plugin has it
        foreach ((SessionState before, ForwardsSeen list) in new[] { (one, new ForwardsSeen([other]) { Gone = [Sample.Part(0).Htlc] }), (due.Next, new ForwardsSeen([other])) })
        {
            SessionState lost = Apply(before, list).Next;
            Assert.Equal([ForwardStatus.Failed, ForwardStatus.Offered], ((AwaitingSettlement)lost).Forwards.Select(f => f.Status));
            Assert.Equal(FailureReason.FeeOutstanding, Assert.Single(Apply(lost, Sample.Arrives(7, 1_000_000)).Actions.OfType<FailParts>()).Reason);
            Assert.Equal(Sample.Fee, Assert.Single(Assert.Single(Apply(lost, Sample.Arrives(7, 60_000_000)).Actions.OfType<ForwardParts>()).Forwards).OpeningFee);
        }

        Assert.Equal(Phase.Unwinding, Apply(Apply(sent.Next, new TimerFired(SessionTimer.Listing)).Next, new ForwardsSeen([])).Next.Phase);
    }

    [Fact]
    public void A_node_that_lists_every_part_is_not_asked_again() =>
        Assert.Empty(Apply(Waiting, new TimerFired(SessionTimer.Listing)).Actions);

    [Fact]
    public void A_part_replayed_after_the_preimage_goes_out_with_the_fee_that_was_decided_for_it()
    {
        foreach (SessionState state in new SessionState[]
        {
            new Broadcasting(Waiting.Forwards, Sample.Fee, Sample.Plan, Sample.Preimage),
            new Confirming(Waiting.Forwards, Sample.Fee, Sample.Plan, Sample.Preimage, Sample.Signed),
        })
        {
            Assert.Equal(Waiting.Forwards[0], Assert.Single(Assert.Single(Apply(state, Sample.Arrives(0)).Actions.OfType<ForwardParts>()).Forwards));
            Assert.Equal(Msat.Zero, Assert.Single(Assert.Single(Apply(state, Sample.Arrives(8)).Actions.OfType<ForwardParts>()).Forwards).OpeningFee);
        }
    }

    [Fact]
    [Covers("C05")]
    public void A_release_that_finds_the_client_paid_turns_into_a_broadcast()
    {
        SessionState releasing = new Unwinding(FailureReason.PaymentRejected, new Releasing(Sample.Plan), Sample.Fee, Held: [Sample.Part(7)], Waiting.Forwards, ChannelExisted: true);
        Transition t = Apply(releasing, new ForwardsSeen([new ForwardSeen(Sample.Part(0).Htlc, ForwardStatus.Settled)]));
        Assert.Equal(Phase.Broadcasting, t.Next.Phase);
        Assert.Equal(Msat.Zero, Assert.Single(Assert.Single(t.Actions.OfType<ForwardParts>()).Forwards).OpeningFee);
    }

    /// <summary>Somebody put a sat into the channel, past the parts, and the client failed these.</summary>
    [Fact]
    [Covers("C05")]
    public void A_channel_that_the_client_owns_something_of_is_neither_destroyed_nor_given_away()
    {
        SessionState releasing = new Unwinding(FailureReason.PaymentRejected, new Releasing(Sample.Plan), Sample.Fee, Held: [Sample.Part(7)], Sample.Forwards(ForwardStatus.Failed, ForwardStatus.Failed), ChannelExisted: true);
        Transition t = Apply(releasing, new ForwardsSeen([], ClientOwns: new Msat(1000)));
        Assert.Equal(Phase.Underpaid, t.Next.Phase);
        Assert.Equal(FailureReason.FeeOutstanding, Assert.Single(t.Actions.OfType<FailParts>()).Reason);
        Assert.DoesNotContain(t.Actions, action => action is SignFunding or Release);
    }

    [Fact]
    [Covers("C05")]
    public void A_preimage_that_comes_while_the_channel_is_released_still_obliges()
    {
        SessionState releasing = Apply(Apply(Waiting, new ChannelClosed()).Next, new ForwardsSeen([], ChannelExists: false)).Next;
        Assert.Equal(Phase.Unwinding, releasing.Phase);
        Assert.Equal(Phase.Broadcasting, Apply(releasing, new PartSettled(Sample.Part(0).Htlc, Sample.Preimage)).Next.Phase);
    }

    /// <summary>A reorganization took the scid from the channel under which its parts are listed; the failures were lost too.</summary>
    [Fact]
    [Covers("C05")]
    public void What_is_not_listed_of_a_dead_channel_without_htlcs_is_lost()
    {
        Assert.Equal(Waiting, Apply(Waiting, new ForwardsSeen([])).Next);
        Assert.Equal(FailureReason.ChannelClosed, Assert.IsType<Unwinding>(Apply(Waiting, new ForwardsSeen([], Dead: true)).Next).Reason);
        Assert.Equal(Phase.Broadcasting, Apply(Waiting, new ForwardsSeen([new ForwardSeen(Sample.Part(0).Htlc, ForwardStatus.Settled)], Dead: true)).Next.Phase);
    }

    /// <summary>The fee lies on the parts that came first; a client that takes another and fails those has its channel for less.</summary>
    [Fact]
    [Covers("C02")]
    public void A_part_that_bore_the_fee_and_is_failed_after_another_was_taken_is_kept_in_mind_and_told()
    {
        foreach (SessionState state in new SessionState[]
        {
            new Broadcasting(Waiting.Forwards, Sample.Fee, Sample.Plan, Sample.Preimage),
            new Confirming(Waiting.Forwards, Sample.Fee, Sample.Plan, Sample.Preimage, Sample.Signed),
        })
        {
            Assert.Equal(state, Apply(state, new PartFailed(Sample.Part(1).Htlc)).Next); // it bore nothing
            Transition t = Apply(state, new PartFailed(Sample.Part(0).Htlc));
            Assert.Equal(state.Phase, t.Next.Phase);
            Assert.Empty(t.Actions);
            Assert.Equal(new FeeKept(Sample.Plan.Channel, new Msat(24_000_000), Sample.Fee), Assert.Single(t.Events));
            SavedState saved = SavedState.Of(t.Next)!;
            Assert.Equal(Sample.Fee, FeeAllocation.Missing(saved.Forwards, saved.Fee));
            Assert.Equal(t.Next, Apply(t.Next, new PartFailed(Sample.Part(0).Htlc)).Next);
        }
    }

    /// <summary>On trust the channel may be buried before the client decides the part that bears the fee.</summary>
    [Fact]
    [Covers("C02", "X31")]
    public void A_session_does_not_end_before_it_is_known_whether_its_fee_was_paid()
    {
        var open = new Confirming(Sample.Forwards(ForwardStatus.Offered, ForwardStatus.Settled), Sample.Fee, Sample.Plan, Sample.Preimage, Sample.Signed, FeesRestored: true);
        SessionState buried = Apply(open, new FundingConfirmed(new BlockCount(6))).Next;
        Assert.Equal(Phase.Confirming, buried.Phase);
        Assert.Contains(Apply(buried, new BlockAdded(Sample.Height)).Actions, action => action is CheckForwards);
        Assert.Contains(RestartActions.By(Sample.Fixed, buried), action => action is CheckForwards);
        foreach (SessionInput failed in new SessionInput[] { new PartFailed(Sample.Part(0).Htlc), new ForwardsSeen([new ForwardSeen(Sample.Part(0).Htlc, ForwardStatus.Failed)]), new ForwardsSeen([], ChannelExists: false) })
        {
            var ended = Assert.IsType<Ended>(Apply(buried, failed).Next);
            Assert.Equal(Sample.Fee, FeeAllocation.Missing(ended.Forwards, ended.Fee));
        }

        foreach (SessionInput settled in new SessionInput[] { new PartSettled(Sample.Part(0).Htlc, Sample.Preimage), new ForwardsSeen([]) { Gone = [Sample.Part(0).Htlc] } })
        {
            var ended = Assert.IsType<Ended>(Apply(buried, settled).Next);
            Assert.Equal(Msat.Zero, FeeAllocation.Missing(ended.Forwards, ended.Fee));
        }
    }

    [Fact]
    [Covers("X31")]
    public void What_was_funded_and_paid_without_its_fee_costs_what_is_left_uncovered()
    {
        var paid = new Confirming(Sample.Forwards(ForwardStatus.Failed, ForwardStatus.Settled), Sample.Fee, Sample.Plan with { Cost = new Sat(1500) }, null, Sample.Signed);
        SavedState saved = SavedState.Of(paid)!;
        Assert.Equal(new Sat(1500), ChannelLoss.Of(saved));
        Assert.Equal(default, ChannelLoss.Of(saved with { Phase = Phase.AwaitingSettlement }));
        Assert.Equal(default, ChannelLoss.Of(saved with { Forwards = Sample.Forwards(ForwardStatus.Settled, ForwardStatus.Failed) }));

        // Half of the fee came in.
        ValueList<Forward> half = [new(Sample.Part(0).Htlc, Sample.Size, new Msat(500_000), ForwardStatus.Failed), new(Sample.Part(1).Htlc, Sample.Size, new Msat(500_000), ForwardStatus.Settled)];
        Assert.Equal(new Sat(1000), ChannelLoss.Of(saved with { Forwards = half }));
    }

    [Theory]
    [InlineData(ForwardStatus.Handed, false, true)]
    [InlineData(ForwardStatus.Offered, true, true)]
    [InlineData(ForwardStatus.Offered, false, false)]
    public void What_is_unknown_after_a_restart_is_looked_at_and_a_channel_that_is_away_prepared(ForwardStatus status, bool overdue, bool looks)
    {
        AwaitingSettlement there = Waiting with { Forwards = Sample.Forwards(status, ForwardStatus.Offered), Overdue = overdue };
        SessionAction[] look = looks ? [Look(null)] : [];
        Transition t = Apply(there, new TimerFired(SessionTimer.Retry));
        Assert.Equal(there, t.Next);
        Assert.Equal(look, t.Actions.AsEnumerable());
        var away = new Reconnecting(there.Forwards, Sample.Fee, Sample.Plan, Replayed: [], Overdue: overdue);
        Assert.Equal([.. look, new PrepareChannel(Sample.Plan.Channel)], Apply(away, new TimerFired(SessionTimer.Retry)).Actions.AsEnumerable());

        // What waits here is not lost.
        Assert.Equal(overdue, Apply(away with { Replayed = [Sample.Part(0)] }, new ClientConnected()).Actions.Contains(Look(null)));
    }

    private static Transition Apply(SessionState state, SessionInput input) => SessionMachine.Apply(Sample.Fixed, state, input);

    /// <summary>The node lists foreign HTLCs to the same JIT scid as well, and ids repeat between channels.</summary>
    [Fact]
    [Covers("A03", "C06")]
    public void A_foreign_row_with_the_id_of_a_part_says_nothing_of_the_part()
    {
        SessionState forwarded = Waiting;
        var foreign = new HtlcKey(Scid.Of(777, 7, 7), Sample.Part(0).Htlc.Id);
        Transition t = Apply(forwarded, new ForwardsSeen([new ForwardSeen(foreign, ForwardStatus.Failed, MayBeForeign: true), new ForwardSeen(foreign, ForwardStatus.Settled, MayBeForeign: true)]));
        var next = Assert.IsType<AwaitingSettlement>(t.Next);
        Assert.All(next.Forwards, forward => Assert.Equal(ForwardStatus.Offered, forward.Status));
    }

    /// <summary>An earlier payment over the same channel left its row, with the id of a part that came in over another channel.</summary>
    [Fact]
    [Covers("A03", "C06")]
    public void A_row_that_has_only_its_id_in_common_with_a_part_is_not_the_parts_where_the_list_has_that_too()
    {
        var stranger = new HtlcKey(Scid.Of(777, 7, 7), Sample.Part(0).Htlc.Id);
        ForwardSeen own = new(Sample.Part(0).Htlc, ForwardStatus.Offered), its = new(stranger, ForwardStatus.Failed);
        foreach (ForwardStatus status in new[] { ForwardStatus.Failed, ForwardStatus.Settled })
        {
            Transition t = Apply(Waiting, new ForwardsSeen([its with { Status = status }, own]));
            Assert.All(Assert.IsType<AwaitingSettlement>(t.Next).Forwards, forward => Assert.Equal(ForwardStatus.Offered, forward.Status));
        }

        // Alone it is the part: its channel was confirmed and got another name since. So it is when it came after the part's own row and
        // that is not decided: the node leaves it so, and begins another.
        foreach (ForwardsSeen list in new ForwardsSeen[] { new([its]), new([own, its]) })
        {
            Transition renamed = Apply(Waiting, list);
            Assert.Equal(ForwardStatus.Failed, ((AwaitingSettlement)renamed.Next).Forwards[0].Status);
        }

        Transition decided = Apply(Waiting, new ForwardsSeen([own with { Status = ForwardStatus.Failed }, its with { Status = ForwardStatus.Settled }]));
        Assert.DoesNotContain(((AwaitingSettlement)decided.Next).Forwards, forward => forward.Status == ForwardStatus.Settled);
    }

    /// <summary>Whoever knows the hash can send an HTLC of his own with it, over a channel where it gets the id of a part.</summary>
    [Theory]
    [InlineData(ForwardStatus.Failed)]
    [InlineData(ForwardStatus.Settled)]
    [Covers("A03", "X22")]
    public void News_of_an_htlc_that_has_only_its_id_in_common_with_a_part_are_looked_up_first(ForwardStatus told)
    {
        var stranger = new HtlcKey(Scid.Of(777, 7, 7), Sample.Part(0).Htlc.Id);
        Transition t = Apply(Waiting, told == ForwardStatus.Failed ? new PartFailed(stranger) : new PartSettled(stranger, Sample.Preimage));
        Assert.Equal(Waiting, t.Next);
        Assert.Equal(Look(null), Assert.Single(t.Actions));
    }

    private static CheckForwards Look(Scid? alias) => new(Sample.Plan.Channel, alias, Sample.Plan, Waiting.Forwards.Keys());
}
