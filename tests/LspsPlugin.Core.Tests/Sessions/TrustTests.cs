using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Core.Tests.Sessions;

/// <summary>Where the LSP trusts the client the funding goes out first; what comes to nothing leaves its channel to the next payment.</summary>
public class TrustTests
{
    private static readonly AwaitingChannelReady Idle = new([], Sample.Fee, Sample.Plan, Sent: Sample.Sent);
    private static readonly AwaitingSettlement Forwarded = new(
        Sample.Forwards(ForwardStatus.Offered, ForwardStatus.Failed), Sample.Fee, Sample.Plan, Sent: Sample.Sent);

    [Fact]
    [Trait("Requirement", "R52-75")]
    [Trait("Requirement", "R52-76")]
    public void The_funding_goes_on_record_then_out_and_the_parts_follow()
    {
        Transition secured = Apply(new AwaitingChannel(Sample.Parts(2), Sample.Fee, new Completing(Sample.Plan)), new ChannelSecured());
        Assert.Contains(new SignFunding(Sample.Plan), secured.Actions);
        Assert.Contains(new PrepareChannel(Sample.Plan.Channel), secured.Actions);

        Transition signed = Apply(secured.Next, new FundingSigned(Sample.Signed));
        Assert.Equal(new BroadcastFunding(Sample.Plan, Sample.Signed), Assert.Single(signed.Actions));
        Assert.Equal(Sample.Signed, SavedState.Of(signed.Next)!.SignedPsbt);

        Transition ready = Apply(signed.Next, new ChannelReady(Sample.Facts));
        Assert.Empty(ready.Actions);

        Transition sent = Apply(ready.Next, new FundingBroadcast());
        Assert.Single(sent.Actions.OfType<ForwardParts>());
        Assert.Equal(Phase.AwaitingSettlement, sent.Next.Phase);

        Transition paid = Apply(sent.Next, new PartSettled(Sample.Part(0).Htlc, Sample.Preimage));
        Assert.Equal(new RestoreFees(Sample.Plan.Channel), Assert.Single(paid.Actions));
        Assert.False(Assert.IsType<Confirming>(paid.Next).Unpaid);
    }

    [Fact]
    public void Nothing_is_signed_while_the_payment_is_not_whole()
    {
        Transition secured = Apply(new AwaitingChannel([], Sample.Fee, new Recovering(Sample.Plan)), new ChannelSecured());
        Assert.DoesNotContain(secured.Actions, action => action is SignFunding);
        Transition half = Apply(secured.Next, Sample.Arrives(0, 60_000_000));
        Assert.DoesNotContain(half.Actions, action => action is SignFunding);
        Assert.Contains(new SignFunding(Sample.Plan), Apply(half.Next, Sample.Arrives(1, 60_000_000)).Actions);
    }

    [Fact]
    [Trait("Requirement", "R52-64")]
    public void A_client_whose_delay_is_too_long_gets_no_funding()
    {
        var secured = new AwaitingChannelReady(Sample.Parts(2), Sample.Fee, Sample.Plan);
        Transition t = Apply(secured, new FundingSigned(Sample.Signed, new BlockCount(5000)));
        Assert.DoesNotContain(t.Actions, action => action is BroadcastFunding);
        Assert.Contains(new Release(Sample.Plan), t.Actions);
    }

    [Fact]
    [Covers("A28")]
    public void A_failed_payment_leaves_its_channel_to_the_next_one_at_the_same_fee()
    {
        Transition failed = Apply(Forwarded, new PartFailed(Sample.Part(0).Htlc));
        Assert.Equal(Idle, failed.Next);
        Assert.Equal(new StartDeadline(SessionTimer.Offer, Sample.Trusted.Offer.ValidUntil), Assert.Single(failed.Actions));

        Transition first = Apply(failed.Next, Sample.Arrives(5, 60_000_000));
        Assert.Contains(new PrepareChannel(Sample.Plan.Channel), first.Actions);
        SessionState whole = Apply(first.Next, Sample.Arrives(6, 40_000_000)).Next;
        Transition again = Apply(whole, new ChannelReady(Sample.Facts));
        Assert.Equal(Sample.Fee.Value, (ulong)((AwaitingSettlement)again.Next).Forwards.Sum(f => (long)f.OpeningFee.Value));
    }

    [Fact]
    [Covers("X19")]
    public void A_payment_with_another_hash_takes_the_channel_over_that_a_probe_left()
    {
        var arrived = new PartArrived(Sample.Part(0, 100_000_000), Sample.Height, Idle: new IdleChannel(Sample.Plan, Sample.Sent));
        Transition t = Apply(Collecting.Nothing, arrived);
        var next = Assert.IsType<AwaitingChannelReady>(t.Next);
        Assert.Equal((Sample.Plan, Sample.Sent), (next.Plan, next.Sent));
        Assert.DoesNotContain(t.Actions, action => action is StartOpening);
        Assert.Equal(Phase.AwaitingSettlement, Apply(next, new ChannelReady(Sample.Facts)).Next.Phase);
    }

    [Fact]
    [Covers("X31")]
    public void A_channel_that_nobody_paid_for_is_seen_through_to_the_chain_and_counted()
    {
        Transition over = Apply(Idle, new TimerFired(SessionTimer.Offer));
        Assert.Contains(over.Events, e => e is ChannelUnpaid);
        Assert.Equal(FailureReason.NeverPaid, SavedState.Of(over.Next)!.Reason);
        Assert.True(Assert.IsType<Confirming>(SavedState.Of(over.Next)!.Restore()).Unpaid);

        SessionState buried = Apply(Apply(over.Next, new FeesRestored()).Next, new FundingConfirmed(new BlockCount(6))).Next;
        Assert.Equal((Outcome.Abandoned, FailureReason.NeverPaid), buried is Ended e ? (e.Outcome, e.Reason) : default);
        Assert.True(FailureReason.NeverPaid.EndsOffer());
    }

    [Fact]
    public void A_channel_that_is_on_chain_is_never_released()
    {
        foreach (SessionState state in Sample.StatesOf(Sample.Trusted).Where(state => SavedState.Of(state)?.SignedPsbt is not null))
        {
            foreach (SessionInput input in Sample.InputsOf(Sample.Trusted).Where(input => input is not FundingAbsent))
            {
                Assert.DoesNotContain(Apply(state, input).Actions, action => action is Release);
            }
        }
    }

    [Fact]
    [Covers("B20", "B21")]
    public void Its_funding_is_sent_with_each_block_until_it_is_buried()
    {
        foreach (SessionState state in new SessionState[] { Idle, Forwarded, new Confirming([], Sample.Fee, Sample.Plan, null, Sample.Signed, Unpaid: true) })
        {
            Assert.Contains(new BroadcastFunding(Sample.Plan, Sample.Signed), Apply(state, new BlockAdded(Sample.Height)).Actions);
            SessionState buried = Apply(state, new FundingConfirmed(new BlockCount(6))).Next;
            Assert.DoesNotContain(Apply(buried, new BlockAdded(Sample.Height)).Actions, action => action is BroadcastFunding);
        }
    }

    private static Transition Apply(SessionState state, SessionInput input) => SessionMachine.Apply(Sample.Trusted, state, input);
}
