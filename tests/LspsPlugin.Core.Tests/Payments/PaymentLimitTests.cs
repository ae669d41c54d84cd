using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Payments;
using LspsPlugin.Core.Sessions;
using Xunit;
using static LspsPlugin.Core.Tests.Payments.PaymentSample;

namespace LspsPlugin.Core.Tests.Payments;

/// <summary>Sums, fees and bounds, to the last millisatoshi, block and part.</summary>
public class PaymentLimitTests
{
    private static readonly ValueList<Attempt> OneOfEach = [.. Enum.GetValues<AttemptStatus>().Select(static (status, i) => Attempt((ulong)i + 1, status, amount: 1000UL << i))];

    [Fact]
    public void All_that_has_not_failed_is_committed_and_what_is_neither_is_out()
    {
        // 1000 for the first status, twice as much for each further one: settled is the last but one, failed the last.
        Assert.Equal((new Msat(255_000), new Msat(800)), (OneOfEach.Committed(), OneOfEach.CommittedFee()));
        Assert.Equal(new Msat(128_000), OneOfEach.Settled());
        Assert.Equal((7, true), (OneOfEach.CountOut(), OneOfEach.AnyOut()));
        Assert.False(Attempts(AttemptStatus.Settled, AttemptStatus.Failed).AnyOut());
        Assert.Equal((0, Msat.Zero, Msat.Zero), (Attempts(AttemptStatus.Failed).CountOut(), Attempts(AttemptStatus.Failed).Committed(), Attempts(AttemptStatus.Failed).CommittedFee()));
    }

    [Theory]
    [InlineData(89_999UL, 1UL)]
    [InlineData(90_000UL, 0UL)]
    [InlineData(90_001UL, 0UL)]
    public void What_is_missing_is_never_less_than_nothing(ulong committed, ulong missing) =>
        Assert.Equal(new Msat(missing), new ValueList<Attempt>([Attempt(1, amount: committed)]).Missing(Terms));

    [Theory]
    [InlineData(99UL, 0UL)]
    [InlineData(100UL, 0UL)]
    [InlineData(101UL, 1UL)]
    public void What_is_left_of_the_fee_is_never_less_than_nothing(ulong most, ulong left) =>
        Assert.Equal(new Msat(left), Attempts(AttemptStatus.Sent).FeeLeft(Terms with { MaxFee = new Msat(most) }));

    [Fact]
    public void So_many_parts_are_out_at_a_time_and_planned_in_all()
    {
        Assert.Equal(3, Attempts().PartsLeft(Terms));
        Assert.Equal(1, Attempts(AttemptStatus.Sent, AttemptStatus.Unknown, AttemptStatus.Failed, AttemptStatus.Settled).PartsLeft(Terms));
        Assert.Equal(0, Attempts(AttemptStatus.Sent, AttemptStatus.Sent, AttemptStatus.Sent).PartsLeft(Terms));
        Assert.Equal(0, Attempts(AttemptStatus.Sent, AttemptStatus.Sent, AttemptStatus.Sent, AttemptStatus.Sent).PartsLeft(Terms));
        Assert.Equal(2, FailedSoFar(254).PartsLeft(Terms));
        Assert.Equal(1, FailedSoFar(255).PartsLeft(Terms));
        Assert.Equal(0, FailedSoFar(256).PartsLeft(Terms));
    }

    [Fact]
    public void All_are_decided_with_the_last_that_is_out()
    {
        Assert.Null(Attempts(AttemptStatus.Settled, AttemptStatus.Failed).DecidedBy());
        Attempt late = Attempt(2) with { CltvExpiry = Height + new BlockCount(100) };
        Assert.Equal(Height + new BlockCount(118), new ValueList<Attempt>([Attempt(1), late, Attempt(3)]).DecidedBy());
        Assert.Equal(Height + new BlockCount(78), new ValueList<Attempt>([Attempt(1), late with { Status = AttemptStatus.Settled }]).DecidedBy());
    }

    [Theory]
    [InlineData(0U, true)]
    [InlineData(2U, true)]
    [InlineData(3U, false)]
    public void A_part_may_be_sent_two_blocks_after_it_was_planned(uint blocks, bool fresh) => Assert.Equal(fresh, Attempt(1).IsFreshAt(Height + new BlockCount(blocks)));

    [Theory]
    [InlineData(0UL, 0UL, false)]
    [InlineData(1UL, 0UL, true)]
    [InlineData(1UL, 1UL, true)]
    public void A_route_that_delivers_nothing_is_not_sound(ulong amount, ulong fee, bool sound) => Assert.Equal(sound, Route(amount, fee).IsSound);

    [Fact]
    public void A_route_that_delivers_more_than_it_sends_is_not_sound()
    {
        Route route = Route(1000, fee: 0);
        Assert.False(new Route([route.Hops[0] with { AmountIn = new Msat(999) }, route.Hops[1]]).IsSound);
        Assert.Equal((Msat.Zero, Msat.Zero, default(BlockCount), false), (new Route([]).Amount, new Route([]).AmountSent, new Route([]).Delay, new Route([]).IsSound));
    }

    [Theory]
    [InlineData(90_000UL, 900UL, 1000U)]
    [InlineData(89_999UL, 0UL, 1U)]
    public void Routes_may_reach_every_limit(ulong amount, ulong fee, uint delay)
    {
        Route route = Route(amount, fee);
        route = new Route([route.Hops[0] with { DelayIn = new BlockCount(delay) }, route.Hops[1]]);
        PaymentRun run = new PaymentRun().On(Rows(), new RoutesFound([route], Height));
        Attempt sent = Assert.Single(run.Sent);
        Assert.Equal((route, Height, Height + new BlockCount(delay)), (sent.Route, sent.PlannedAt, sent.CltvExpiry));
    }

    [Fact]
    public void Routes_share_the_limits()
    {
        RoutesFound Both(ulong fee) => new([Route(45_000, 450, channel: 1), Route(45_000, fee, channel: 2)], Height);
        Assert.Equal(2, new PaymentRun().On(Rows(), Both(450)).Sent.Count);
        Assert.Empty(new PaymentRun().On(Rows(), Both(451)).Sent);
        Assert.Empty(new PaymentRun().On(Rows(), Found(45_000, 45_001)).Sent);
        Assert.Equal(3, new PaymentRun().On(Rows(), Found(1000, 1000, 1000)).Sent.Count);
        Assert.Empty(new PaymentRun().On(Rows(), Found(1000, 1000, 1000, 1000)).Sent);
        Assert.Empty(new PaymentRun().On(Rows(), Found(1000, 0)).Sent);
    }

    [Fact]
    public void What_is_out_counts_against_the_next_routes()
    {
        PaymentRun run = PaymentRun.ThreeOut().On(new AttemptFailed(Key(1), Temporary));
        Assert.Empty(new PaymentRun(run.State).On(Found(30_001)).Sent);
        Assert.Empty(new PaymentRun(run.State).On(new RoutesFound([Route(30_000, 701)], Height)).Sent);
        Assert.Single(new PaymentRun(run.State).On(new RoutesFound([Route(30_000, 700)], Height)).Sent);
        Assert.Empty(new PaymentRun(run.State).On(Found(15_000, 15_000)).Sent);
    }

    [Fact]
    public void The_next_part_has_the_next_number_of_the_latest_group()
    {
        Assert.Equal(Key(1), NextOf([]));
        Assert.Equal(Key(3), NextOf(Attempts(AttemptStatus.Failed, AttemptStatus.Sent)));
        Assert.Equal(Key(1, group: 1), NextOf(Attempts(AttemptStatus.Failed, AttemptStatus.Failed)));
        Assert.Equal(Key(2, group: 1), NextOf([Attempt(1, AttemptStatus.Failed), Attempt(2, AttemptStatus.Failed), Attempt(1, AttemptStatus.Sent, group: 1)]));
        Attempt ghost = Attempt(2, AttemptStatus.Failed) with { Failure = new PartFailure(PartFailureKind.Ghost) };
        Assert.Equal(Key(3), NextOf([Attempt(1, AttemptStatus.Failed), ghost]));
        Assert.Equal(Key(1, group: 2), NextOf([ghost, Attempt(1, AttemptStatus.Failed, group: 1)]));
    }

    [Fact]
    public void A_group_is_numbered_by_the_time_of_creation_and_never_zero()
    {
        Assert.Equal((ulong)Created.ToUnixTimeMilliseconds(), Terms.FirstGroup);
        Assert.Equal(1UL, (Terms with { CreatedAt = DateTimeOffset.UnixEpoch }).FirstGroup);
    }

    [Fact]
    public void What_is_not_retried_has_a_minute_for_its_one_search()
    {
        Assert.Equal((true, Created.AddSeconds(60), Created.AddSeconds(60)), (Terms.MayRetry, Terms.RetryUntil, Terms.SendUntil));
        PaymentTerms soon = Terms with { RetryFor = TimeSpan.FromSeconds(1) };
        Assert.Equal((false, Created, Created.AddSeconds(60)), (OnceTerms.MayRetry, OnceTerms.RetryUntil, OnceTerms.SendUntil));
        Assert.Equal((true, Created.AddSeconds(1), Created.AddSeconds(1)), (soon.MayRetry, soon.RetryUntil, soon.SendUntil));
        Assert.True(CallersTerms.MayRetry);
    }

    [Fact]
    public void A_lesson_counts_once_and_in_the_order_in_which_it_was_taught()
    {
        Attempt again = Attempt(3, AttemptStatus.Failed) with { Route = Attempt(1).Route };
        ValueList<Attempt> failed = [Attempt(1, AttemptStatus.Failed), Attempt(2), again];
        Assert.Equal([new ChannelConstrained(Attempt(1).Route.Hops[1].Channel, 1, new Msat(30_000))], failed.Lessons());
        Attempt other = Attempt(4, AttemptStatus.Failed) with { Failure = Onion(FailureCode.UnknownNextPeer, 0) };
        Assert.Equal(
            [new ChannelExcluded(other.Route.Hops[0].Channel, 0), new ChannelConstrained(Attempt(1).Route.Hops[1].Channel, 1, new Msat(30_000))],
            new ValueList<Attempt>([other, .. failed]).Lessons());
    }

    [Fact]
    public void A_part_that_settles_or_is_only_accepted_does_not_search_again()
    {
        PaymentRun accepted = PaymentRun.ThreeOut().On(new AttemptAccepted(Key(1)));
        Assert.Empty(accepted.Is(PaymentPhase.AwaitingParts).Actions);
        PaymentRun learned = PaymentRun.ThreeOut().On(new AttemptFailed(Key(1), Onion(FailureCode.MppTimeout, 2)));
        Assert.Equal(1, Assert.IsType<Pausing>(learned.State).Tries);
        learned = PaymentRun.ThreeOut().On(new AttemptFailed(Key(1), Temporary));
        Assert.Equal(0, Assert.IsType<Routing>(learned.State).Tries);

        // A failure that teaches what is known already teaches nothing.
        Attempt like = Attempt(2) with { Route = Attempt(1).Route };
        var waiting = new AwaitingParts([Attempt(1, AttemptStatus.Failed), like, Attempt(3)], Tries: 4);
        Assert.Equal(5, Assert.IsType<Pausing>(new PaymentRun(waiting).On(new AttemptFailed(Key(2), Temporary)).State).Tries);
    }

    [Fact]
    public void A_part_that_is_lost_outweighs_what_it_was_given_up_for()
    {
        Attempt lost = Attempt(1, AttemptStatus.Failed) with { Failure = new PartFailure(PartFailureKind.Lost) };
        PaymentRun run = new PaymentRun(new GivingUp([lost, Attempt(2)], GiveUpReason.Cancelled)).On(new AttemptFailed(Key(2), Temporary));
        Assert.Equal(GiveUpReason.PartLost, Assert.IsType<Failed>(run.State).Reason);
        run = new PaymentRun(new GivingUp(Attempts(AttemptStatus.Failed, AttemptStatus.Sent), GiveUpReason.Cancelled)).On(new AttemptFailed(Key(2), Temporary));
        Assert.Equal(GiveUpReason.Cancelled, Assert.IsType<Failed>(run.State).Reason);
    }

    [Theory]
    [InlineData(77U, false)]
    [InlineData(78U, true)]
    public void A_part_without_a_row_is_lost_at_the_height_by_which_it_is_decided_and_not_before(uint blocks, bool lost)
    {
        RowsListed look = Rows() with { Height = Height + new BlockCount(blocks) };
        PaymentState next = new PaymentRun(new AwaitingParts(Attempts(AttemptStatus.Unknown, AttemptStatus.Sent, AttemptStatus.Sent))).On(look).State;
        Assert.Equal(lost, next is GivingUp { Reason: GiveUpReason.PartLost });
        Assert.Equal(lost ? AttemptStatus.Failed : AttemptStatus.Unknown, next.Attempts[0].Status);
    }

    [Theory]
    [InlineData(HtlcEvidence.Live, false)]
    [InlineData(HtlcEvidence.OnChain, false)]
    [InlineData(HtlcEvidence.None, true)]
    [InlineData(HtlcEvidence.Resolved, true)]
    public void A_part_whose_HTLC_is_still_there_is_not_lost(HtlcEvidence htlc, bool lost)
    {
        RowsListed look = Rows(Row(1, RowStatus.Gone, htlc)) with { Height = Height + new BlockCount(500) };
        PaymentState next = new PaymentRun(new AwaitingParts(Attempts(AttemptStatus.Unknown, AttemptStatus.Sent, AttemptStatus.Sent))).On(look).State;
        Assert.Equal(lost ? AttemptStatus.Failed : AttemptStatus.Unknown, next.Attempts[0].Status);
    }

    private static AttemptKey NextOf(ValueList<Attempt> attempts) => Assert.Single(new PaymentRun(new Routing(attempts)).On(Found(1000)).Sent).Key;

    private static ValueList<Attempt> FailedSoFar(int count) => [.. Enumerable.Range(1, count).Select(static i => Attempt((ulong)i, AttemptStatus.Failed))];

    [Fact]
    public void One_route_that_takes_too_long_spoils_the_answer()
    {
        Route slow = new([Route(45_000).Hops[0] with { DelayIn = new BlockCount(1001) }, Route(45_000).Hops[1]]);
        Assert.Empty(new PaymentRun().On(Rows(), new RoutesFound([Route(45_000), slow], Height)).Sent);
        Assert.Empty(new PaymentRun().On(Rows(), new RoutesFound([slow, Route(45_000)], Height)).Sent);
    }

    [Fact]
    public void A_part_on_record_without_a_route_stops_no_search()
    {
        Attempt strange = Attempt(1, AttemptStatus.Failed) with { Route = new Route([]) };
        var run = new PaymentRun(new Pausing([strange, Attempt(2, AttemptStatus.Failed)], Tries: 2));
        Assert.Equal(new Msat(90_000), Assert.Single(run.On(new PaymentTimerFired(PaymentTimer.Retry)).Actions.OfType<FindRoutes>()).Amount);
    }
}
