using System.Collections.Immutable;
using LspsPlugin.Core.Funding.Phases;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Core.Funding;

/// <summary>
/// The state machine of a channel's funding, from the question to the client until the channel exists with a withheld funding, and of its release. It
/// does not know what the channel is for: a JIT sale is its first owner.
/// </summary>
public static class FundingMachine
{
    /// <summary>Returns the step for an answer of the node or a notification. Pure and total, like <see cref="SessionMachine.Apply"/>.</summary>
    public static FundingStep Apply(FundingTerms terms, FundingState state, FundingInput input) => state.Phase switch
    {
        FundingPhase.Negotiating => NegotiatingPhase.On(terms, (Negotiating)state, input),
        FundingPhase.AwaitingClient => AwaitingClientPhase.On(terms, (AwaitingClient)state, input),
        FundingPhase.Planning => PlanningPhase.On(terms, (Planning)state, input),
        FundingPhase.Reserving => ReservingPhase.On((Reserving)state, input),
        FundingPhase.Recovering => RecoveringPhase.On((Recovering)state, input),
        FundingPhase.Completing => CompletingPhase.On((Completing)state, input),
        FundingPhase.LocatingChannel => LocatingChannelPhase.On((LocatingChannel)state, input),
        FundingPhase.AwaitingOutcome => AwaitingOutcomePhase.On((AwaitingOutcome)state, input),
        FundingPhase.Releasing => ReleasingPhase.On((Releasing)state, input),
        FundingPhase.Secured => FundingStep.Ignore(state, "the channel exists"),
        FundingPhase.Over => FundingStep.Ignore(state, "the funding is over"),
    };

    /// <summary>Returns the step when the time is over for which the last one asked (<see cref="FundingStep.RetryAfter"/>).</summary>
    public static FundingStep Retry(FundingTerms terms, FundingState state) => state.Phase switch
    {
        FundingPhase.AwaitingClient => AwaitingClientPhase.Again(terms, (AwaitingClient)state),
        FundingPhase.Recovering => FundingStep.To(state, new FindFunding(((Recovering)state).Plan)),
        FundingPhase.LocatingChannel => FundingStep.To(state, new FindFunding(((LocatingChannel)state).Plan)),
        FundingPhase.Releasing => FundingStep.To(state, new Release(((Releasing)state).Plan)),
        FundingPhase.Negotiating => FundingStep.Ignore(state, "the client is being asked"),
        FundingPhase.Planning or FundingPhase.Reserving or FundingPhase.Completing => FundingStep.Ignore(state, "the node answers within its own deadline"),
        FundingPhase.AwaitingOutcome => FundingStep.Ignore(state, "the outcome of the pending call is awaited"),
        FundingPhase.Secured or FundingPhase.Over => FundingStep.Ignore(state, "nothing is repeated"),
    };

    /// <summary>
    /// Returns the step when the owner gives up. While a call is pending its outcome is awaited first, because it determines what must be released.
    /// After a restart, or when an answer was lost, only a lookup can be pending, and its outcome need not be awaited.
    /// </summary>
    public static FundingStep GiveUp(FundingState state) => state.Phase switch
    {
        FundingPhase.AwaitingClient => FundingStep.To(new Over()),
        FundingPhase.Negotiating or FundingPhase.Planning or FundingPhase.Reserving or FundingPhase.Completing => FundingStep.To(new AwaitingOutcome(state.KnownPlan)),
        FundingPhase.Recovering or FundingPhase.LocatingChannel or FundingPhase.Secured => Release(state.KnownPlan),
        FundingPhase.AwaitingOutcome or FundingPhase.Releasing or FundingPhase.Over => FundingStep.Ignore(state, "it is given up already"),
    };

    /// <summary>Returns the step when the state could not be saved: before the plan is on record, nothing may be done with it.</summary>
    public static FundingStep NotSaved(FundingState state) => state.Phase switch
    {
        FundingPhase.Negotiating or FundingPhase.AwaitingClient => FundingStep.To(new Over()),
        FundingPhase.Planning => Release(plan: null),
        FundingPhase.Reserving or FundingPhase.Recovering or FundingPhase.Completing or FundingPhase.LocatingChannel or FundingPhase.Secured =>
            FundingStep.Ignore(state, "the plan is saved already"),
        FundingPhase.AwaitingOutcome or FundingPhase.Releasing or FundingPhase.Over => FundingStep.Ignore(state, "the save is retried"),
    };

    /// <summary>Returns the actions that a restored state requires. What was not saved did nothing that needs one.</summary>
    public static ImmutableArray<NodeAction> AfterRestart(FundingState state) => state switch
    {
        Recovering s => [new FindFunding(s.Plan)],
        Releasing s => [new Release(s.Plan)],
        _ => [],
    };

    /// <summary>Returns the step that releases a funding which went as far as <paramref name="plan"/>; null when only an opening may be pending.</summary>
    public static FundingStep Release(FundingPlan? plan) => FundingStep.To(new Releasing(plan), new Release(plan));
}
