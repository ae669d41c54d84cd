using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Payments;
using LspsPlugin.Core.Sessions;
using Xunit;
using static LspsPlugin.Core.Tests.Payments.PaymentSample;

namespace LspsPlugin.Core.Tests.Payments;

/// <summary>A payment over routes that its caller chooses.</summary>
public class GivenPartTests
{
    [Fact]
    public void A_part_is_sent_when_the_rows_say_that_nobody_else_pays()
    {
        PaymentRun run = Begun(30_000);
        Assert.Equal(SavedPayment.Of(run.State), SavedPayment.Of(new Recovering(Attempts: [Planned(1, 30_000)])));
        run.On(Rows()).Is(PaymentPhase.AwaitingParts);
        Assert.Equal([Key(1)], run.Sent.Select(static attempt => attempt.Key));
    }

    [Fact]
    public void A_part_that_comes_meanwhile_is_sent_with_it()
    {
        PaymentRun run = Begun(30_000).On(Given(60_000)).Is(PaymentPhase.Initiated).On(Rows());
        Assert.Equal([Key(1), Key(2)], run.Sent.Select(static attempt => attempt.Key));
    }

    [Fact]
    public void What_another_program_pays_is_left_to_it()
    {
        PaymentRun run = Begun(30_000).On(Rows(Row(1, RowStatus.Pending, group: 9)));
        Assert.Equal((GiveUpReason.ForeignPayment, PartFailureKind.NotSent), (Assert.IsType<Failed>(run.State).Reason, run.Part(1).Failure!.Kind));
    }

    [Fact]
    public void A_hash_that_is_paid_already_succeeds_without_the_part()
    {
        PaymentRun run = Begun(30_000).On(Rows(Row(1, RowStatus.Complete, group: 9))).Is(PaymentPhase.Succeeded);
        Assert.Equal([AttemptStatus.Failed], run.Statuses);
        Assert.Empty(run.Sent);
    }

    /// <summary>The looks failed for so long that the receiver would refuse the part for its expiry.</summary>
    [Fact]
    public void A_part_that_was_not_sent_in_time_fails()
    {
        PaymentRun run = Begun(30_000).On(new LookFailed("no answer"), Rows() with { Height = Height + new BlockCount(3) });
        Assert.Equal(GiveUpReason.PartsFailed, Assert.IsType<Failed>(run.State).Reason);
    }

    [Fact]
    public void Parts_join_until_the_amount_is_out()
    {
        PaymentRun run = Sent(30_000).On(Given(60_000));
        Assert.Equal([new AttemptKey(Group, 2)], run.Sent.Select(static attempt => attempt.Key));
        Assert.Equal(PartProblem.TooMuch, Problem(run, 1));
        Assert.Empty(run.On(Given(1)).Sent);
        run.On(new AttemptFailed(Key(2), Temporary)).Is(PaymentPhase.AwaitingParts);
        Assert.Equal([new AttemptKey(Group, 3)], run.On(Given(45_000)).Sent.Select(static attempt => attempt.Key));
    }

    [Fact]
    public void It_fails_when_all_parts_have_and_searches_no_routes()
    {
        PaymentRun run = Sent(30_000).On(Given(60_000), new AttemptFailed(Key(1), Refusal)).Is(PaymentPhase.AwaitingParts);
        Assert.Empty(run.Actions);
        run.On(new AttemptFailed(Key(2), Temporary));
        Assert.Equal(GiveUpReason.PartsFailed, Assert.IsType<Failed>(run.State).Reason);
        Assert.Empty(run.Actions);
    }

    [Fact]
    public void A_part_that_settles_completes_it()
    {
        PaymentRun run = Sent(30_000).On(Given(60_000), new AttemptSettled(Key(2), Proof)).Is(PaymentPhase.Settling);
        Assert.Equal((PaymentStatus.Succeeded, Proof), (SavedPayment.Of(run.State).Status, SavedPayment.Of(run.State).Preimage));
        Assert.Equal(PartProblem.Succeeded, Problem(run, 1));
        run.On(new AttemptSettled(Key(1), Proof)).Is(PaymentPhase.Succeeded);
    }

    [Fact]
    public void A_new_part_begins_a_failed_one_again_in_a_new_group()
    {
        PaymentRun run = Sent(90_000).On(new AttemptFailed(Key(1), Refusal)).Is(PaymentPhase.Failed);
        Assert.Null(Problem(run, 90_000));
        run = new PaymentRun(GivenParts.Begin(CallersTerms, run.State.Attempts, Given(90_000)), CallersTerms).On(Rows(Row(1, RowStatus.Failed))).Is(PaymentPhase.AwaitingParts);
        Assert.Equal([Key(1, group: 1)], run.Sent.Select(static attempt => attempt.Key));
    }

    /// <summary>The row of a ghost stays pending, and the node accepts no other group beside it.</summary>
    [Fact]
    public void After_a_ghost_it_begins_again_in_the_same_group()
    {
        PaymentRun run = Sent(90_000).Restart().On(Rows(Row(1, RowStatus.Pending, HtlcEvidence.NeverCommitted))).Is(PaymentPhase.Failed);
        run = new PaymentRun(GivenParts.Begin(CallersTerms, run.State.Attempts, Given(90_000)), CallersTerms).On(Rows(Row(1, RowStatus.Pending, HtlcEvidence.None)));
        Assert.Equal([Key(2)], run.Sent.Select(static attempt => attempt.Key));
    }

    [Fact]
    public void A_part_that_may_have_been_lost_to_the_receiver_ends_it_for_good()
    {
        PaymentRun run = Sent(30_000).On(new AttemptAccepted(Key(1))).Restart().On(Rows(), Rows() with { Height = Height + new BlockCount(1000) });
        Assert.Equal(GiveUpReason.PartLost, Assert.IsType<Failed>(run.State).Reason);
        Assert.Equal(PartProblem.GivenUp, Problem(run, 60_000));
    }

    [Fact]
    public void A_cancelled_one_takes_no_part_while_parts_are_out()
    {
        PaymentRun run = Sent(30_000).On(new PaymentCancelled()).Is(PaymentPhase.GivingUp);
        Assert.Equal(PartProblem.GivenUp, Problem(run, 60_000));
        Assert.Empty(run.On(Given(60_000)).Sent);
        run.On(new AttemptFailed(Key(1), Temporary)).Is(PaymentPhase.Failed);
        Assert.Null(Problem(run, 60_000));
    }

    [Fact]
    public void A_cancelled_one_that_was_not_sent_fails_at_once() =>
        Assert.Equal(GiveUpReason.Cancelled, Assert.IsType<Failed>(Begun(30_000).On(new PaymentCancelled()).State).Reason);

    [Fact]
    public void A_restart_sends_what_the_node_never_got_and_nothing_else()
    {
        PaymentRun run = Sent(30_000).Restart().Is(PaymentPhase.Recovering);
        Assert.Equal([new LookAtRows()], run.Actions);
        run.On(Rows()).Is(PaymentPhase.AwaitingParts);
        Assert.Equal([AttemptStatus.Resent], run.Sent.Select(static attempt => attempt.Status));
        Assert.Equal([Key(2)], run.On(Given(60_000)).Sent.Select(static attempt => attempt.Key));
    }

    [Fact]
    public void A_part_that_could_not_be_saved_is_saved_until_it_is()
    {
        PaymentState before = Sent(30_000).State, next = PaymentMachine.Apply(CallersTerms, before, Given(60_000)).Next;
        Assert.Same(before, PaymentMachine.NotSaved(CallersTerms, before, next).Next);
    }

    [Theory]
    [InlineData(RoutedBy.Payer, 30_000UL, PartProblem.RoutedByPayer)]
    [InlineData(RoutedBy.Caller, 90_001UL, PartProblem.TooMuch)]
    [InlineData(RoutedBy.Caller, 90_000UL, null)]
    public void A_part_must_fit(RoutedBy routedBy, ulong amount, PartProblem? problem) =>
        Assert.Equal(problem, GivenParts.ProblemOf(CallersTerms with { RoutedBy = routedBy }, SavedPayment.New, Route(amount)));

    [Fact]
    public void A_part_must_end_where_the_payment_goes_and_take_no_longer_than_it_may()
    {
        Assert.Equal(PartProblem.OtherDestination, GivenParts.ProblemOf(CallersTerms, SavedPayment.New, new Route([.. Route(1).Hops.Take(1)])));
        Assert.Equal(PartProblem.Unsound, GivenParts.ProblemOf(CallersTerms with { MaxDelay = new BlockCount(59) }, SavedPayment.New, Route(1)));
        Assert.Equal(PartProblem.NeedsSecret, GivenParts.ProblemOf(CallersTerms with { Secret = null }, SavedPayment.New, Route(1)));
        Assert.Null(GivenParts.ProblemOf(CallersTerms with { Secret = null }, SavedPayment.New, Route(90_000)));
        var full = new ValueList<Attempt>([.. Enumerable.Range(1, PaymentTerms.MaxAttempts).Select(static i => Attempt((ulong)i, AttemptStatus.Failed))]);
        Assert.Equal(PartProblem.TooManyParts, GivenParts.ProblemOf(CallersTerms, new SavedPayment(PaymentStatus.Failed, full, GiveUpReason.PartsFailed), Route(1)));
    }

    [Fact]
    public void A_part_may_take_the_whole_delay_and_what_is_left_of_the_fee()
    {
        PaymentTerms terms = CallersTerms with { MaxDelay = new BlockCount(60), MaxFee = new Msat(250) };
        Assert.Null(GivenParts.ProblemOf(terms, SavedPayment.New, Route(1, fee: 250)));
        Assert.Equal(PartProblem.TooMuch, GivenParts.ProblemOf(terms, SavedPayment.New, Route(1, fee: 251)));
        SavedPayment one = SavedPayment.Of(Sent(30_000).State);
        Assert.Null(GivenParts.ProblemOf(terms, one, Route(60_000, fee: 150)));
        Assert.Equal(PartProblem.TooMuch, GivenParts.ProblemOf(terms, one, Route(60_000, fee: 151)));
    }

    private static Attempt Planned(ulong part, ulong amount) => new(Key(part), Given(amount).Route, Height, Height + new BlockCount(60));

    private static PaymentRun Begun(ulong amount) => new(GivenParts.Begin(CallersTerms, [], Given(amount)), CallersTerms);

    private static PaymentRun Sent(ulong amount) => Begun(amount).On(Rows()).Is(PaymentPhase.AwaitingParts);

    private static PartProblem? Problem(PaymentRun run, ulong amount) => GivenParts.ProblemOf(CallersTerms, SavedPayment.Of(run.State), Route(amount));
}
