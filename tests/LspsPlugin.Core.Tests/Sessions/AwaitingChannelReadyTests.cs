using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using Xunit;

namespace LspsPlugin.Core.Tests.Sessions;

/// <summary>The channel exists and cannot carry the payment yet: what is asked again, and what is given up.</summary>
public class AwaitingChannelReadyTests
{
    private static readonly AwaitingChannelReady Withheld = new(Sample.Parts(2), Sample.Fee, Sample.Plan);

    /// <summary>Its funding was sent on trust, and a payment is held for it.</summary>
    private static readonly AwaitingChannelReady Sent = Withheld with { Sent = Sample.Sent };

    /// <summary>Its funding was sent on trust, and no payment is held for it.</summary>
    private static readonly AwaitingChannelReady Idle = Sent with { Parts = [] };

    private static readonly StartTimer LookAgain = new(SessionTimer.Retry, TimeSpan.FromSeconds(5));
    private static readonly StartDeadline OfferEnd = new(SessionTimer.Offer, Sample.Trusted.Offer.ValidUntil);
    private static readonly PrepareChannel Prepare = new(Sample.Plan.Channel);

    [Theory]
    [InlineData(Phase.AwaitingSettlement)]
    [InlineData(Phase.AwaitingChannelReady)]
    public void A_withheld_channel_is_released_when_a_save_failed(Phase wanted)
    {
        Transition t = Apply(Sample.Fixed, Withheld, new SaveFailed(wanted));
        Assert.Equal((FailureReason.NotRecorded, false), t.Next is Unwinding left ? (left.Reason, left.ChannelExisted) : default);
        Assert.Equal([new FailParts(Withheld.Parts, FailureReason.NotRecorded), new Release(Sample.Plan)], t.Actions.AsEnumerable());
    }

    [Fact]
    public void A_channel_that_was_sent_stays_when_its_forwards_could_not_be_saved_and_the_payment_fails()
    {
        Transition t = Apply(Sample.Trusted, Sent with { Normal = true, Facts = Sample.Facts }, new SaveFailed(Phase.AwaitingSettlement));
        Assert.Equal(Idle, t.Next);
        Assert.Equal([OfferEnd, new FailParts(Sent.Parts, FailureReason.NotRecorded)], t.Actions.AsEnumerable());
    }

    [Fact]
    public void Any_other_save_of_a_channel_that_was_sent_is_retried()
    {
        Transition t = Apply(Sample.Trusted, Sent, new SaveFailed(Phase.AwaitingChannelReady));
        Assert.Equal(Sent, t.Next);
        Assert.Empty(t.Actions);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_channel_that_a_payment_waits_for_is_looked_at_again(bool sent)
    {
        AwaitingChannelReady state = sent ? Sent : Withheld;
        SessionTerms terms = sent ? Sample.Trusted : Sample.Fixed;
        Transition failed = Apply(terms, state, new OpeningFailed(OpeningFailure.NodeRefused, "no answer"));
        Assert.Equal([LookAgain], failed.Actions.AsEnumerable());
        Assert.Contains(new StepFailed(Phase.AwaitingChannelReady, OpeningFailure.NodeRefused, "no answer"), failed.Events);

        Transition pending = Apply(terms, state, new ChannelPending());
        Assert.Equal([LookAgain], pending.Actions.AsEnumerable());
        Assert.Equal(state, Apply(terms, state, new TimerFired(SessionTimer.Retry)).Next);
        Assert.Equal([Prepare], Apply(terms, state, new TimerFired(SessionTimer.Retry)).Actions.Where(action => action is PrepareChannel));
    }

    /// <summary>After a restart its parts are not here yet: it is not idle, as it would be if its funding had been sent.</summary>
    [Fact]
    public void A_withheld_channel_without_parts_is_looked_at_again_too() =>
        Assert.Equal([LookAgain], Apply(Sample.Fixed, Withheld with { Parts = [] }, new ChannelPending()).Actions.AsEnumerable());

    [Fact]
    public void A_channel_that_nobody_waits_for_is_not_looked_at_again()
    {
        foreach (SessionInput news in (SessionInput[])[new OpeningFailed(OpeningFailure.NodeRefused, ""), new ChannelPending(), new BroadcastFailed("a full mempool")])
        {
            Transition t = Apply(Sample.Trusted, Idle, news);
            Assert.Equal(Idle, t.Next);
            Assert.Empty(t.Actions);
        }

        foreach (SessionTimer timer in (SessionTimer[])[SessionTimer.Retry, SessionTimer.ChannelReady, SessionTimer.Collect])
        {
            Transition t = Apply(Sample.Trusted, Idle, new TimerFired(timer));
            Assert.Equal(Idle, t.Next);
            Assert.Empty(t.Actions);
            Assert.Single(t.Events.OfType<InputIgnored>());
        }
    }

    [Fact]
    public void A_broadcast_that_failed_is_reported_and_tried_again_while_a_payment_waits()
    {
        AwaitingChannelReady unsent = Sent with { Sent = new SentFunding(Sample.Signed) };
        Transition t = Apply(Sample.Trusted, unsent, new BroadcastFailed("a full mempool"));
        Assert.Equal([LookAgain], t.Actions.AsEnumerable());
        Assert.Contains(new BroadcastOverdue(Sample.Plan.Channel, 1, "a full mempool"), t.Events);
        Assert.Equal([Prepare, new BroadcastFunding(Sample.Plan, Sample.Signed)], Apply(Sample.Trusted, unsent, new TimerFired(SessionTimer.Retry)).Actions.AsEnumerable());
        Assert.Equal([Prepare], Apply(Sample.Trusted, Sent, new TimerFired(SessionTimer.Retry)).Actions.AsEnumerable());
    }

    [Fact]
    public void A_channel_that_becomes_unusable_again_is_prepared_anew()
    {
        Transition normal = Apply(Sample.Fixed, Withheld, new ChannelNormal());
        Assert.Equal(Withheld with { Normal = true }, normal.Next);
        Assert.Equal([Prepare], normal.Actions.AsEnumerable());
        Transition pending = Apply(Sample.Fixed, normal.Next, new ChannelPending());
        Assert.Equal(Withheld, pending.Next);
        Assert.Equal([Prepare], pending.Actions.AsEnumerable());
        Assert.Equal([Prepare], Apply(Sample.Fixed, Withheld, new ClientConnected()).Actions.AsEnumerable());
    }

    [Fact]
    public void The_time_that_a_withheld_channel_has_ends_the_attempt()
    {
        Transition t = Apply(Sample.Fixed, Withheld, new TimerFired(SessionTimer.ChannelReady));
        Assert.Equal(FailureReason.ChannelNotReady, Assert.IsType<Unwinding>(t.Next).Reason);
        Assert.Contains(new Release(Sample.Plan), t.Actions);
    }

    [Fact]
    public void The_time_that_a_channel_has_that_was_sent_ends_the_payment_alone()
    {
        Transition t = Apply(Sample.Trusted, Sent, new TimerFired(SessionTimer.ChannelReady));
        Assert.Equal(Idle, t.Next);
        Assert.Equal([OfferEnd, new FailParts(Sent.Parts, FailureReason.ChannelNotReady)], t.Actions.AsEnumerable());
    }

    [Fact]
    public void A_payment_that_is_not_whole_in_time_is_given_back_and_a_whole_one_is_not()
    {
        AwaitingChannelReady half = Withheld with { Parts = [Sample.Part(0, 50_000_000)] };
        Assert.Equal(FailureReason.CollectTimeout, Assert.IsType<Unwinding>(Apply(Sample.Fixed, half, new TimerFired(SessionTimer.Collect)).Next).Reason);
        Transition whole = Apply(Sample.Fixed, Withheld, new TimerFired(SessionTimer.Collect));
        Assert.Equal(Withheld, whole.Next);
        Assert.Empty(whole.Actions);
    }

    [Fact]
    public void The_end_of_the_offer_ends_a_channel_that_was_sent_unless_its_payment_is_whole()
    {
        AwaitingChannelReady half = Sent with { Parts = [Sample.Part(0, 50_000_000)] };
        Transition over = Apply(Sample.Trusted, half, new TimerFired(SessionTimer.Offer));
        Assert.True(Assert.IsType<Confirming>(over.Next).Unpaid);
        Assert.Contains(new FailParts(half.Parts, FailureReason.OfferExpired), over.Actions);
        Assert.Equal(Sent, Apply(Sample.Trusted, Sent, new TimerFired(SessionTimer.Offer)).Next);
    }

    [Fact]
    public void A_closed_channel_is_released_while_its_funding_is_withheld_and_confirmed_once_it_was_sent()
    {
        Transition withheld = Apply(Sample.Fixed, Withheld, new ChannelClosed());
        Assert.Equal((FailureReason.ChannelClosed, false), withheld.Next is Unwinding left ? (left.Reason, left.ChannelExisted) : default);
        Transition sent = Apply(Sample.Trusted, Sent, new ChannelClosed());
        Assert.True(Assert.IsType<Confirming>(sent.Next).Unpaid);
        Assert.Contains(new FailParts(Sent.Parts, FailureReason.ChannelClosed), sent.Actions);
        Assert.Contains(sent.Events, told => told is ChannelUnpaid);
    }

    [Fact]
    public void A_funding_that_is_not_there_leaves_nothing_to_pay_for()
    {
        var withheld = Assert.IsType<Unwinding>(Apply(Sample.Fixed, Withheld, new FundingAbsent()).Next);
        Assert.Equal((FailureReason.ChannelClosed, false), (withheld.Reason, withheld.ChannelExisted));
        var sent = Assert.IsType<Unwinding>(Apply(Sample.Trusted, Sent, new FundingAbsent()).Next);
        Assert.Equal((FailureReason.NeverPaid, true), (sent.Reason, sent.ChannelExisted));
    }

    [Fact]
    public void News_of_a_funding_that_was_withheld_changes_nothing()
    {
        AwaitingChannelReady ready = Withheld with { Normal = true };
        foreach (SessionInput news in (SessionInput[])[new FundingBroadcast(), new FundingConfirmed(new BlockCount(6)), new FundingSigned(Sample.Signed)])
        {
            Transition t = Apply(Sample.Fixed, ready, news);
            Assert.Equal(ready, t.Next);
            Assert.Empty(t.Actions);
        }

        Transition again = Apply(Sample.Trusted, Sent, new FundingSigned("cHNidP8B"));
        Assert.Equal(Sent, again.Next);
        Assert.Empty(again.Actions);
    }

    /// <summary>What is known of the channel was true for the payment before.</summary>
    [Fact]
    public void The_first_part_for_an_idle_channel_has_the_channel_read_again()
    {
        Transition t = Apply(Sample.Trusted, Idle with { Facts = Sample.Facts }, Sample.Arrives(0, 100_000_000));
        Assert.Equal(Idle with { Parts = [Sample.Part(0, 100_000_000)] }, t.Next);
        Assert.Equal(
            [
                new StartTimer(SessionTimer.Collect, Sample.Limits.CollectTimeout),
                new StartTimer(SessionTimer.ChannelReady, Sample.Limits.ConfirmationWait),
                Prepare,
                new BroadcastFunding(Sample.Plan, Sample.Signed),
            ],
            t.Actions.AsEnumerable());
        Assert.Contains(t.Events, told => told is PartAdded);
    }

    [Fact]
    public void The_part_that_makes_the_payment_whole_is_forwarded_at_once_where_the_channel_is_known()
    {
        AwaitingChannelReady half = Withheld with { Parts = [Sample.Part(0, 50_000_000)], Facts = Sample.Facts };
        Assert.Equal(Phase.AwaitingSettlement, Apply(Sample.Fixed, half, Sample.Arrives(1, 50_000_000)).Next.Phase);
        Assert.Equal(Phase.AwaitingChannelReady, Apply(Sample.Fixed, half with { Facts = null }, Sample.Arrives(1, 50_000_000)).Next.Phase);
        Assert.Equal(Phase.AwaitingChannelReady, Apply(Sample.Fixed, half, Sample.Arrives(1, 49_999_999)).Next.Phase);
    }

    [Fact]
    public void Nothing_is_sent_on_chain_for_a_channel_that_turns_out_too_narrow()
    {
        ChannelFacts narrow = Sample.Facts with { Spendable = new Msat(98_999_999) };
        Transition t = Apply(Sample.Trusted, Withheld, new FundingSigned(Sample.Signed, Sample.Facts.ToSelfDelay, narrow));
        Assert.IsType<Unwinding>(t.Next);
        Assert.Contains(t.Events, told => told is StepFailed { Phase: Phase.AwaitingChannelReady, Failure: null });

        // The fee stays here: to the last millisatoshi that is enough.
        Transition enough = Apply(Sample.Trusted, Withheld, new FundingSigned(Sample.Signed, Sample.Facts.ToSelfDelay, narrow with { Spendable = new Msat(99_000_000) }));
        Assert.Equal([new BroadcastFunding(Sample.Plan, Sample.Signed)], enough.Actions.AsEnumerable());
    }

    [Theory]
    [InlineData(2, 1UL, 149_000_000UL, 2)]
    [InlineData(3, 1UL, 149_000_000UL, 3)]
    [InlineData(null, 30_000_000UL, 149_000_000UL, 2)]
    [InlineData(null, 20_000_000UL, 149_000_000UL, 3)]
    [InlineData(null, 1UL, 60_000_000UL, 3)]
    [InlineData(null, 1UL, 59_999_999UL, null)] // what is left is not the payment
    public void Parts_are_forwarded_as_far_as_the_channel_takes_them(int? slots, ulong least, ulong most, int? forwarded)
    {
        AwaitingChannelReady three = Withheld with { Parts = [Sample.Part(0, 60_000_000), Sample.Part(1, 40_000_000), Sample.Part(2, 20_000_000)] };
        ChannelFacts facts = Sample.Facts with { Slots = slots, HtlcMinimum = new Msat(least), HtlcMaximum = new Msat(most) };
        Transition t = Apply(Sample.Fixed, three, new ChannelReady(facts));
        Assert.Equal(forwarded, (t.Next as AwaitingSettlement)?.Forwards.Count);
        int given = t.Actions.OfType<FailParts>().Sum(back => back.Parts.Count);
        Assert.Equal(3 - (forwarded ?? 0), given);
    }

    private static Transition Apply(SessionTerms terms, SessionState state, SessionInput input) => SessionMachine.Apply(terms, state, input);
}
