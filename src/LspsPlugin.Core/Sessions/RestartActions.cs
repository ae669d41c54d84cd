using System.Collections.Immutable;

namespace LspsPlugin.Core.Sessions;

/// <summary>The actions that a restored state requires. This is the only recovery path.</summary>
public static class RestartActions
{
    /// <summary>Returns the actions to perform at every start. Each can be repeated safely because it checks before it acts.</summary>
    public static ImmutableArray<SessionAction> By(SessionTerms terms, SessionState state) => state.Phase switch
    {
        Phase.Collecting or Phase.Negotiating or Phase.Planning or Phase.Ended => [],
        Phase.Reserving => [CollectTimer(terms), new FindFunding(((Reserving)state).Plan)],
        Phase.Funding => [CollectTimer(terms), new FindFunding(((Funding)state).Plan)],
        Phase.AwaitingChannelReady => ((AwaitingChannelReady)state) is { Sent: { } sent } waiting
            ?
            [
                new StartDeadline(SessionTimer.Offer, terms.Offer.ValidUntil),
                new BroadcastFunding(waiting.Plan, sent.SignedPsbt),
                new PrepareChannel(waiting.Plan.Channel),
            ]
            : [CollectTimer(terms), new FindFunding(((AwaitingChannelReady)state).Plan)],
        Phase.AwaitingSettlement =>
        [
            new StartTimer(SessionTimer.Listing, terms.Limits.CollectTimeout),
            Phases.AwaitingSettlementPhase.Look((AwaitingSettlement)state),
            new PrepareChannel(((AwaitingSettlement)state).Plan.Channel),
            .. Phases.AwaitingSettlementPhase.IsPaidInPart((AwaitingSettlement)state) ? new[] { new StartDeadline(SessionTimer.Offer, terms.Offer.ValidUntil) } : [],
            .. ((AwaitingSettlement)state) is { Sent: { } funding } forwarded ? new[] { new BroadcastFunding(forwarded.Plan, funding.SignedPsbt) } : [],
        ],
        Phase.Passing => [new StartTimer(SessionTimer.Listing, terms.Limits.CollectTimeout), Phases.PassingPhase.Look((Passing)state)],
        Phase.Underpaid => [new StartDeadline(SessionTimer.Offer, terms.Offer.ValidUntil), Phases.UnderpaidPhase.Look((Underpaid)state)],
        Phase.Broadcasting => [Phases.BroadcastingPhase.Next((Broadcasting)state)],
        Phase.Confirming =>
        [
            new BroadcastFunding(((Confirming)state).Plan, ((Confirming)state).SignedPsbt),
            new RestoreFees(((Confirming)state).Plan.Channel, Again: true),
            .. Phases.ConfirmingPhase.IsFeeOpen((Confirming)state) ? new[] { Phases.ConfirmingPhase.Look((Confirming)state) } : [],
        ],
        Phase.Unwinding => [new Release(((Unwinding)state).Plan)],
    };

    /// <summary>Replayed parts are collected again: the payment must be complete within the usual timeout, counted from the start.</summary>
    private static StartTimer CollectTimer(SessionTerms terms) => new(SessionTimer.Collect, terms.Limits.CollectTimeout);
}
