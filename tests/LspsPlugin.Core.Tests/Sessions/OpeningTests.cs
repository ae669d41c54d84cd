using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Core.Tests.Sessions;

public class OpeningTests
{
    private static readonly AwaitingChannel Asking = new(Sample.Parts(2), Sample.Fee, new Negotiating());
    private static readonly AwaitingChannel Planned = new(Sample.Parts(2), Sample.Fee, new Reserving(Sample.Plan, Sample.Opening));
    private static readonly AwaitingChannel Completing = new(Sample.Parts(2), Sample.Fee, new Completing(Sample.Plan));
    private static readonly AwaitingChannelReady Secured = new(Sample.Parts(2), Sample.Fee, Sample.Plan);

    [Fact]
    [Trait("Requirement", "R52-66")]
    [Covers("B03")]
    public void A_client_that_rejects_ends_payment_and_offer_for_good()
    {
        Transition t = Apply(Asking, new OpeningFailed(OpeningFailure.ClientRejected, "They sent ERROR"));
        Assert.Equal("400a", Reason(t).ToOnion(Sample.Part(0)).Message);
        Assert.True(Reason(t).EndsOffer());
    }

    [Fact]
    [Trait("Requirement", "R52-67")]
    [Covers("B04")]
    public void A_client_that_disconnects_costs_a_retry_and_not_the_offer()
    {
        Transition t = Apply(Completing, new OpeningFailed(OpeningFailure.ClientDisconnected, "Disconnected"));
        Assert.Equal("10070000", Reason(t).ToOnion(Sample.Part(0)).Message);
        Assert.False(Reason(t).EndsOffer());
        Assert.Contains(new Release(Sample.Plan), t.Actions);
        Assert.Equal(Phase.Unwinding, t.Next.Phase);
    }

    [Fact]
    [Covers("B11")]
    public void An_attempt_over_whose_channel_nothing_went_out_has_failed()
    {
        Transition t = Apply(Secured, new TimerFired(SessionTimer.ChannelReady));
        Assert.Equal((Phase.Unwinding, FailureReason.ChannelNotReady), (t.Next.Phase, Reason(t)));
        Assert.Equal(Outcome.Failed, Assert.IsType<Ended>(Apply(t.Next, new Released()).Next).Outcome);
    }

    [Fact]
    public void A_restart_that_cannot_look_gives_up_in_time_and_releases()
    {
        Transition failed = Apply(new AwaitingChannel(Sample.Parts(2), Sample.Fee, new Recovering(Sample.Plan)), new OpeningFailed(OpeningFailure.Unknown, "timeout"));
        Transition t = Apply(failed.Next, new BlockAdded(new BlockHeight(Sample.Height.Value + 295)));
        Assert.Contains(new Release(Sample.Plan), t.Actions);
    }

    [Fact]
    [Covers("B01")]
    public void An_absent_client_is_waited_for_and_asked_when_it_comes()
    {
        Transition away = Apply(Asking, new OpeningFailed(OpeningFailure.ClientOffline, "no address"));
        Assert.Equal(Phase.AwaitingClient, away.Next.Phase);
        Assert.DoesNotContain(away.Actions, action => action is FailParts);
        Assert.Contains(new StartOpening(new Msat(99_000_000), 2, new Msat(1_000_000)), Apply(away.Next, new ClientConnected()).Actions);
        Assert.Equal(FailureReason.ClientOffline, Reason(Apply(away.Next, new TimerFired(SessionTimer.ClientWait))));
    }

    [Fact]
    public void A_chain_that_became_too_dear_sends_the_parts_back_for_a_retry_and_the_offer_stays()
    {
        Transition t = Apply(Asking, new OpeningFailed(OpeningFailure.ChainTooDear, "the channel would cost more"));
        FailParts failed = Assert.Single(t.Actions.OfType<FailParts>());
        Assert.Equal(OnionFailure.TemporaryChannelFailure, failed.Reason.ToOnion(failed.Parts[0]));
        Assert.Equal((Outcome.Failed, FailureReason.ChainTooDear), (((Ended)t.Next).Outcome, ((Ended)t.Next).Reason));
        Assert.False(FailureReason.ChainTooDear.EndsOffer());
    }

    [Fact]
    [Covers("B06")]
    public void Inputs_that_others_took_are_chosen_anew_a_few_times()
    {
        SessionState state = Planned;
        for (int i = 0; i < 3; i++)
        {
            Transition again = Apply(state, new OpeningFailed(OpeningFailure.InputsTaken, "already reserved"));
            Assert.Equal(new PlanFunding(Sample.Opening), Assert.Single(again.Actions));
            state = Apply(again.Next, new FundingPlanned(Sample.Plan)).Next;
        }

        Assert.Equal(FailureReason.NoFunds, Reason(Apply(state, new OpeningFailed(OpeningFailure.InputsTaken, "already reserved"))));
    }

    [Fact]
    [Covers("B09")]
    public void A_lost_answer_to_the_funding_is_asked_for_and_not_guessed()
    {
        Transition t = Apply(Completing, new OpeningFailed(OpeningFailure.Unknown, "lost"));
        Assert.Equal(SessionTimer.Retry, Assert.IsType<StartTimer>(Assert.Single(t.Actions)).Timer);
        Assert.Equal(new FindFunding(Sample.Plan), Assert.Single(Apply(t.Next, new TimerFired(SessionTimer.Retry)).Actions));
        Assert.Empty(Apply(Completing, new TimerFired(SessionTimer.Retry)).Actions); // not while the call is still out
        Assert.Equal(Phase.AwaitingChannelReady, Apply(t.Next, new ChannelSecured()).Next.Phase);
        Assert.Equal(Phase.Unwinding, Apply(t.Next, new FundingAbsent()).Next.Phase);
    }

    /// <summary>A release may be refused for hours, and the look after a restart as well.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Covers("A36")]
    public void Parts_that_wait_for_a_release_or_a_look_wait_no_longer_than_any_others(bool afterRestart)
    {
        SessionState waiting = afterRestart
            ? new AwaitingChannel(Parts: [], Sample.Fee, new Recovering(Sample.Plan))
            : new Unwinding(FailureReason.PaymentRejected, new Releasing(Sample.Plan), Sample.Fee, Held: [], Forwards: [], ChannelExisted: true);
        Transition first = Apply(waiting, Sample.Arrives(0)), second = Apply(first.Next, Sample.Arrives(1));
        Assert.Equal(new StartTimer(SessionTimer.Collect, Sample.Limits.CollectTimeout), Assert.Single(first.Actions));
        Assert.Empty(second.Actions);
        Transition over = Apply(second.Next, new TimerFired(SessionTimer.Collect));
        Assert.Equal(new FailParts([Sample.Part(0), Sample.Part(1)], FailureReason.CollectTimeout), Assert.Single(over.Actions));
        Assert.Equal(waiting, over.Next);
        Assert.Equal(first.Actions, Apply(over.Next, Sample.Arrives(2)).Actions); // what comes then has its own time
    }

    [Fact]
    [Covers("A37")]
    public void Parts_that_become_too_old_while_their_channel_is_opened_go_back_and_nobody_is_blamed()
    {
        var third = new BlockAdded(new BlockHeight(Sample.Height.Value + 3));
        foreach (SessionState opening in (SessionState[])[Asking, new AwaitingChannel(Sample.Parts(2), Sample.Fee, new Planning(Sample.Opening)), Planned, Completing, Secured])
        {
            Assert.Equal(opening, Apply(opening, new BlockAdded(new BlockHeight(Sample.Height.Value + 2))).Next);
            Transition t = Apply(opening, third);
            Assert.Equal((opening == Secured ? Phase.Unwinding : Phase.AwaitingOutcome, FailureReason.HeldTooLong), (t.Next.Phase, Reason(t)));
        }

        // Of a channel that is there to stay nothing is lost by a wallet that refuses; it may have asked for the time.
        var open = new AwaitingChannelReady(Sample.Parts(2), Sample.Fee, Sample.Plan, Sent: Sample.Sent);
        Assert.Equal(open, SessionMachine.Apply(Sample.Trusted, open, third).Next);
    }

    /// <summary>The payment was whole when its channel was planned; how long the node was down is not known, how long ago that was is.</summary>
    [Fact]
    [Covers("A37")]
    public void What_a_restart_brings_back_is_as_old_as_the_plan()
    {
        var looking = new AwaitingChannel(Parts: [], Sample.Fee, new Recovering(Sample.Plan));
        Part first = Sample.Parts(2)[0] with { Since = null }, second = Sample.Parts(2)[1] with { Since = null };
        Assert.Equal(Phase.Recovering, Apply(looking, new PartArrived(first, new BlockHeight(Sample.Height.Value + 2))).Next.Phase);
        var later = new BlockHeight(Sample.Height.Value + 3);
        Transition t = Apply(looking, new PartArrived(first, later));
        Assert.Equal((Phase.Unwinding, FailureReason.HeldTooLong), (t.Next.Phase, Reason(t)));
        Assert.Contains(new Release(Sample.Plan), t.Actions);
        Assert.Equal(new FailParts([second], FailureReason.HeldTooLong), Assert.Single(Apply(t.Next, new PartArrived(second, later)).Actions));
    }

    [Fact]
    [Covers("A39")]
    public void What_makes_the_channel_too_large_goes_back_and_the_rest_is_asked_for_again()
    {
        ValueList<Part> parts = [Sample.Part(0, 30_000_000), Sample.Part(1, 60_000_000), Sample.Part(2, 20_000_000), Sample.Part(3, 70_000_000)];
        Transition t = Apply(new AwaitingChannel(parts, Sample.Fee, new Negotiating()), new OpeningFailed(OpeningFailure.ChannelTooLarge, "because"));
        Assert.Contains(new FailParts([parts[3]], FailureReason.ChannelTooLarge), t.Actions);
        Assert.Contains(new StartOpening(new Msat(109_000_000), 3, Sample.Fee), t.Actions);
        Transition none = Apply(new AwaitingChannel(Sample.Parts(2), Sample.Fee, new Negotiating()), new OpeningFailed(OpeningFailure.ChannelTooLarge, "because"));
        Assert.Equal((Phase.Ended, FailureReason.ChannelTooLarge, "10070000"), (none.Next.Phase, Reason(none), Reason(none).ToOnion(parts[0]).Message));
        Assert.False(Reason(none).IsClients() || Reason(none).EndsOffer());
    }

    [Fact]
    [Covers("A39")]
    public void A_size_that_was_sold_is_kept_when_the_operator_allows_less()
    {
        SessionTerms lowered = Sample.Fixed with { Limits = Sample.Limits with { MaxChannel = new Sat(120_000) } };
        Assert.Equal(new Sat(165_000), lowered.MostCapacity);
        Assert.Equal(Sample.Limits.MaxChannel, Sample.Fixed.MostCapacity);
    }

    [Fact]
    [Covers("A27", "A36")]
    public void What_a_restart_clears_away_takes_of_the_time_for_collecting()
    {
        var looking = new AwaitingChannel(Sample.Parts(4)[..2], Sample.Fee, new Recovering(Sample.Plan));
        Transition t = Apply(looking, new FundingAbsent());
        Assert.Contains(new StartTimer(SessionTimer.Collect, Sample.Limits.CollectTimeout), t.Actions);
        Transition collecting = Apply(t.Next, new Released());
        Assert.Equal(Phase.Collecting, collecting.Next.Phase);
        Assert.DoesNotContain(collecting.Actions, action => action is StartTimer);
        Assert.Equal(Phase.Ended, Apply(collecting.Next, new TimerFired(SessionTimer.Collect)).Next.Phase);
    }

    [Theory]
    [InlineData(InputKind.ChannelSecured)]
    [InlineData(InputKind.OpeningFailed)]
    [Covers("A22")]
    public void Running_out_of_blocks_while_funding_fails_the_parts_at_once_and_releases_after_the_outcome(InputKind outcome)
    {
        Transition t = Apply(Completing, new BlockAdded(new BlockHeight(Sample.Height.Value + 295)));
        Assert.Equal(FailureReason.CltvTooClose, Assert.Single(t.Actions.OfType<FailParts>()).Reason);
        Assert.DoesNotContain(t.Actions, action => action is Release);
        SessionInput known = outcome == InputKind.ChannelSecured ? new ChannelSecured() : new OpeningFailed(OpeningFailure.NodeRefused, "");
        Assert.Contains(new Release(Sample.Plan), Apply(t.Next, known).Actions);
    }

    [Fact]
    [Trait("Requirement", "R52-79")]
    [Trait("Requirement", "R52-81")]
    [Covers("A01")]
    [Trait("Requirement", "R52-76")]
    public void A_ready_channel_forwards_every_part_with_the_fee_taken_once()
    {
        Transition t = Apply(Secured, new ChannelReady(Sample.Facts));
        ForwardParts forward = Assert.Single(t.Actions.OfType<ForwardParts>());
        Assert.Equal(99_000_000UL, forward.Forwards.Aggregate(0UL, (sum, f) => sum + f.Amount.Value));
        Assert.Equal([1_000_000UL, 0UL], forward.Forwards.Select(f => f.OpeningFee.Value));
        Assert.Equal(Phase.AwaitingSettlement, t.Next.Phase);
    }

    [Fact]
    [Trait("Requirement", "R52-64")]
    [Covers("B13")]
    public void A_client_that_asks_for_too_long_a_delay_is_not_forwarded_to()
    {
        Transition t = Apply(Secured, new ChannelReady(Sample.Facts with { ToSelfDelay = new BlockCount(2017) }));
        Assert.Equal(FailureReason.ClientDelayTooLong, Reason(t));
        Assert.Contains(new Release(Sample.Plan), t.Actions);
    }

    [Fact]
    [Covers("A10", "A11")]
    public void Late_parts_that_the_channel_cannot_carry_are_given_back_and_the_payment_goes_on()
    {
        var late = Sample.Part(7, 60_000_000);
        Transition t = Apply(Secured with { Parts = Secured.Parts.Add(late) }, new ChannelReady(Sample.Facts));
        Assert.Equal(2, Assert.Single(t.Actions.OfType<ForwardParts>()).Forwards.Count);
        Assert.Equal([late], Assert.Single(t.Actions.OfType<FailParts>()).Parts);
    }

    [Theory]
    [InlineData(FailureReason.InFlightLimit, 60_000_000, 0, 99, 1)]
    [InlineData(FailureReason.ReserveLimit, 500_000_000, 90_000_000, 99, 1)]
    [InlineData(FailureReason.PartsLimit, 500_000_000, 0, 1, 1)]
    [InlineData(FailureReason.HtlcMinimum, 500_000_000, 0, 99, 51_000_000)]
    public void A_limit_of_the_clients_software_is_told_by_its_name_and_counts_against_nobody(FailureReason limit, ulong inFlight, ulong reserve, int slots, ulong minimum)
    {
        ChannelFacts facts = Sample.Facts with { InFlight = new Msat(inFlight), Reserve = new Msat(reserve), Slots = slots, HtlcMinimum = new Msat(minimum) };
        if (reserve > 0) facts = facts with { Spendable = new Msat(50_000_000) };
        Transition t = Apply(Secured, new ChannelReady(facts));
        Assert.Equal(limit, Reason(t));
        Assert.Equal("1007", Reason(t).ToOnion(Sample.Part(0)).Message[..4]);
        Assert.False(limit.IsClients() || limit.EndsOffer());
        Assert.Contains(t.Events, happened => happened is StepFailed { Detail: var detail } && detail.Contains(facts.ToString(), StringComparison.Ordinal));

        // One that allows less than it did when the channel was sized for it does so on purpose.
        Assert.True(Reason(Apply(Secured, new ChannelReady(facts with { Narrowed = true }))).IsClients());
    }

    [Fact]
    public void Limits_are_read_before_a_funding_goes_out_that_nobody_paid_for()
    {
        SessionTerms trusting = Sample.Fixed with { Offer = Sample.Fixed.Offer with { ClientTrustsLsp = false } };
        Transition t = SessionMachine.Apply(trusting, Secured, new FundingSigned("signed", Facts: Sample.Facts with { InFlight = new Msat(60_000_000) }));
        Assert.DoesNotContain(t.Actions, action => action is BroadcastFunding);
        Assert.Equal(FailureReason.InFlightLimit, Reason(t));
        Assert.Equal(Phase.Unwinding, t.Next.Phase);
    }

    [Fact]
    public void A_client_that_is_busy_is_asked_again_and_costs_nothing()
    {
        Transition t = Apply(Asking, new OpeningFailed(OpeningFailure.ClientBusy, "Number of pending channels exceed maximum"));
        Assert.Equal(Phase.AwaitingClient, t.Next.Phase);
        Assert.DoesNotContain(t.Actions, action => action is FailParts);
        Assert.False(FailureReason.ClientBusy.IsClients() || FailureReason.ClientBusy.EndsOffer());
    }

    [Fact]
    public void A_plan_that_costs_too_much_is_dropped_before_its_inputs_are_reserved()
    {
        Sat bearable = new((Sample.Fee.Value / 1000) + Sample.Fixed.Limits.MaxShortfall.Value);
        var planning = new AwaitingChannel(Sample.Parts(2), Sample.Fee, new Planning(Sample.Opening));
        Assert.Equal(Phase.Reserving, Apply(planning, new FundingPlanned(Sample.Plan with { Cost = bearable })).Next.Phase);
        Transition t = Apply(planning, new FundingPlanned(Sample.Plan with { Cost = new Sat(bearable.Value + 1) }));
        Assert.Equal(FailureReason.ChainTooDear, Reason(t));
        Assert.DoesNotContain(t.Actions, action => action is ReserveInputs);
    }

    [Fact]
    [Covers("S01")]
    public void A_state_that_cannot_be_saved_gives_the_attempt_up()
    {
        Assert.Equal(FailureReason.NotRecorded, Reason(Apply(new AwaitingChannel(Sample.Parts(2), Sample.Fee, new Planning(Sample.Opening)), new SaveFailed(Phase.Reserving))));
        Assert.Equal(FailureReason.NotRecorded, Reason(Apply(Secured, new SaveFailed(Phase.AwaitingSettlement))));
    }

    [Fact]
    [Covers("S08")]
    public void A_restart_that_finds_no_channel_starts_over_with_the_replayed_parts()
    {
        SessionState state = new AwaitingChannel([], Sample.Fee, new Recovering(Sample.Plan));
        state = Apply(state, new PartArrived(Sample.Parts(2)[0], Sample.Height)).Next;
        Transition absent = Apply(state, new FundingAbsent());
        Assert.DoesNotContain(absent.Actions, action => action is FailParts);
        state = Apply(absent.Next, new PartArrived(Sample.Parts(2)[1], Sample.Height)).Next;
        Assert.Equal(Phase.Negotiating, Apply(state, new Released()).Next.Phase);
    }

    private static Transition Apply(SessionState state, SessionInput input) => SessionMachine.Apply(Sample.Fixed, state, input);

    private static FailureReason Reason(Transition t) => Assert.Single(t.Actions.OfType<FailParts>()).Reason;
}
