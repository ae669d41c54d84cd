using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using Xunit;

namespace LspsPlugin.Core.Tests.Sessions;

/// <summary>What a session says of itself: to the loss ledger, to the client's reputation, to the operator and after a restart.</summary>
public class AccountTests
{
    [Fact]
    public void A_channel_that_earned_more_than_it_costs_is_no_loss()
    {
        var underpaid = new Underpaid(Sample.Forwards(ForwardStatus.Settled, ForwardStatus.Failed), new Msat(2_000_000), Sample.Plan with { Cost = new Sat(999) }, Preimage: null);
        Assert.Equal(default, ChannelLoss.Of(underpaid));
        Assert.Equal(new Sat(500), ChannelLoss.Of(underpaid with { Plan = Sample.Plan with { Cost = new Sat(1500) } }));
    }

    /// <summary>A part that bears more than is left of the fee may still fail: the fee is earned all the same.</summary>
    [Fact]
    public void Nothing_is_at_risk_when_the_fee_is_earned()
    {
        var paid = new Confirming(
            [new Forward(Sample.Part(0).Htlc, new Msat(1), Sample.Fee, ForwardStatus.Settled), new Forward(Sample.Part(1).Htlc, new Msat(1), new Msat(5), ForwardStatus.Offered)],
            Sample.Fee, Sample.Plan with { Cost = new Sat(5000) }, Sample.Preimage, Sample.Signed);
        Assert.Equal(default, ChannelLoss.AtRisk(SavedState.Of(paid)!));
        Assert.Equal(new Sat(5000), ChannelLoss.AtRisk(SavedState.Of(paid with { Forwards = Sample.Forwards(ForwardStatus.Offered, ForwardStatus.Settled) })!));
    }

    [Fact]
    public void Only_what_a_client_could_have_avoided_counts_against_it() => Assert.Equal(
        [
            FailureReason.ClientRejected, FailureReason.ClientDisconnected, FailureReason.ClientDelayTooLong, FailureReason.ChannelNotReady, FailureReason.ChannelTooSmall,
            FailureReason.FeeNotCovered, FailureReason.ChannelClosed, FailureReason.ChannelForfeited, FailureReason.PaymentRejected, FailureReason.NeverPaid,
        ],
        Enum.GetValues<FailureReason>().Where(FailureReasons.IsClients).ToHashSet());

    [Theory]
    [InlineData(Phase.AwaitingSettlement, null, false)]
    [InlineData(Phase.Underpaid, null, false)]
    [InlineData(Phase.Broadcasting, null, true)]
    [InlineData(Phase.Confirming, null, true)]
    [InlineData(Phase.Confirming, FailureReason.NeverPaid, false)]
    [InlineData(Phase.Ended, null, true)]
    public void A_channel_is_paid_for_from_the_broadcast_on(Phase phase, FailureReason? reason, bool paid) =>
        Assert.Equal(paid, new SavedState(phase, Sample.Fee, Sample.Plan, [], null, reason, null, ChannelExisted: true).IsPaidFor);

    [Fact]
    public void A_session_is_about_the_channel_that_it_opens_or_uses()
    {
        var saved = new SavedState(Phase.AwaitingSettlement, Sample.Fee, Sample.Plan, [], null, null, null, ChannelExisted: true);
        Assert.Equal(Sample.Plan.Channel, saved.Channel);
        Assert.Equal(Sample.Existing.Channel, (saved with { Plan = null, Over = Sample.Existing }).Channel);
        Assert.Null((saved with { Plan = null }).Channel);
    }

    [Fact]
    public void The_operator_is_told_what_was_forwarded_and_what_was_earned()
    {
        var forwarded = new AwaitingSettlement(Sample.Forwards(ForwardStatus.Offered, ForwardStatus.Offered, ForwardStatus.Failed), Sample.Fee, Sample.Plan);
        Transition t = SessionMachine.Apply(Sample.Fixed, forwarded, new PartSettled(Sample.Part(0).Htlc, Sample.Preimage));
        Assert.Contains(new PaymentClaimed(new Msat(49_000_000), Sample.Fee), t.Events);
    }

    [Fact]
    public void Each_part_is_told_with_what_was_collected_so_far()
    {
        Transition first = SessionMachine.Apply(Sample.Fixed, Collecting.Nothing, Sample.Arrives(0));
        Transition second = SessionMachine.Apply(Sample.Fixed, first.Next, Sample.Arrives(1, 30_000_000));
        Assert.Contains(new PartAdded(Sample.Part(0).Htlc, new Msat(25_000_000), 1, new Msat(25_000_000)), first.Events);
        Assert.Contains(new PartAdded(Sample.Part(1).Htlc, new Msat(30_000_000), 2, new Msat(55_000_000)), second.Events);
    }

    [Fact]
    public void A_restart_sets_the_offers_end_for_a_payment_that_is_paid_in_part()
    {
        var deadline = new StartDeadline(SessionTimer.Offer, Sample.FeeParams.ValidUntil);
        Assert.Contains(deadline, RestartActions.By(Sample.Fixed, new Reconnecting(Sample.Forwards(ForwardStatus.Offered, ForwardStatus.Settled), Sample.Fee, Sample.Plan, [])));
        Assert.DoesNotContain(deadline, RestartActions.By(Sample.Fixed, new Reconnecting(Sample.Forwards(ForwardStatus.Offered, ForwardStatus.Failed), Sample.Fee, Sample.Plan, [])));
    }

    [Fact]
    public void A_restart_sends_what_confirms_again_and_looks_at_parts_that_still_bear_fee()
    {
        var paid = new Confirming(Sample.Forwards(ForwardStatus.Settled), Sample.Fee, Sample.Plan, Sample.Preimage, Sample.Signed);
        Assert.Equal(
            [new BroadcastFunding(Sample.Plan, Sample.Signed), new RestoreFees(Sample.Plan.Channel, Again: true)], RestartActions.By(Sample.Fixed, paid));
        var open = paid with { Forwards = Sample.Forwards(ForwardStatus.Offered, ForwardStatus.Settled) };
        Assert.Single(RestartActions.By(Sample.Fixed, open).OfType<CheckForwards>());
    }

    [Theory]
    [InlineData(false, 120)]
    [InlineData(true, 3600)]
    public void A_channel_that_may_wait_for_its_funding_to_confirm_has_longer_to_become_usable(bool trusted, int seconds)
    {
        SessionTerms terms = trusted ? Sample.Trusted : Sample.Fixed;
        Transition t = SessionMachine.Apply(terms, new AwaitingChannel(Sample.Parts(2), Sample.Fee, new Core.Funding.Completing(Sample.Plan)), new Core.Funding.ChannelSecured());
        Assert.Contains(new StartTimer(SessionTimer.ChannelReady, TimeSpan.FromSeconds(seconds)), t.Actions);
    }
}
