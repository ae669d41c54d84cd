using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Core.Tests.Sessions;

/// <summary>The client settled a part that brings no fee and failed the one that bears it.</summary>
[Covers("C02", "X31")]
public class UnderpaidTests
{
    private static readonly Underpaid State = new(Sample.Forwards(ForwardStatus.Failed, ForwardStatus.Settled), Sample.Fee, Sample.Plan with { Cost = new Sat(700) }, Sample.Preimage);

    [Fact]
    public void It_begins_when_every_part_is_decided_and_the_fee_is_not_earned()
    {
        var waiting = new AwaitingSettlement(Sample.Forwards(ForwardStatus.Offered, ForwardStatus.Settled), Sample.Fee, Sample.Plan, Preimage: Sample.Preimage);
        Transition t = Apply(waiting, new PartFailed(Sample.Part(0).Htlc));
        Assert.Equal(new Underpaid(Sample.Forwards(ForwardStatus.Failed, ForwardStatus.Settled), Sample.Fee, Sample.Plan, Sample.Preimage), t.Next);
        Assert.Equal(new StartDeadline(SessionTimer.Offer, Sample.Fixed.Offer.ValidUntil), Assert.Single(t.Actions));
        Assert.Contains(new ChannelUnderpaid(Sample.Plan.Channel, new Msat(25_000_000), Sample.Fee), t.Events);
    }

    [Fact]
    public void A_further_part_brings_the_rest_and_with_it_the_funding()
    {
        Transition t = Apply(State, Sample.Arrives(7));
        var next = Assert.IsType<Reconnecting>(t.Next);
        Assert.Equal(new Forward(Sample.Part(7).Htlc, new Msat(24_000_000), Sample.Fee), next.Forwards[2]);
        Transition sent = Apply(next, new ChannelReady(Sample.Facts));
        Assert.Equal([next.Forwards[2]], Assert.Single(sent.Actions.OfType<ForwardParts>()).Forwards);
        Assert.Contains(new SignFunding(State.Plan), Apply(sent.Next, new PartSettled(Sample.Part(7).Htlc, Sample.Preimage)).Actions);
    }

    [Theory]
    [InlineData(1_000_000, FailureReason.FeeOutstanding)]
    [InlineData(1000, FailureReason.FeeOutstanding)]
    public void A_part_that_does_not_is_given_back(ulong amount, FailureReason reason)
    {
        Transition t = Apply(State, Sample.Arrives(7, amount));
        Assert.Equal(State, t.Next);
        Assert.Equal(reason, Assert.Single(t.Actions.OfType<FailParts>()).Reason);
        Assert.Equal(OnionFailure.TemporaryChannelFailure, reason.ToOnion(Sample.Part(7)));
    }

    [Fact]
    public void Once_the_offer_is_over_the_rest_is_the_operators_loss_as_soon_as_that_is_allowed()
    {
        Transition over = Apply(State, new TimerFired(SessionTimer.Offer));
        Assert.Equal(new BearLoss(State.Plan, new Sat(700)), Assert.Single(over.Actions));
        Assert.Equal(FailureReason.OfferExpired, Assert.Single(Apply(over.Next, Sample.Arrives(7)).Actions.OfType<FailParts>()).Reason);
        Assert.Equal(over.Next, Apply(over.Next, new LossRefused()).Next);
        Assert.Contains(new BearLoss(State.Plan, new Sat(700)), Apply(over.Next, new BlockAdded(Sample.Height)).Actions);

        Transition borne = Apply(over.Next, new LossBorne());
        Assert.Equal(new SignFunding(State.Plan), Assert.Single(borne.Actions));
        Assert.Contains(new UnderpaidFunded(State.Plan.Channel, new Sat(700)), borne.Events);
        Assert.Equal(new Sat(700), ChannelLoss.Of(SavedState.Of(borne.Next)!));
    }

    /// <summary>It took one part, and died before it took the other: when that expires the node destroys the channel.</summary>
    [Fact]
    public void A_client_that_leaves_the_rest_undecided_is_waited_for_until_the_offer_ends()
    {
        var waiting = new AwaitingSettlement(Sample.Forwards(ForwardStatus.Offered, ForwardStatus.Offered), Sample.Fee, State.Plan);
        Transition part = Apply(waiting, new PartSettled(Sample.Part(1).Htlc, Sample.Preimage));
        Assert.Equal(new StartDeadline(SessionTimer.Offer, Sample.Fixed.Offer.ValidUntil), Assert.Single(part.Actions));
        Assert.Contains(part.Actions[0], RestartActions.By(Sample.Fixed, SavedState.Of(part.Next)!.Restore()));

        Transition over = Apply(part.Next, new TimerFired(SessionTimer.Offer));
        Assert.Equal(new BearLoss(State.Plan, new Sat(700)), Assert.Single(over.Actions));
        Assert.Contains(new SignFunding(State.Plan), Apply(over.Next, new PartSettled(Sample.Part(0).Htlc, Sample.Preimage)).Actions);
        Assert.Equal(ForwardStatus.Failed, ((Underpaid)Apply(over.Next, new PartFailed(Sample.Part(0).Htlc)).Next).Forwards[0].Status);
        SavedState borne = SavedState.Of(Apply(over.Next, new LossBorne()).Next)!;
        Assert.Equal((default, new Sat(700)), (ChannelLoss.Of(borne), ChannelLoss.AtRisk(borne)));
    }

    /// <summary>Strangers paid over the channel while nobody looked: no part of the sale tells what the client owns.</summary>
    [Fact]
    public void A_channel_that_no_part_explains_is_a_loss_once_it_is_funded()
    {
        var released = new Unwinding(FailureReason.PaymentRejected, new Releasing(State.Plan), Sample.Fee, Held: [], [], ChannelExisted: true);
        Transition owned = Apply(released, new ForwardsSeen([], ClientOwns: new Msat(1000)));
        Assert.Equal(Phase.Underpaid, owned.Next.Phase);
        Transition over = Apply(owned.Next, new TimerFired(SessionTimer.Offer));
        Assert.Equal(new BearLoss(State.Plan, new Sat(700)), Assert.Single(over.Actions));

        SavedState funded = SavedState.Of(Apply(over.Next, new LossBorne()).Next)!;
        Assert.Equal((Phase.Broadcasting, new Sat(700)), (funded.Phase, ChannelLoss.Of(funded)));
        Assert.Equal(default, ChannelLoss.Of(funded with { Preimage = Sample.Preimage }));
    }

    [Fact]
    public void What_was_earned_is_no_loss()
    {
        ValueList<Forward> half = [new(Sample.Part(0).Htlc, Sample.Size, new Msat(600_000), ForwardStatus.Failed), new(Sample.Part(1).Htlc, Sample.Size, new Msat(400_000), ForwardStatus.Settled)];
        Assert.Equal(new BearLoss(State.Plan, new Sat(300)), Assert.Single(Apply(State with { Forwards = half }, new TimerFired(SessionTimer.Offer)).Actions));
        Assert.Equal(default, ChannelLoss.Of(State with { Forwards = half, Plan = State.Plan with { Cost = new Sat(400) } }));
    }

    /// <summary>The client leaves the part that bears the fee undecided, and settles one of another channel that looks alike.</summary>
    [Fact]
    public void A_strangers_HTLC_with_the_id_of_a_part_earns_nothing()
    {
        Underpaid open = State with { Forwards = Sample.Forwards(ForwardStatus.Offered, ForwardStatus.Settled), OfferOver = true };
        var foreign = new HtlcKey(Scid.Of(777, 7, 7), Sample.Part(0).Htlc.Id);
        foreach (SessionInput news in (SessionInput[])[new PartSettled(foreign, Sample.Preimage), new PartFailed(foreign)])
        {
            Transition t = Apply(open, news);
            Assert.Equal(open, t.Next);
            Assert.IsType<CheckForwards>(Assert.Single(t.Actions));
        }
    }

    [Fact]
    public void A_part_that_never_went_out_and_is_given_back_has_failed()
    {
        Underpaid open = State with { Forwards = Sample.Forwards(ForwardStatus.Offered, ForwardStatus.Settled), OfferOver = true };
        Transition t = Apply(open, Sample.Arrives(0));
        Assert.Equal(FailureReason.PaymentRejected, Assert.Single(t.Actions.OfType<FailParts>()).Reason);
        Assert.Equal(Sample.Forwards(ForwardStatus.Failed, ForwardStatus.Settled), ((Underpaid)t.Next).Forwards);
    }

    [Fact]
    public void At_risk_is_what_the_client_may_still_keep_back_and_nothing_once_the_fee_is_there()
    {
        SavedState paid = SavedState.Of(new Confirming(Sample.Forwards(ForwardStatus.Settled, ForwardStatus.Settled), Sample.Fee, Sample.Plan with { Cost = new Sat(1700) }, Sample.Preimage, Sample.Signed))!;
        Assert.Equal(default, ChannelLoss.AtRisk(paid));
        SavedState open = paid with { Forwards = Sample.Forwards(ForwardStatus.Offered, ForwardStatus.Settled) };
        Assert.Equal((new Sat(1700), default), (ChannelLoss.AtRisk(open), ChannelLoss.Of(open)));
        Assert.Equal(new Sat(1700), ChannelLoss.AtRisk(paid with { Forwards = Sample.Forwards(ForwardStatus.Failed, ForwardStatus.Settled) }));
    }

    /// <summary>Its incoming channel is forgotten, and so is its row: nothing will ever tell.</summary>
    [Fact]
    public void A_part_of_which_nothing_can_be_found_does_not_keep_a_buried_channel_waiting()
    {
        var paid = new Confirming(Sample.Forwards(ForwardStatus.Offered, ForwardStatus.Settled), Sample.Fee, Sample.Plan, Sample.Preimage, Sample.Signed) { FeesRestored = true };
        var seen = new ForwardsSeen([], ChannelExists: true, new Msat(1));
        Assert.IsType<Confirming>(Apply(paid, seen).Next);
        Assert.IsType<Ended>(Apply(paid with { Buried = true }, seen).Next);
        Assert.IsType<Confirming>(Apply(paid with { Buried = true }, seen with { Waiting = [Sample.Part(0).Htlc] }).Next);
    }

    [Fact]
    public void It_is_not_released_by_anything_but_its_own_end()
    {
        foreach (SessionInput input in Sample.InputsOf(Sample.Fixed))
        {
            bool isGone = input is FundingAbsent or ForwardsSeen { ChannelExists: false };
            Assert.Equal(isGone, Apply(State, input).Actions.Any(action => action is Release));
        }

        var gone = Assert.IsType<Unwinding>(Apply(State, new FundingAbsent()).Next);
        Assert.Equal(FailureReason.ChannelForfeited, gone.Reason);
    }

    [Fact]
    public void A_part_that_settles_brings_its_share_of_the_fee_and_the_preimage_if_there_is_none()
    {
        ValueList<Forward> half =
        [
            new(Sample.Part(0).Htlc, Sample.Size, new Msat(400_000), ForwardStatus.Offered),
            new(Sample.Part(1).Htlc, Sample.Size, new Msat(600_000), ForwardStatus.Offered),
            new(Sample.Part(2).Htlc, Sample.Size, Msat.Zero, ForwardStatus.Settled),
        ];
        Underpaid open = State with { Forwards = half, Preimage = null, OfferOver = true };
        Transition one = Apply(open, new PartSettled(Sample.Part(0).Htlc, Sample.Preimage));
        Assert.Equal(open with { Forwards = half.Mark(half[0].Htlc, ForwardStatus.Settled), Preimage = Sample.Preimage }, one.Next);
        Assert.Empty(one.Actions);

        // The first preimage stays: it is the one on record.
        Transition both = Apply(one.Next, new PartSettled(Sample.Part(1).Htlc, Preimage.Parse(new string('9', 64))));
        Assert.Equal(Sample.Preimage, Assert.IsType<Broadcasting>(both.Next).Preimage);
        Assert.Equal([new SignFunding(State.Plan)], both.Actions.AsEnumerable());
        Assert.Contains(new PaymentClaimed(new Msat(300_000_000), new Msat(1_000_000)), both.Events);
    }

    [Fact]
    public void The_loss_is_borne_only_once_the_offer_is_over()
    {
        Assert.Equal(State, Apply(State, new LossBorne()).Next);
        Assert.DoesNotContain(Apply(State, new BlockAdded(Sample.Height)).Actions, action => action is BearLoss);
        Assert.Contains(Apply(State, new BlockAdded(Sample.Height)).Actions, action => action is CheckForwards);
        Assert.Equal(State, Apply(State, new TimerFired(SessionTimer.Retry)).Next);
    }

    [Fact]
    public void The_nodes_list_may_bring_the_fee_or_say_that_the_channel_is_gone()
    {
        Underpaid open = State with { Forwards = Sample.Forwards(ForwardStatus.Offered, ForwardStatus.Settled) };
        Assert.IsType<Broadcasting>(Apply(open, new ForwardsSeen([new ForwardSeen(Sample.Part(0).Htlc, ForwardStatus.Settled)])).Next);
        Assert.Equal(State with { Forwards = Sample.Forwards(ForwardStatus.Failed, ForwardStatus.Settled) }, Apply(open, new ForwardsSeen([new ForwardSeen(Sample.Part(0).Htlc, ForwardStatus.Failed)])).Next);
        Assert.Equal(FailureReason.ChannelForfeited, Assert.IsType<Unwinding>(Apply(open, new ForwardsSeen([], ChannelExists: false)).Next).Reason);
    }

    private static Transition Apply(SessionState state, SessionInput input) => SessionMachine.Apply(Sample.Fixed, state, input);
}
