using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using Xunit;

namespace LspsPlugin.Core.Tests.Sessions;

/// <summary>A funding that was sent, of a channel that is paid for, that nobody paid for, or that is gone.</summary>
public class ConfirmingTests
{
    private static readonly Confirming Unpaid = new(
        Sample.Forwards(ForwardStatus.Offered, ForwardStatus.Failed), Sample.Fee, Sample.Plan, Preimage: null, Sample.Signed, Unpaid: true);

    /// <summary>One part was settled, and the one that bears the fee is not decided.</summary>
    private static readonly Confirming Open = new(Sample.Forwards(ForwardStatus.Offered, ForwardStatus.Settled), Sample.Fee, Sample.Plan, Sample.Preimage, Sample.Signed);

    private static readonly Confirming Paid = Open with { Forwards = Sample.Forwards(ForwardStatus.Settled, ForwardStatus.Settled) };

    private static readonly BroadcastFunding Broadcast = new(Sample.Plan, Sample.Signed);
    private static readonly RestoreFees Restore = new(Sample.Plan.Channel, Again: true);

    private static CheckForwards Look => new(Sample.Plan.Channel, Alias: null, Sample.Plan, Open.Forwards.Keys());

    [Fact]
    public void A_part_for_an_unpaid_channel_is_given_back_and_one_for_a_paid_channel_forwarded()
    {
        Transition refused = Apply(Unpaid, Sample.Arrives(7));
        Assert.Equal(Unpaid, refused.Next);
        Assert.Equal([new FailParts([Sample.Part(7)], FailureReason.NeverPaid)], refused.Actions.AsEnumerable());
        Transition late = Apply(Paid, Sample.Arrives(7));
        Assert.Equal([new ForwardParts(Sample.Plan.Channel, [new Forward(Sample.Part(7).Htlc, Sample.Part(7).Amount, Msat.Zero)])], late.Actions.AsEnumerable());
    }

    [Fact]
    public void An_unpaid_channel_ends_when_it_is_buried_and_its_fees_are_restored_and_not_before()
    {
        SessionState buried = Apply(Unpaid, new FundingConfirmed(new BlockCount(6))).Next;
        Assert.Equal(Unpaid with { Buried = true }, buried);
        Assert.Equal(Unpaid with { FeesRestored = true }, Apply(Unpaid, new FeesRestored()).Next);

        // Its parts are not waited for: they were given back.
        Transition over = Apply(buried, new FeesRestored());
        Assert.Equal(new Ended(Outcome.Abandoned, FailureReason.NeverPaid, Sample.Plan, Unpaid.Forwards, Sample.Fee, Preimage: null), over.Next);
        Assert.Contains(new SessionEnded(Outcome.Abandoned, FailureReason.NeverPaid), over.Events);
    }

    [Fact]
    public void A_paid_channel_ends_when_the_parts_that_bear_its_fee_are_decided_too()
    {
        Assert.Equal(Open with { Buried = true, FeesRestored = true }, Apply(Open with { Buried = true }, new FeesRestored()).Next);
        Transition over = Apply(Paid with { Buried = true }, new FeesRestored());
        Assert.Equal(new Ended(Outcome.Succeeded, null, Sample.Plan, Paid.Forwards, Sample.Fee, Sample.Preimage), over.Next);
        Assert.Contains(new SessionEnded(Outcome.Succeeded, null), over.Events);
    }

    [Fact]
    public void What_is_buried_stays_buried_and_what_is_not_deep_enough_is_not() =>
        Assert.Equal(
            (Paid with { Buried = true }, Paid),
            (Apply(Paid with { Buried = true }, new FundingConfirmed(new BlockCount(1))).Next, Apply(Paid, new FundingConfirmed(new BlockCount(5))).Next));

    [Fact]
    public void Each_block_repeats_what_is_not_done_yet()
    {
        var block = new BlockAdded(Sample.Height);
        Assert.Equal([Broadcast, Look, Restore], Apply(Open, block).Actions.AsEnumerable());
        Assert.Equal([Look, Restore], Apply(Open with { Buried = true }, block).Actions.AsEnumerable());
        Assert.Equal([Broadcast, Look], Apply(Open with { FeesRestored = true }, block).Actions.AsEnumerable());
        Assert.Equal([Broadcast, Restore], Apply(Paid, block).Actions.AsEnumerable());
        Assert.Equal([Broadcast, Restore], Apply(Unpaid, block).Actions.AsEnumerable());
    }

    [Fact]
    public void A_closed_channel_has_no_fees_to_restore_and_its_funding_is_still_buried()
    {
        Transition closed = Apply(Paid, new ChannelClosed());
        Assert.Equal(Paid with { FeesRestored = true }, closed.Next);
        Assert.Empty(closed.Actions);
        Assert.IsType<Ended>(Apply(Paid with { Buried = true }, new ChannelClosed()).Next);
    }

    [Fact]
    public void A_paid_channel_that_is_gone_ends_as_soon_as_its_parts_are_decided()
    {
        Assert.Equal(Outcome.Succeeded, Assert.IsType<Ended>(Apply(Paid, new FundingAbsent()).Next).Outcome);
        Transition open = Apply(Open, new FundingAbsent());
        Assert.Equal(Open with { Buried = true, FeesRestored = true }, open.Next);
        Assert.Equal([Look], open.Actions.AsEnumerable());
    }

    [Fact]
    public void Whether_the_funding_of_an_unpaid_channel_that_is_gone_was_sent_is_looked_up()
    {
        Transition t = Apply(Unpaid, new FundingAbsent());
        Assert.Equal(Unpaid, t.Next);
        Assert.Equal([Broadcast], t.Actions.AsEnumerable());
    }

    [Theory]
    [InlineData(false, FailureReason.NeverPaid)]
    [InlineData(true, FailureReason.ClientRejected)]
    public void An_unpaid_channel_that_is_gone_is_released_and_a_loss_if_its_funding_may_have_been_sent(bool neverSent, FailureReason reason)
    {
        FundingPlan plan = Sample.Plan with { Cost = new Sat(3665) };
        Transition t = Apply(Unpaid with { Plan = plan }, new FundingAbsent(neverSent));
        Assert.Equal((reason, true), t.Next is Unwinding left ? (left.Reason, left.ChannelExisted) : default);
        Assert.Equal([new Release(plan)], t.Actions.AsEnumerable());
        Assert.Equal(neverSent ? default : plan.Cost, ChannelLoss.Of(SavedState.Of(Apply(t.Next, new Released()).Next)!));
    }

    [Fact]
    public void What_becomes_of_the_parts_of_an_unpaid_channel_changes_nothing()
    {
        foreach (SessionInput news in (SessionInput[])[new PartSettled(Sample.Part(0).Htlc, Sample.Preimage), new PartFailed(Sample.Part(0).Htlc), new ForwardsSeen([], ChannelExists: false)])
        {
            Transition t = Apply(Unpaid, news);
            Assert.Equal(Unpaid, t.Next);
            Assert.Empty(t.Actions);
            Assert.Single(t.Events.OfType<InputIgnored>());
        }
    }

    [Fact]
    public void A_part_that_bore_the_fee_and_fails_is_reported_once_and_no_longer_waited_for()
    {
        Transition t = Apply(Open with { Buried = true, FeesRestored = true }, new PartFailed(Sample.Part(0).Htlc));
        Assert.Equal(Outcome.Succeeded, Assert.IsType<Ended>(t.Next).Outcome);
        Assert.Equal(new FeeKept(Sample.Plan.Channel, new Msat(24_000_000), new Msat(1_000_000)), Assert.Single(t.Events.OfType<FeeKept>()));
        Assert.Single(t.Events.OfType<SessionEnded>());
        Transition again = Apply(t.Next, new PartFailed(Sample.Part(0).Htlc));
        Assert.Empty(again.Events.OfType<FeeKept>());
    }

    [Fact]
    public void A_part_whose_row_is_missing_counts_as_paid_where_its_HTLC_is_gone_and_as_failed_where_its_channel_is()
    {
        ValueList<HtlcKey> first = [Sample.Part(0).Htlc];
        Assert.Equal(Sample.Forwards(ForwardStatus.Settled, ForwardStatus.Settled), Seen(Open, new ForwardsSeen([]) { Gone = first }));
        Assert.Equal(Sample.Forwards(ForwardStatus.Settled, ForwardStatus.Settled), Seen(Open, new ForwardsSeen([], ChannelExists: false) { Gone = first }));
        Assert.Equal(Sample.Forwards(ForwardStatus.Failed, ForwardStatus.Settled), Seen(Open, new ForwardsSeen([], ChannelExists: false)));
        Assert.Equal(Open.Forwards, Seen(Open, new ForwardsSeen([])));

        // Six blocks are time enough; but not where the HTLC is still there, or is listed.
        Confirming buried = Open with { Buried = true };
        Assert.Equal(Sample.Forwards(ForwardStatus.Settled, ForwardStatus.Settled), Seen(buried, new ForwardsSeen([])));
        Assert.Equal(Open.Forwards, Seen(buried, new ForwardsSeen([]) { Waiting = first }));
        Assert.Equal(Open.Forwards, Seen(buried, new ForwardsSeen([new ForwardSeen(first[0], ForwardStatus.Offered)])));
    }

    [Fact]
    public void A_part_that_is_decided_keeps_what_it_is_whatever_the_list_lacks()
    {
        Confirming kept = Open with { Forwards = Sample.Forwards(ForwardStatus.Offered, ForwardStatus.Failed, ForwardStatus.Settled) };
        Assert.Equal(
            Sample.Forwards(ForwardStatus.Failed, ForwardStatus.Failed, ForwardStatus.Settled),
            Seen(kept, new ForwardsSeen([], ChannelExists: false)));
        Assert.Equal(
            Sample.Forwards(ForwardStatus.Settled, ForwardStatus.Failed, ForwardStatus.Settled),
            Seen(kept, new ForwardsSeen([]) { Gone = [Sample.Part(0).Htlc, Sample.Part(1).Htlc] }));
    }

    [Fact]
    public void What_the_node_could_not_do_is_reported()
    {
        Transition broadcast = Apply(Paid, new BroadcastFailed("a full mempool"));
        Assert.Equal(Paid, broadcast.Next);
        Assert.Equal([new BroadcastOverdue(Sample.Plan.Channel, 1, "a full mempool")], broadcast.Events.AsEnumerable());
        Transition restore = Apply(Paid, new RestoreFailed("no such channel"));
        Assert.Equal(Paid, restore.Next);
        Assert.Equal([new StepFailed(Phase.Confirming, null, "no such channel")], restore.Events.AsEnumerable());
    }

    private static ValueList<Forward> Seen(Confirming state, ForwardsSeen seen) => Assert.IsType<Confirming>(Apply(state, seen).Next).Forwards;

    private static Transition Apply(SessionState state, SessionInput input) =>
        SessionMachine.Apply(state is Confirming { Unpaid: true } ? Sample.Trusted : Sample.Fixed, state, input);
}
