using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using Xunit;

namespace LspsPlugin.Core.Tests.Sessions;

/// <summary>Parts that come, or come again, when the forwards are decided.</summary>
public class LatePartTests
{
    private static readonly AwaitingSettlement Waiting = new(Sample.Forwards(ForwardStatus.Offered, ForwardStatus.Failed), Sample.Fee, Sample.Plan);
    private static readonly Reconnecting Away = new(Waiting.Forwards, Sample.Fee, Sample.Plan, Replayed: []);

    [Fact]
    public void A_part_that_the_node_sends_again_is_answered_as_before()
    {
        Transition t = Apply(Waiting, Sample.Arrives(0));
        Assert.Equal(Waiting, t.Next);
        Assert.Equal([new ForwardParts(Sample.Plan.Channel, [Waiting.Forwards[0]])], t.Actions.OfType<ForwardParts>());
        Assert.Equal(SessionTimer.Listing, Assert.Single(t.Actions.OfType<StartTimer>()).Timer);
        Assert.Equal(Away with { Replayed = [Sample.Part(0)] }, Apply(Away, Sample.Arrives(0)).Next);
    }

    [Fact]
    public void A_part_that_was_failed_is_not_sent_on_when_it_comes_again()
    {
        foreach (SessionState state in new SessionState[] { Waiting, Away })
        {
            Transition t = Apply(state, Sample.Arrives(1));
            Assert.Equal(state, t.Next);
            Assert.Equal([new FailParts([Sample.Part(1)], FailureReason.PaymentRejected)], t.Actions.AsEnumerable());
        }
    }

    [Theory]
    [InlineData(2, 300, FailureReason.ChannelNotReady)]
    [InlineData(3, 300, FailureReason.ChannelNotReady)]
    [InlineData(4, 300, FailureReason.TooManyParts)]
    [InlineData(2, 8, FailureReason.CltvTooClose)]
    public void While_the_channel_is_away_a_further_part_goes_back_with_the_reason(int parts, uint expiresIn, FailureReason reason)
    {
        Reconnecting away = Away with { Forwards = Sample.Forwards([.. Enumerable.Repeat(ForwardStatus.Offered, parts)]) };
        Part late = Sample.Part(9, expiresIn: expiresIn);
        Transition t = Apply(away, new PartArrived(late, Sample.Height));
        Assert.Equal(away, t.Next);
        Assert.Equal([new FailParts([late], reason)], t.Actions.AsEnumerable());
    }

    [Theory]
    [InlineData(3, true)]
    [InlineData(4, false)]
    public void A_payment_has_so_many_parts_and_no_more(int parts, bool joins)
    {
        var full = new AwaitingSettlement(Sample.Forwards([.. Enumerable.Repeat(ForwardStatus.Offered, parts)]), Sample.Fee, Sample.Plan);
        Assert.Equal(joins, Apply(full, Sample.Arrives(9)).Actions.Any(action => action is ForwardParts));
        var owed = new Underpaid([.. Sample.Forwards([ForwardStatus.Failed, .. Enumerable.Repeat(ForwardStatus.Settled, parts - 1)])], Sample.Fee, Sample.Plan, Sample.Preimage);
        Transition t = Apply(owed, Sample.Arrives(9));
        Assert.Equal(joins, t.Next is Reconnecting);
        if (!joins) Assert.Equal([new FailParts([Sample.Part(9)], FailureReason.TooManyParts)], t.Actions.AsEnumerable());
    }

    [Fact]
    public void A_payment_of_any_amount_is_one_part()
    {
        foreach (SessionState state in new SessionState[] { Waiting, Away, new Underpaid(Waiting.Forwards, Sample.Fee, Sample.Plan, Sample.Preimage) })
        {
            Assert.Equal([new FailParts([Sample.Part(9)], FailureReason.OneHtlcOnly)], SessionMachine.Apply(Sample.Variable, state, Sample.Arrives(9)).Actions.AsEnumerable());
        }
    }

    [Fact]
    public void Parts_that_wait_for_the_channel_go_back_before_they_expire()
    {
        Reconnecting away = Away with { Replayed = [Sample.Part(0)] };
        Assert.DoesNotContain(Apply(away, new BlockAdded(Sample.Height)).Actions, action => action is FailParts);
        Assert.Contains(Apply(away, new BlockAdded(Sample.Height)).Actions, action => action is CheckForwards);
        Transition late = Apply(away, new BlockAdded(new BlockHeight(Sample.Height.Value + 100)));
        Assert.Contains(new FailParts([Sample.Part(0)], FailureReason.CltvTooClose), late.Actions);
        Assert.Equal(Phase.Unwinding, late.Next.Phase);
        Assert.DoesNotContain(Apply(away, new BlockAdded(new BlockHeight(Sample.Height.Value + 99))).Actions, action => action is FailParts);

        // What was forwarded is the node's to watch.
        Transition nothing = Apply(Away, new BlockAdded(new BlockHeight(Sample.Height.Value + 100)));
        Assert.Equal(Away, nothing.Next);
        Assert.DoesNotContain(nothing.Actions, action => action is FailParts);
    }

    [Fact]
    public void A_usable_channel_is_handed_nothing_where_nothing_waits()
    {
        Transition t = Apply(Away, new ChannelReady(Sample.Facts));
        Assert.Equal((Waiting, 0), (t.Next, t.Actions.Length));
        Assert.Equal([Waiting.Forwards[0]], Assert.Single(Apply(Away with { Replayed = [Sample.Part(0)] }, new ChannelReady(Sample.Facts)).Actions.OfType<ForwardParts>()).Forwards);
    }

    /// <summary>Others than the payer can send parts with its hash.</summary>
    [Fact]
    public void A_part_that_expires_costs_no_payment_that_is_whole_without_it()
    {
        Part shortLived = Sample.Part(7, 10_000_000, expiresIn: 100, delta: 50);
        ValueList<Part> whole = Sample.Parts(2);
        foreach (AwaitingChannel opening in new[] { new AwaitingChannel(whole.Add(shortLived), Sample.Fee, new Negotiating()), new AwaitingChannel(whole.Add(shortLived), Sample.Fee, new Completing(Sample.Plan)) })
        {
            SessionState old = opening with { Parts = [.. opening.Parts.Select(part => part with { Since = null })] };
            Transition t = Apply(old, new BlockAdded(new BlockHeight(Sample.Height.Value + 94)));
            Assert.Equal(opening with { Parts = [.. whole.Select(part => part with { Since = null })] }, t.Next);
            Assert.Equal([new FailParts([shortLived with { Since = null }], FailureReason.CltvTooClose)], t.Actions.AsEnumerable());
        }
    }

    /// <summary>Its channel is funded already, and the wallet decides about parts that waited.</summary>
    [Fact]
    public void A_payment_that_takes_an_idle_channel_over_keeps_its_old_parts()
    {
        Part first = Sample.Part(0, 60_000_000) with { Since = new BlockHeight(Sample.Height.Value - 10) };
        var last = new PartArrived(Sample.Part(1, 40_000_000), Sample.Height);
        var taken = Assert.IsType<AwaitingChannelReady>(SessionMachine.Apply(Sample.Trusted, new Collecting([first]), last with { Idle = new IdleChannel(Sample.Plan, Sample.Sent) }).Next);
        Assert.Equal(new AwaitingChannelReady([first, last.Part], Sample.Fee, Sample.Plan, Normal: false, Facts: null, Sample.Sent), taken); // whether it is usable is looked up
        Transition stale = SessionMachine.Apply(Sample.Trusted, new Collecting([first]), last);
        Assert.Equal(FailureReason.HeldTooLong, Assert.IsType<Ended>(stale.Next).Reason);
    }

    [Fact]
    public void Nothing_is_held_in_a_release_that_failed_a_payment_which_came_too_late()
    {
        foreach (FailureReason reason in new[] { FailureReason.PaymentRejected, FailureReason.Restarted })
        {
            var releasing = new Unwinding(reason, new Releasing(Sample.Plan), Sample.Fee, Held: [], Forwards: [], ChannelExisted: false);
            Transition over = Apply(releasing, new Released());
            Assert.Equal((Outcome.Failed, reason), (Assert.IsType<Ended>(over.Next).Outcome, ((Ended)over.Next).Reason));
            Assert.Empty(over.Actions);
        }
    }

    /// <summary>The runtime gives the parts that are still held to a new session.</summary>
    [Fact]
    public void Only_after_a_restart_does_the_same_session_begin_again_with_what_it_holds()
    {
        SessionState After(FailureReason reason) => Apply(new Unwinding(reason, new Releasing(Sample.Plan), Sample.Fee, Held: [Sample.Part(0)], Forwards: [], ChannelExisted: false), new Released()).Next;
        Assert.Equal(new Collecting([Sample.Part(0)]), After(FailureReason.Restarted));
        Assert.Equal(Phase.Ended, After(FailureReason.PaymentRejected).Phase);
    }

    [Fact]
    public void A_release_that_finds_the_fee_paid_forwards_nothing_where_nothing_is_held()
    {
        var releasing = new Unwinding(FailureReason.PaymentRejected, new Releasing(Sample.Plan), Sample.Fee, Held: [], Waiting.Forwards, ChannelExisted: true);
        Transition paid = Apply(releasing, new PartSettled(Sample.Part(0).Htlc, Sample.Preimage));
        Assert.Equal((Phase.Broadcasting, new SignFunding(Sample.Plan)), (paid.Next.Phase, Assert.Single(paid.Actions)));
        Assert.Equal(releasing, Apply(releasing, new ForwardsSeen([])).Next);
        Assert.Empty(Apply(releasing, new ForwardsSeen([])).Actions);
        Assert.Equal(Phase.Broadcasting, Apply(releasing, new ForwardsSeen([new ForwardSeen(Sample.Part(0).Htlc, ForwardStatus.Settled)])).Next.Phase);
        Assert.Equal(Phase.Underpaid, Apply(releasing, new ForwardsSeen([], ClientOwns: Msat.One)).Next.Phase);
    }

    private static Transition Apply(SessionState state, SessionInput input) => SessionMachine.Apply(Sample.Fixed, state, input);
}
