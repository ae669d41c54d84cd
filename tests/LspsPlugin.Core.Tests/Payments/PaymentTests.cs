using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Payments;
using LspsPlugin.Core.Sessions;
using Xunit;
using static LspsPlugin.Core.Tests.Payments.PaymentSample;

namespace LspsPlugin.Core.Tests.Payments;

/// <summary>Payments from their beginning to their end.</summary>
public class PaymentTests
{
    [Fact]
    public void It_looks_routes_sends_and_succeeds()
    {
        var run = new PaymentRun();
        Assert.Equal([new ArmDeadline(PaymentTimer.Deadline, Created.AddSeconds(60)), new LookAtRows()], PaymentMachine.OnRestart(Terms, run.State));
        run.On(Rows()).Is(PaymentPhase.Routing);
        Assert.Equal([new FindRoutes(new Msat(90_000), new Msat(900), 3, [])], run.Actions);
        run.On(Found(60_000, 30_000)).Is(PaymentPhase.AwaitingParts);
        Assert.Equal([Key(1), Key(2)], run.Sent.Select(static attempt => attempt.Key));
        run.On(new AttemptAccepted(Key(1)), new AttemptSettled(Key(1), Proof)).Is(PaymentPhase.Settling);
        run.On(new AttemptSettled(Key(2), Proof)).Is(PaymentPhase.Succeeded);
        Assert.Equal((new Msat(90_000), new Msat(200)), (run.State.Attempts.Settled(), run.State.Attempts.CommittedFee()));
    }

    [Fact]
    public void A_part_that_fails_is_replaced_in_the_same_group_while_others_are_out()
    {
        PaymentRun run = PaymentRun.ThreeOut().On(new AttemptFailed(Key(2), Temporary)).Is(PaymentPhase.Routing);
        Assert.Equal([new FindRoutes(new Msat(30_000), new Msat(700), 1, [new ChannelConstrained(run.Part(2).Route.Hops[1].Channel, 1, new Msat(30_000))])], run.Actions);
        run.On(Found(30_000));
        Assert.Equal(Key(4), Assert.Single(run.Sent).Key);
    }

    [Fact]
    public void A_new_group_begins_only_when_all_parts_have_failed()
    {
        PaymentRun run = PaymentRun.ThreeOut().On(new AttemptFailed(Key(1), Temporary), new AttemptFailed(Key(2), Temporary), new AttemptFailed(Key(3), Temporary), Found(90_000));
        Assert.Equal(Key(1, group: 1), Assert.Single(run.Sent).Key);
    }

    [Fact]
    public void What_fails_while_routes_are_searched_is_searched_for_next()
    {
        PaymentRun run = PaymentRun.ThreeOut().On(new AttemptFailed(Key(1), Temporary), new AttemptFailed(Key(2), Temporary), Found(30_000)).Is(PaymentPhase.Routing);
        Assert.Single(run.Sent);
        Assert.Equal(new Msat(30_000), Assert.Single(run.Actions.OfType<FindRoutes>()).Amount);
    }

    [Fact]
    public void A_failure_that_teaches_nothing_pauses_first()
    {
        PaymentRun run = PaymentRun.ThreeOut().On(new AttemptFailed(Key(1), Onion(FailureCode.MppTimeout, 2))).Is(PaymentPhase.Pausing);
        Assert.Equal([new ArmTimer(PaymentTimer.Retry, TimeSpan.FromSeconds(1))], run.Actions);
        run.On(new PaymentTimerFired(PaymentTimer.Retry)).Is(PaymentPhase.Routing);
    }

    [Fact]
    public void A_search_that_fails_is_repeated_more_and_more_seldom()
    {
        PaymentRun run = new PaymentRun().On(Rows());
        foreach (int seconds in new[] { 1, 2, 4, 8, 15, 15 })
        {
            run.On(new RouteSearchFailed("no answer")).Is(PaymentPhase.Pausing);
            Assert.Equal(new ArmTimer(PaymentTimer.Retry, TimeSpan.FromSeconds(seconds)), Assert.Single(run.Actions));
            run.On(new PaymentTimerFired(PaymentTimer.Retry)).Is(PaymentPhase.Routing);
        }
    }

    [Theory]
    [InlineData(false, GiveUpReason.NoRoute)]
    [InlineData(true, GiveUpReason.FeeCap)]
    public void Without_routes_it_searches_until_the_time_is_over_and_says_what_it_found(bool tooExpensive, GiveUpReason reason)
    {
        PaymentRun run = new PaymentRun().On(Rows());
        foreach (int seconds in new[] { 1, 2, 4, 8, 15, 15 })
        {
            run.On(new NoRouteFound(tooExpensive, "none")).Is(PaymentPhase.Pausing);
            Assert.Equal([new ArmTimer(PaymentTimer.Retry, TimeSpan.FromSeconds(seconds))], run.Actions);
            Assert.Equal(reason, Reason(new PaymentRun(run.State).On(new PaymentTimerFired(PaymentTimer.Deadline))));
            run.On(new PaymentTimerFired(PaymentTimer.Retry)).Is(PaymentPhase.Routing);
        }

        Assert.Equal(reason, Reason(new PaymentRun(run.State).On(new PaymentTimerFired(PaymentTimer.Deadline))));
    }

    [Fact]
    public void The_last_search_that_ended_says_the_reason_until_a_part_goes_out()
    {
        PaymentInput retry = new PaymentTimerFired(PaymentTimer.Retry), deadline = new PaymentTimerFired(PaymentTimer.Deadline);
        PaymentRun run = new PaymentRun().On(Rows(), new NoRouteFound(IsTooExpensive: false, "none"), retry, new NoRouteFound(IsTooExpensive: true, "dear"), retry);
        run.On(new RouteSearchFailed("no answer"));
        Assert.Equal(GiveUpReason.FeeCap, Reason(new PaymentRun(run.State).On(deadline)));
        run.On(retry, Found(90_000), new AttemptFailed(Key(1), Onion(FailureCode.MppTimeout, 2))).Is(PaymentPhase.Pausing);
        Assert.Equal(GiveUpReason.OutOfTime, Reason(run.On(deadline)));
        Assert.Equal(GiveUpReason.OutOfTime, Reason(new PaymentRun().On(Rows(), new RouteSearchFailed("no answer"), deadline)));
    }

    [Fact]
    public void A_payment_that_is_not_retried_gets_routes_once()
    {
        Assert.Contains(new ArmDeadline(PaymentTimer.Deadline, Created.AddSeconds(60)), PaymentMachine.OnRestart(OnceTerms, new Initiated()));
        Assert.Equal(GiveUpReason.NoRoute, Reason(new PaymentRun(terms: OnceTerms).On(Rows(), new NoRouteFound(IsTooExpensive: false, "none"))));
        Assert.Equal(GiveUpReason.NoRoute, Reason(new PaymentRun(terms: OnceTerms).On(Rows(), Found(89_999))));
        new PaymentRun(terms: OnceTerms).On(Rows(), new RouteSearchFailed("no answer"), new PaymentTimerFired(PaymentTimer.Retry)).Is(PaymentPhase.Routing);
        PaymentRun run = new PaymentRun(terms: OnceTerms).On(Rows(), Found(60_000, 30_000)).Is(PaymentPhase.AwaitingParts);
        run.On(new AttemptFailed(Key(1), Temporary)).Is(PaymentPhase.GivingUp);
        Assert.Equal(GiveUpReason.OutOfTime, Reason(run.On(new AttemptFailed(Key(2), Temporary))));
    }

    [Fact]
    public void Parts_of_a_payment_that_is_not_retried_are_sent_again_only_if_none_has_failed()
    {
        PaymentRun run = new PaymentRun(terms: OnceTerms).On(Rows(), Found(60_000, 30_000)).Restart().Is(PaymentPhase.Recovering);
        Assert.Equal(2, new PaymentRun(run.State, OnceTerms).On(Rows()).Is(PaymentPhase.AwaitingParts).Sent.Count);
        Assert.Empty(new PaymentRun(run.State, OnceTerms).On(Rows(Row(1, RowStatus.Failed))).Is(PaymentPhase.GivingUp).Sent);
        Assert.Single(new PaymentRun(run.State).On(Rows(Row(1, RowStatus.Failed))).Sent);
    }

    private static GiveUpReason Reason(PaymentRun run) => Assert.IsType<Failed>(run.State).Reason;

    [Fact]
    public void Without_routes_but_with_parts_out_it_goes_on_searching()
    {
        PaymentRun run = PaymentRun.ThreeOut().On(new AttemptFailed(Key(2), Temporary));
        for (int i = 0; i < 10; i++) run.On(new NoRouteFound(IsTooExpensive: false, "none"), new PaymentTimerFired(PaymentTimer.Retry)).Is(PaymentPhase.Routing);
    }

    /// <summary>A JIT channel says so of every part until all have come, and the search knows this node's own channels.</summary>
    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    public void After_a_search_that_found_nothing_a_hint_and_a_channel_of_ours_may_have_liquidity_again(int erring, bool isHinted)
    {
        PaymentTerms terms = isHinted ? Terms with { Hints = [[new RouteHint(Hop, Scid.Of(2, 10, 0), 0, new Ppm(0), 144)]] } : Terms;
        PaymentRun run = new PaymentRun(terms: terms).On(Rows(), Found(90_000), new AttemptFailed(Key(1), Onion(FailureCode.TemporaryChannelFailure, erring)));
        Assert.IsType<ChannelConstrained>(Assert.Single(Lessons(run)));
        run.On(new NoRouteFound(IsTooExpensive: false, "none"), new PaymentTimerFired(PaymentTimer.Retry));
        Assert.Empty(Lessons(run));
    }

    [Theory]
    [InlineData(FailureCode.TemporaryChannelFailure)]
    [InlineData(FailureCode.UnknownNextPeer)]
    [InlineData(FailureCode.TemporaryNodeFailure)]
    public void After_a_search_that_found_nothing_everything_else_still_counts(FailureCode code)
    {
        PaymentRun run = new PaymentRun().On(Rows(), Found(90_000), new AttemptFailed(Key(1), Onion(code, 1)));
        ValueList<Lesson> before = Lessons(run);
        Assert.Single(before);
        run.On(new NoRouteFound(IsTooExpensive: false, "none"), new PaymentTimerFired(PaymentTimer.Retry));
        Assert.Equal(before, Lessons(run));
    }

    private static ValueList<Lesson> Lessons(PaymentRun run) => Assert.Single(run.Actions.OfType<FindRoutes>()).Lessons;

    [Theory]
    [InlineData(100_000UL, 0UL, 60U)]
    [InlineData(90_000UL, 901UL, 60U)]
    [InlineData(90_000UL, 0UL, 1001U)]
    [InlineData(0UL, 0UL, 60U)]
    public void Routes_beyond_the_limits_are_not_used(ulong amount, ulong fee, uint delay)
    {
        Route route = Route(amount, fee);
        route = new Route([route.Hops[0] with { DelayIn = new BlockCount(delay) }, route.Hops[1]]);
        PaymentRun run = new PaymentRun().On(Rows(), new RoutesFound([route], Height)).Is(PaymentPhase.Pausing);
        Assert.Empty(run.State.Attempts);
    }

    [Fact]
    public void The_destinations_refusal_ends_it_when_the_other_parts_have_failed()
    {
        PaymentRun run = PaymentRun.ThreeOut().On(new AttemptFailed(Key(1), Refusal)).Is(PaymentPhase.GivingUp);
        run.On(new AttemptFailed(Key(2), Temporary)).Is(PaymentPhase.GivingUp);
        run.On(new AttemptFailed(Key(3), Temporary)).Is(PaymentPhase.Failed);
        Assert.Equal(GiveUpReason.Refused, Assert.IsType<Failed>(run.State).Reason);
    }

    [Fact]
    public void A_part_that_settles_after_it_was_given_up_makes_it_succeed() =>
        PaymentRun.ThreeOut().On(new PaymentTimerFired(PaymentTimer.Deadline)).Is(PaymentPhase.GivingUp)
            .On(new AttemptFailed(Key(1), Temporary), new AttemptFailed(Key(2), Temporary), new AttemptSettled(Key(3), Proof)).Is(PaymentPhase.Succeeded);

    [Fact]
    public void Cancelling_waits_for_the_parts_that_are_out()
    {
        PaymentRun run = PaymentRun.ThreeOut().On(new PaymentCancelled()).Is(PaymentPhase.GivingUp);
        Assert.Equal(new BlockHeight(800_078), run.State.Attempts.DecidedBy());
        Assert.Equal(GiveUpReason.Cancelled, Assert.IsType<Failed>(new PaymentRun().On(new PaymentCancelled()).State).Reason);
    }

    [Fact]
    public void A_wrong_preimage_proves_nothing()
    {
        PaymentRun run = PaymentRun.ThreeOut().On(new AttemptSettled(Key(1), Wrong)).Is(PaymentPhase.AwaitingParts);
        Assert.Equal(AttemptStatus.Watched, run.Part(1).Status);
        Assert.Contains(new LookAtRows(), run.Actions);
        run.On(Rows(Row(1, RowStatus.Complete) with { Preimage = Wrong })).Is(PaymentPhase.AwaitingParts);
    }

    [Fact]
    public void A_hash_that_is_being_paid_by_another_program_is_not_paid()
    {
        Assert.Equal(GiveUpReason.ForeignPayment, Assert.IsType<Failed>(new PaymentRun().On(Rows(Row(1, RowStatus.Pending, group: 9))).State).Reason);
        new PaymentRun().On(Rows(Row(1, RowStatus.Pending, HtlcEvidence.NeverCommitted, group: 9))).Is(PaymentPhase.Routing);
        PaymentRun late = PaymentRun.ThreeOut();
        foreach (ulong part in new ulong[] { 1, 2, 3 }) late.On(new AttemptNotSent(Key(part), IsForeign: true, "in progress"));
        Assert.Equal(GiveUpReason.ForeignPayment, Assert.IsType<Failed>(late.State).Reason);
    }

    [Fact]
    public void A_hash_that_is_paid_already_succeeds_without_a_part() =>
        Assert.Equal(new Succeeded([], Proof), new PaymentRun().On(Rows(Row(1, RowStatus.Complete, group: 9))).State);

    [Fact]
    public void A_payment_plans_so_many_parts_and_no_more()
    {
        PaymentRun run = new PaymentRun().On(Rows());
        ulong planned = 0;
        while (run.State is Routing)
        {
            run.On(Found(90_000));
            planned++;
            run.On(new AttemptFailed(run.State.Attempts[^1].Key, Temporary));
            if (run.State is Pausing) run.On(new PaymentTimerFired(PaymentTimer.Retry));
        }

        Assert.Equal((ulong)PaymentTerms.MaxAttempts, planned);
        Assert.Equal(GiveUpReason.TooManyAttempts, Assert.IsType<Failed>(run.State).Reason);
    }

    [Fact]
    public void Parts_that_could_not_be_saved_are_not_sent_and_planned_again()
    {
        PaymentState routing = new PaymentRun().On(Rows()).State;
        PaymentState next = PaymentMachine.Apply(Terms, routing, Found(90_000)).Next;
        PaymentStep without = PaymentMachine.NotSaved(Terms, routing, next);
        Assert.Equal(new Pausing([]), without.Next);
        Assert.DoesNotContain(without.Actions, static action => action is SendAttempt);
        Assert.Same(next, PaymentMachine.NotSaved(Terms, next, PaymentMachine.Apply(Terms, next, new AttemptFailed(Key(1), Temporary)).Next).Next);
    }

    [Fact]
    public void The_request_is_the_same_whenever_it_is_made()
    {
        Assert.True(Terms.IsSameRequest(Terms with { CreatedAt = Created.AddDays(1) }));
        Assert.False(Terms.IsSameRequest(Terms with { MaxFee = new Msat(901) }));
        Assert.False(Terms.IsSameRequest(Terms with { Layers = ["mine"] }));
    }

    [Fact]
    public void What_changed_is_told_and_what_did_not_is_not()
    {
        PaymentRun run = new PaymentRun().On(Rows());
        Assert.Equal([new PaymentPhaseChanged(PaymentPhase.Initiated, PaymentPhase.Routing, PaymentInputKind.RowsListed)], run.Events);
        run.On(Found(60_000, 30_000));
        Assert.Equal([new AttemptsPlanned(run.State.Attempts), new PaymentPhaseChanged(PaymentPhase.Routing, PaymentPhase.AwaitingParts, PaymentInputKind.RoutesFound)], run.Events);
        run.On(new AttemptAccepted(Key(2)));
        Assert.Equal([new AttemptChanged(run.Part(2), AttemptStatus.Planned)], run.Events);
        run.On(new AttemptAccepted(Key(2)));
        Assert.Equal(PaymentPhase.AwaitingParts, Assert.IsType<PaymentInputIgnored>(Assert.Single(run.Events)).Phase);
        run.On(new AttemptFailed(Key(1), Refusal));
        Assert.Equal([new AttemptChanged(run.Part(1), AttemptStatus.Planned), new PaymentPhaseChanged(PaymentPhase.AwaitingParts, PaymentPhase.GivingUp, PaymentInputKind.AttemptFailed)], run.Events);
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("a\n", false)]
    [InlineData("order 1", true)]
    public void A_name_has_up_to_64_characters(string text, bool good)
    {
        Assert.Equal(good, PaymentId.TryParse(text, out PaymentId id));
        Assert.Equal(good ? new PaymentId(text) : default, id);
        Assert.Equal(good ? text : "", id.ToString());
        Assert.True(PaymentId.TryParse(new string('a', 64), out _));
        Assert.False(PaymentId.TryParse(new string('a', 65), out _));
    }
}
