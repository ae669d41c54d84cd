using LspsPlugin.Core.Sessions.Phases;

namespace LspsPlugin.Core.Sessions;

/// <summary>The state machine of a session.</summary>
public static class SessionMachine
{
    /// <summary>
    /// Returns the transition for an input. A pure and total function: no clock, no I/O, no logging, and no exception for any pair of state and
    /// input.
    /// </summary>
    public static Transition Apply(SessionTerms terms, SessionState state, SessionInput input)
    {
        Transition t = state.Phase switch
        {
            Phase.Collecting => CollectingPhase.On(terms, (Collecting)state, input),
            Phase.Negotiating or Phase.AwaitingClient or Phase.Planning or Phase.Reserving or Phase.Recovering or Phase.Completing or Phase.LocatingChannel =>
                AwaitingChannelPhase.On(terms, (AwaitingChannel)state, input),
            Phase.AwaitingChannelReady => AwaitingChannelReadyPhase.On(terms, (AwaitingChannelReady)state, input),
            Phase.AwaitingSettlement => AwaitingSettlementPhase.On(terms, (AwaitingSettlement)state, input),
            Phase.Reconnecting => ReconnectingPhase.On(terms, (Reconnecting)state, input),
            Phase.Underpaid => UnderpaidPhase.On(terms, (Underpaid)state, input),
            Phase.ForwardingOverExisting => ForwardingOverExistingPhase.On(terms, (ForwardingOverExisting)state, input),
            Phase.Broadcasting => BroadcastingPhase.On((Broadcasting)state, input),
            Phase.Confirming => ConfirmingPhase.On((Confirming)state, input),
            Phase.AwaitingOutcome or Phase.Unwinding => UnwindingPhase.On(terms, (Unwinding)state, input),
            Phase.Ended => OnEnded((Ended)state, input),
        };
        return t.Next.Phase == state.Phase ? t : t.Tell(new PhaseChanged(state.Phase, t.Next.Phase, input.Kind));
    }

    /// <summary>The registry finds another session for a part that reaches an ended session; here it only must not stay unanswered.</summary>
    private static Transition OnEnded(Ended s, SessionInput input) => input is PartArrived arrived
        ? PartIntake.RefusePart(s, arrived.Part, FailureReason.OfferTaken)
        : Transition.Ignore(s, input, "the session is over");
}
