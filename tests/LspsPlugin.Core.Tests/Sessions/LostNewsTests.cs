using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using Xunit;

namespace LspsPlugin.Core.Tests.Sessions;

/// <summary>Answers, notifications and timers that come twice, too late or to the wrong state.</summary>
public class LostNewsTests
{
    private static readonly AwaitingSettlement Waiting = new(Sample.Forwards(ForwardStatus.Offered, ForwardStatus.Offered), Sample.Fee, Sample.Plan);

    private static readonly FundingState[] AfterTheClientAccepted =
    [
        new Planning(Sample.Opening), new Reserving(Sample.Plan, Sample.Opening), new Recovering(Sample.Plan), new Completing(Sample.Plan), new LocatingChannel(Sample.Plan),
    ];

    [Fact]
    public void A_client_that_accepted_is_not_waited_for_any_more()
    {
        foreach (FundingState funding in AfterTheClientAccepted)
        {
            var opening = new AwaitingChannel(Sample.Parts(2), Sample.Fee, funding);
            Transition t = Apply(opening, new TimerFired(SessionTimer.ClientWait));
            Assert.Equal((opening, 0), (t.Next, t.Actions.Length));
        }
    }

    [Fact]
    public void A_channel_that_is_found_after_the_client_accepted_is_not_used()
    {
        foreach (FundingState funding in AfterTheClientAccepted)
        {
            var opening = new AwaitingChannel(Sample.Parts(2), Sample.Fee, funding);
            Transition t = Apply(opening, new ChannelFound(Sample.Existing, Sample.Facts));
            Assert.Equal((opening, 0), (t.Next, t.Actions.Length));
        }
    }

    /// <summary>What makes a channel too large is given back only before the client is asked, and for no other reason.</summary>
    [Fact]
    public void A_payment_that_fails_to_open_keeps_no_part_of_a_surplus()
    {
        ValueList<Part> parts = Sample.Parts(2).Add(Sample.Part(7, 60_000_000));
        Transition refused = Apply(new AwaitingChannel(parts, Sample.Fee, new Negotiating()), new OpeningFailed(OpeningFailure.NodeRefused, "because"));
        Assert.Equal([new FailParts(parts, FailureReason.NodeRefused)], refused.Actions.AsEnumerable());
        Transition late = Apply(new AwaitingChannel(parts, Sample.Fee, new Completing(Sample.Plan)), new OpeningFailed(OpeningFailure.ChannelTooLarge, "because"));
        Assert.Contains(new FailParts(parts, FailureReason.ChannelTooLarge), late.Actions);
    }

    [Fact]
    public void A_payment_that_is_whole_after_a_restart_is_not_given_back_when_collecting_is_over()
    {
        var looking = new AwaitingChannel(Sample.Parts(2), Sample.Fee, new Recovering(Sample.Plan));
        Transition t = Apply(looking, new TimerFired(SessionTimer.Collect));
        Assert.Equal((looking, 0), (t.Next, t.Actions.Length));
        AwaitingChannel half = looking with { Parts = [Sample.Parts(2)[0]] };
        Assert.Equal([new FailParts(half.Parts, FailureReason.CollectTimeout)], Apply(half, new TimerFired(SessionTimer.Collect)).Actions.AsEnumerable());
    }

    [Fact]
    public void What_a_restart_clears_away_without_any_part_starts_no_timer_and_never_had_a_channel()
    {
        Transition t = Apply(new AwaitingChannel([], Sample.Fee, new Recovering(Sample.Plan)), new FundingAbsent());
        Assert.Equal([new Release(Sample.Plan)], t.Actions.AsEnumerable());
        Assert.Equal(Outcome.Failed, Assert.IsType<Ended>(Apply(t.Next, new Released()).Next).Outcome);
    }

    [Fact]
    public void A_channel_without_parts_is_not_ready_for_a_payment_of_any_amount()
    {
        SessionTerms trusted = Sample.Terms(null, trusted: true);
        Transition secured = SessionMachine.Apply(trusted, new AwaitingChannel([], Sample.Fee, new Recovering(Sample.Plan)), new ChannelSecured());
        Assert.DoesNotContain(secured.Actions, action => action is SignFunding);
        var empty = new AwaitingChannelReady([], Sample.Fee, Sample.Plan);
        Assert.Equal(empty with { Facts = Sample.Facts }, SessionMachine.Apply(Sample.Variable, empty, new ChannelReady(Sample.Facts)).Next);
    }

    [Fact]
    public void A_funding_that_the_chain_does_not_take_is_sent_more_and_more_seldom()
    {
        SessionState state = new Broadcasting(Waiting.Forwards, Sample.Fee, Sample.Plan, Sample.Preimage, Sample.Signed);
        int attempt = 0;
        foreach (int seconds in new[] { 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600 })
        {
            Transition failed = Apply(state, new BroadcastFailed("no answer"));
            Assert.Equal([new BroadcastOverdue(Sample.Plan.Channel, ++attempt, "no answer")], failed.Events);
            Assert.Equal([new StartTimer(SessionTimer.Retry, TimeSpan.FromSeconds(seconds))], failed.Actions.AsEnumerable());
            state = failed.Next;
            Assert.Equal([new BroadcastFunding(Sample.Plan, Sample.Signed)], Apply(state, new TimerFired(SessionTimer.Retry)).Actions.AsEnumerable());
            foreach (SessionTimer timer in Enum.GetValues<SessionTimer>().Where(static timer => timer != SessionTimer.Retry)) Assert.Empty(Apply(state, new TimerFired(timer)).Actions);
        }
    }

    /// <summary>The node does not send it again by itself: what was sent into a block that came meanwhile may be lost.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_funding_is_sent_once_more_if_a_block_came_while_it_was_sent(bool blockCame)
    {
        SessionState state = new Broadcasting(Waiting.Forwards, Sample.Fee, Sample.Plan, Sample.Preimage, Sample.Signed);
        if (blockCame) state = Apply(state, new BlockAdded(Sample.Height)).Next;
        Transition sent = Apply(state, new FundingBroadcast());
        Assert.Equal(Phase.Confirming, sent.Next.Phase);
        SessionAction[] again = blockCame ? [new BroadcastFunding(Sample.Plan, Sample.Signed)] : [];
        Assert.Equal([new RestoreFees(Sample.Plan.Channel), .. again], sent.Actions.AsEnumerable());
    }

    [Fact]
    public void Only_the_first_signature_counts()
    {
        SessionState signed = Apply(new Broadcasting(Waiting.Forwards, Sample.Fee, Sample.Plan, Sample.Preimage), new FundingSigned(Sample.Signed)).Next;
        Transition again = Apply(signed, new FundingSigned("other"));
        Assert.Equal(signed, again.Next);
        Assert.Equal([new BroadcastFunding(Sample.Plan, Sample.Signed)], again.Actions.AsEnumerable());
    }

    [Fact]
    public void After_the_preimage_only_parts_that_bear_the_fee_are_followed()
    {
        foreach (SessionState state in new SessionState[]
        {
            new Broadcasting(Sample.Forwards(ForwardStatus.Failed, ForwardStatus.Offered), Sample.Fee, Sample.Plan, Sample.Preimage),
            new Confirming(Sample.Forwards(ForwardStatus.Failed, ForwardStatus.Offered), Sample.Fee, Sample.Plan, Sample.Preimage, Sample.Signed),
        })
        {
            Assert.Equal(state, Apply(state, new PartSettled(Sample.Part(1).Htlc, Sample.Preimage)).Next); // it bears nothing
            Assert.Equal(state, Apply(state, new PartSettled(Sample.Part(0).Htlc, Sample.Preimage)).Next); // it is decided
        }

        var open = new Broadcasting(Waiting.Forwards, Sample.Fee, Sample.Plan, Sample.Preimage);
        Assert.Equal(open with { Forwards = Sample.Forwards(ForwardStatus.Settled, ForwardStatus.Offered) }, Apply(open, new PartSettled(Sample.Part(0).Htlc, Sample.Preimage)).Next);
    }

    [Fact]
    public void News_of_an_htlc_that_has_nothing_in_common_with_a_part_are_not_looked_up()
    {
        var stranger = new HtlcKey(Scid.Of(777, 7, 7), 99);
        foreach (SessionState state in new SessionState[] { Waiting, new Underpaid(Sample.Forwards(ForwardStatus.Failed, ForwardStatus.Settled), Sample.Fee, Sample.Plan, Sample.Preimage) })
        {
            foreach (SessionInput news in new SessionInput[] { new PartFailed(stranger), new PartSettled(stranger, Sample.Preimage) })
            {
                Transition t = Apply(state, news);
                Assert.Equal((state, 0), (t.Next, t.Actions.Length));
            }
        }
    }

    [Fact]
    public void An_htlc_that_failed_is_not_under_way_again_but_may_turn_out_to_be_settled()
    {
        AwaitingSettlement one = Waiting with { Forwards = Sample.Forwards(ForwardStatus.Failed, ForwardStatus.Offered) };
        Assert.Equal(one, Apply(one, new ForwardsSeen([new ForwardSeen(Sample.Part(0).Htlc, ForwardStatus.Offered), new ForwardSeen(Sample.Part(1).Htlc, ForwardStatus.Offered)])).Next);
        Assert.Equal(Phase.Broadcasting, Apply(one, new ForwardsSeen([new ForwardSeen(Sample.Part(0).Htlc, ForwardStatus.Settled)])).Next.Phase);
        Assert.Equal(Phase.Broadcasting, Apply(one, new PartSettled(Sample.Part(0).Htlc, Sample.Preimage)).Next.Phase);
    }

    /// <summary>autoclean deletes rows; the client's balance tells what they were.</summary>
    [Fact]
    public void A_balance_settles_the_parts_that_are_not_listed_and_no_others()
    {
        AwaitingSettlement three = Waiting with { Forwards = Sample.Forwards(ForwardStatus.Failed, ForwardStatus.Offered, ForwardStatus.Offered) };
        var seen = new ForwardsSeen([new ForwardSeen(Sample.Part(2).Htlc, ForwardStatus.Offered)], ClientOwns: new Msat(25_000_000));
        Assert.Equal(Sample.Forwards(ForwardStatus.Failed, ForwardStatus.Settled, ForwardStatus.Offered), Assert.IsType<AwaitingSettlement>(Apply(three, seen).Next).Forwards);
        Assert.Equal(three, Apply(three, seen with { ClientOwns = new Msat(24_999_999) }).Next);
    }

    [Fact]
    public void A_part_of_several_that_the_node_does_not_list_is_looked_up()
    {
        var over = new ForwardingOverExisting(Sample.Forwards(ForwardStatus.Offered, ForwardStatus.Handed), Sample.Fee, Sample.Existing);
        Transition t = Apply(over, new TimerFired(SessionTimer.Listing));
        Assert.Equal(over with { Overdue = true }, t.Next);
        Assert.IsType<CheckForwards>(Assert.Single(t.Actions));
        ForwardingOverExisting listed = over with { Forwards = Sample.Forwards(ForwardStatus.Offered, ForwardStatus.Offered) };
        Assert.Empty(Apply(listed, new TimerFired(SessionTimer.Listing)).Actions);
    }

    [Fact]
    public void Once_the_offer_is_over_a_part_that_is_left_undecided_is_not_waited_for()
    {
        AwaitingSettlement half = Waiting with { Forwards = Sample.Forwards(ForwardStatus.Offered, ForwardStatus.Settled), Preimage = Sample.Preimage };
        SessionState over = Apply(half, new TimerFired(SessionTimer.Offer)).Next;
        Assert.True(Assert.IsType<Underpaid>(over).OfferOver);
        Assert.Equal(Phase.Broadcasting, Apply(over, new LossBorne()).Next.Phase);
        Assert.Equal(Waiting, Apply(Waiting, new TimerFired(SessionTimer.Offer)).Next);
    }

    [Fact]
    public void A_funding_that_is_seen_in_the_chain_was_sent()
    {
        AwaitingSettlement sent = Waiting with { Sent = new SentFunding(Sample.Signed) };
        foreach (SessionInput news in new SessionInput[] { new FundingConfirmed(new BlockCount(1)), new FundingBroadcast() })
        {
            Assert.Equal(sent with { Sent = new SentFunding(Sample.Signed, Out: true) }, SessionMachine.Apply(Sample.Trusted, sent, news).Next);
        }
    }

    [Fact]
    public void A_channel_of_a_payment_that_failed_is_looked_at_again_for_the_next_one()
    {
        var ready = new AwaitingChannelReady([Sample.Part(0)], Sample.Fee, Sample.Plan, Normal: true, Sample.Facts, Sample.Sent);
        SessionState failed = SessionMachine.Apply(Sample.Trusted, ready, new TimerFired(SessionTimer.Collect)).Next;
        Assert.Equal(new AwaitingChannelReady([], Sample.Fee, Sample.Plan, Normal: false, Facts: null, Sample.Sent), failed);
    }

    /// <summary>A funding that went out first cannot be taken back: the closed channel only ends the sale.</summary>
    [Fact]
    public void A_trusted_channel_that_is_closed_with_its_parts_unpaid_ends_as_unpaid()
    {
        AwaitingSettlement sent = Waiting with { Sent = Sample.Sent };
        Transition t = SessionMachine.Apply(Sample.Trusted, sent, new ForwardsSeen([], ChannelExists: false));
        Assert.True(Assert.IsType<Confirming>(t.Next).Unpaid);
        Assert.Contains(t.Events, happened => happened is ChannelUnpaid);
    }

    [Fact]
    public void A_change_of_phase_is_told_with_its_cause_and_nothing_else_is_one()
    {
        Transition t = Apply(Waiting, new PartSettled(Sample.Part(0).Htlc, Sample.Preimage));
        Assert.Equal([new PhaseChanged(Phase.AwaitingSettlement, Phase.Broadcasting, InputKind.PartSettled)], t.Events.OfType<PhaseChanged>());
        Assert.Empty(Apply(Waiting, new PartFailed(Sample.Part(1).Htlc)).Events.OfType<PhaseChanged>());
    }

    private static Transition Apply(SessionState state, SessionInput input) => SessionMachine.Apply(Sample.Fixed, state, input);
}
