using LspsPlugin.Core.Payments;
using LspsPlugin.Core.Sessions;
using Xunit;

namespace LspsPlugin.ModelCheck.Tests.Payments;

/// <summary>Every order of everything that can happen to a payment in up to two parts at a time.</summary>
public class PaymentModelTests(ITestOutputHelper output)
{
    private const int MostWorlds = 400_000;

    [Fact]
    public void The_process_dies_anywhere() => Holds(new Mishaps(Crashes: 1));

    [Fact]
    public void The_process_dies_anywhere_and_a_part_fails() => Holds(new Mishaps(Crashes: 1, Failures: 1), maxParts: 1);

    [Fact]
    public void The_process_dies_twice() => Holds(new Mishaps(Crashes: 2), maxParts: 1);

    [Fact]
    public void The_node_dies_anywhere() => Holds(new Mishaps(NodeCrashes: 1));

    [Fact]
    public void Calls_are_lost() => Holds(new Mishaps(LostCalls: 2), maxParts: 1);

    [Fact]
    public void A_call_is_lost_and_a_part_fails() => Holds(new Mishaps(LostCalls: 1, Failures: 1), maxParts: 1);

    [Fact]
    public void Parts_fail() => Holds(new Mishaps(Failures: 2));

    [Fact]
    public void The_node_refuses_and_gives_no_answers() => Holds(new Mishaps(Refusals: 1, BadAnswers: 1, FailedSaves: 1));

    [Fact]
    public void Saves_fail_and_the_process_dies() => Holds(new Mishaps(FailedSaves: 1, Crashes: 1), maxParts: 1);

    [Fact]
    public void A_row_is_deleted_while_the_process_is_down() => Holds(new Mishaps(Crashes: 1, TakenRows: 1), maxParts: 1);

    [Fact]
    public void A_failed_row_is_deleted_while_the_process_is_down() => Holds(new Mishaps(Crashes: 1, TakenRows: 1, Failures: 1), maxParts: 1);

    [Fact]
    public void The_caller_cancels_and_the_process_dies() => Holds(new Mishaps(Cancels: 1, Crashes: 1), maxParts: 1);

    [Fact]
    public void Searches_find_nothing_and_a_part_fails() => Holds(new Mishaps(NoRoutes: 3, Failures: 1));

    [Fact]
    public void Searches_find_nothing_and_the_process_dies() => Holds(new Mishaps(NoRoutes: 1, Crashes: 1), maxParts: 1);

    [Fact]
    public void A_payment_that_is_not_retried_finds_nothing_and_a_part_fails() => Holds(new Mishaps(NoRoutes: 1, Failures: 1, BadAnswers: 1), isRetried: false);

    [Fact]
    public void A_payment_that_is_not_retried_dies_anywhere() => Holds(new Mishaps(Crashes: 1, Failures: 1), maxParts: 1, isRetried: false);

    [Fact]
    public void A_payment_that_is_not_retried_loses_calls_and_saves() => Holds(new Mishaps(LostCalls: 1, FailedSaves: 1), maxParts: 1, isRetried: false);

    [Fact]
    public void The_caller_routes_and_parts_fail() => Holds(new Mishaps(Failures: 1), routedBy: RoutedBy.Caller);

    [Fact]
    public void The_caller_routes_and_the_process_dies() => Holds(new Mishaps(Crashes: 1), routedBy: RoutedBy.Caller);

    [Fact]
    public void The_caller_routes_and_the_node_dies() => Holds(new Mishaps(NodeCrashes: 1), routedBy: RoutedBy.Caller);

    [Fact]
    public void The_caller_routes_and_a_row_is_deleted() => Holds(new Mishaps(Crashes: 1, TakenRows: 1, Failures: 1), maxParts: 1, routedBy: RoutedBy.Caller);

    [Fact]
    public void The_caller_routes_and_cancels_and_saves_fail() => Holds(new Mishaps(Cancels: 1, FailedSaves: 1, LostCalls: 1), maxParts: 1, routedBy: RoutedBy.Caller);

    [Fact]
    public void Taking_every_part_of_the_caller_is_caught() => Caught(new Mishaps(), "parts add up to more than the amount", new PaymentBehaviour(static (terms, state, input) =>
    {
        if (input is not PartGiven given || state is not AwaitingParts) return PaymentMachine.Apply(terms, state, input);
        var more = new Attempt(new AttemptKey(state.Attempts[^1].Key.Group, state.Attempts[^1].Key.Part + 1), given.Route, given.Height, given.Height + given.Route.Delay);
        return new PaymentStep(state with { Attempts = state.Attempts.Add(more) }, [new SendAttempt(more)], []);
    }), routedBy: RoutedBy.Caller);

    [Fact]
    public void Replacing_a_part_of_the_caller_is_caught() => Caught(
        new Mishaps(Failures: 1), "routes are searched though the caller chooses them", new PaymentBehaviour(static (terms, state, input) =>
            input is AttemptFailed ? PaymentMachine.Apply(terms with { RoutedBy = RoutedBy.Payer }, state, input) : PaymentMachine.Apply(terms, state, input)), routedBy: RoutedBy.Caller);

    [Fact]
    public void Sending_before_saving_is_caught() => Caught(new Mishaps(Crashes: 1), "parts add up to more than the amount", PaymentBehaviour.Real with { SavesFirst = false });

    [Fact]
    public void A_new_group_while_the_old_one_is_pending_is_caught() => Caught(new Mishaps(Failures: 1), "two groups are pending", new PaymentBehaviour(static (terms, state, input) =>
    {
        PaymentStep step = PaymentMachine.Apply(terms, state, input);
        if (input is not RoutesFound || step.Next.Attempts.Count == state.Attempts.Count || state.Attempts.Count == 0) return step;
        Attempt last = step.Next.Attempts[^1];
        Attempt moved = last with { Key = new AttemptKey(last.Key.Group + 1, 1) };
        return step with
        {
            Next = step.Next with { Attempts = new ValueList<Attempt>([.. step.Next.Attempts.SkipLast(1), moved]) },
            Actions = [.. step.Actions.Select(action => action is SendAttempt ? new SendAttempt(moved) : action)],
        };
    }));

    [Fact]
    public void Failing_at_a_time_out_is_caught() => Caught(new Mishaps(), "a payment failed while a part can arrive", new PaymentBehaviour(static (terms, state, input) =>
        input is PaymentTimerFired { Timer: PaymentTimer.Deadline } && !state.IsOver
            ? new PaymentStep(new Failed(state.Attempts, GiveUpReason.OutOfTime), [], [])
            : PaymentMachine.Apply(terms, state, input)));

    [Fact]
    public void Giving_up_after_a_search_that_found_nothing_is_caught() => Caught(
        new Mishaps(NoRoutes: 1), "a payment failed for a lack of routes before its time was over", new PaymentBehaviour(static (terms, state, input) =>
            PaymentMachine.Apply(input is NoRouteFound ? terms with { RetryFor = TimeSpan.Zero } : terms, state, input)));

    [Fact]
    public void Taking_a_missing_row_for_failed_is_caught() => Caught(new Mishaps(Crashes: 1), "parts add up to more than the amount", new PaymentBehaviour(static (terms, state, input) =>
    {
        if (input is not RowsListed listed) return PaymentMachine.Apply(terms, state, input);
        NodeRow[] invented = [.. state.Attempts.Where(attempt => attempt.Status == AttemptStatus.Adrift && listed.Rows.All(row => row.Key != attempt.Key))
            .Select(static attempt => new NodeRow(attempt.Key, RowStatus.Failed, HtlcEvidence.None, Failure: new PartFailure(PartFailureKind.NotSent)))];
        return PaymentMachine.Apply(terms, state, listed with { Rows = [.. listed.Rows, .. invented] });
    }));

    [Fact]
    public void Not_sending_again_what_the_node_never_got_is_caught() => Caught(new Mishaps(Crashes: 1), PaymentExploration.Endless, new PaymentBehaviour(static (terms, state, input) =>
    {
        PaymentStep step = PaymentMachine.Apply(terms, state, input);
        return input is RowsListed ? step with { Actions = [.. step.Actions.Where(static action => action is not SendAttempt)] } : step;
    }), maxParts: 1);

    [Fact]
    public void Taking_a_deleted_row_for_never_sent_is_caught() => Caught(
        new Mishaps(Crashes: 1, TakenRows: 1), "a part that the receiver took is sent again", new PaymentBehaviour(static (terms, state, input) =>
            PaymentMachine.Apply(terms, state, input is RowsListed listed ? listed with { Rows = [.. listed.Rows.Where(static row => row.Status != RowStatus.Gone)] } : input)));

    private void Holds(Mishaps mishaps, int maxParts = 2, RoutedBy routedBy = RoutedBy.Payer, bool isRetried = true)
    {
        var exploration = new PaymentExploration(new PaymentModel(PaymentBehaviour.Real, mishaps, maxParts, routedBy, isRetried), MostWorlds);
        (string Rule, string Story)? broken = exploration.Run();
        output.WriteLine($"{routedBy} {isRetried} {mishaps}: {exploration.Worlds} worlds");
        Assert.True(broken is null, $"{broken?.Rule}:\n{broken?.Story}");
    }

    private static void Caught(Mishaps mishaps, string rule, PaymentBehaviour behaviour, int maxParts = 2, RoutedBy routedBy = RoutedBy.Payer)
    {
        (string Rule, string Story)? broken = new PaymentExploration(new PaymentModel(behaviour, mishaps, maxParts, routedBy), MostWorlds).Run(rule);
        Assert.Equal(rule, broken?.Rule);
    }
}
