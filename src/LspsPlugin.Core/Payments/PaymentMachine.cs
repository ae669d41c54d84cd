using System.Collections.Immutable;
using LspsPlugin.Core.Payments.Phases;

namespace LspsPlugin.Core.Payments;

/// <summary>The state machine of a payment.</summary>
public static class PaymentMachine
{
    /// <summary>
    /// Returns the transition for an input. A pure and total function: no clock, no I/O, no logging, and no exception for any pair of state and input.
    /// </summary>
    public static PaymentStep Apply(PaymentTerms terms, PaymentState state, PaymentInput input)
    {
        PaymentStep step = state.Phase switch
        {
            PaymentPhase.Initiated => InitiatedPhase.On(terms, (Initiated)state, input),
            PaymentPhase.Recovering => RecoveringPhase.On(terms, (Recovering)state, input),
            PaymentPhase.Routing => RoutingPhase.On(terms, (Routing)state, input),
            PaymentPhase.Pausing => PausingPhase.On(terms, (Pausing)state, input),
            PaymentPhase.AwaitingParts => AwaitingPartsPhase.On(terms, (AwaitingParts)state, input),
            PaymentPhase.GivingUp => GivingUpPhase.On(terms, (GivingUp)state, input),
            PaymentPhase.Settling => SettlingPhase.On(terms, (Settling)state, input),
            PaymentPhase.Succeeded or PaymentPhase.Failed => PaymentStep.Ignore(state, input, "the payment is final"),
        };
        return step.Next.Phase == state.Phase ? step : step.Tell(new PaymentPhaseChanged(state.Phase, step.Next.Phase, input.Kind));
    }

    /// <summary>
    /// Returns what to do when <paramref name="next"/> could not be saved. Parts that the payer planned are not sent then, and planned again later. Everything else
    /// has happened already, or cannot be planned again, as a part of the caller: <paramref name="state"/> is returned unchanged, and the save must be repeated
    /// until it succeeds.
    /// </summary>
    public static PaymentStep NotSaved(PaymentTerms terms, PaymentState state, PaymentState next) => terms.RoutedBy == RoutedBy.Payer && next.Attempts.Count > state.Attempts.Count
        ? PausingPhase.Begin(state.Attempts, tries: 1)
        : PaymentStep.To(state);

    /// <summary>Returns the actions that a payment needs when it begins, and when it is restored from its record: the only recovery path.</summary>
    public static ImmutableArray<PaymentAction> OnRestart(PaymentTerms terms, PaymentState state) => state.Phase switch
    {
        PaymentPhase.Initiated or PaymentPhase.Recovering => terms.RoutedBy == RoutedBy.Payer
            ? [new ArmDeadline(PaymentTimer.Deadline, terms.SendUntil), new LookAtRows()]
            : [new LookAtRows()],
        PaymentPhase.GivingUp or PaymentPhase.Settling => [new LookAtRows()],

        // No record is restored as one of these.
        PaymentPhase.Routing or PaymentPhase.Pausing or PaymentPhase.AwaitingParts => [],
        PaymentPhase.Succeeded or PaymentPhase.Failed => [],
    };
}
