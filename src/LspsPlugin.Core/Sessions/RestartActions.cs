using System.Collections.Immutable;
using LspsPlugin.Core.Funding;

namespace LspsPlugin.Core.Sessions;

/// <summary>The actions that a restored state requires. This is the only recovery path.</summary>
public static class RestartActions
{
    /// <summary>Returns the actions to perform at every start, for a state that <see cref="SavedState.Restore"/> returned. Each can be repeated safely because it checks before it acts.</summary>
    public static ImmutableArray<SessionAction> By(SessionTerms terms, SessionState state) => state.Phase switch
    {
        Phase.Collecting or Phase.Ended or Phase.Negotiating or Phase.AwaitingClient or Phase.Planning or Phase.Reserving or Phase.Completing or Phase.LocatingChannel
            or Phase.AwaitingOutcome or Phase.AwaitingSettlement => [],
        Phase.Recovering => [CollectTimer(terms), .. FundingMachine.AfterRestart(((AwaitingChannel)state).Funding)],
        Phase.AwaitingChannelReady => ((AwaitingChannelReady)state) is { Sent: { } sent } waiting
            ?
            [
                new StartDeadline(SessionTimer.Offer, terms.Offer.ValidUntil),
                new BroadcastFunding(waiting.Plan, sent.SignedPsbt),
                new PrepareChannel(waiting.Plan.Channel),
            ]
            : [],
        Phase.Reconnecting => By(terms, (Reconnecting)state),
        Phase.ForwardingOverExisting => [new StartTimer(SessionTimer.Listing, terms.Limits.CollectTimeout), Phases.ForwardingOverExistingPhase.Look((ForwardingOverExisting)state)],
        Phase.Underpaid => [new StartDeadline(SessionTimer.Offer, terms.Offer.ValidUntil), Phases.UnderpaidPhase.Look((Underpaid)state)],
        Phase.Broadcasting => [Phases.BroadcastingPhase.Next((Broadcasting)state)],
        Phase.Confirming =>
        [
            new BroadcastFunding(((Confirming)state).Plan, ((Confirming)state).SignedPsbt),
            new RestoreFees(((Confirming)state).Plan.Channel, Again: true),
            .. Phases.ConfirmingPhase.IsFeeOpen((Confirming)state) ? new[] { Phases.ConfirmingPhase.Look((Confirming)state) } : [],
        ],
        Phase.Unwinding => [.. FundingMachine.AfterRestart(((Unwinding)state).Funding)],
    };

    private static ImmutableArray<SessionAction> By(SessionTerms terms, Reconnecting s) =>
    [
        new StartTimer(SessionTimer.Listing, terms.Limits.CollectTimeout),
        Phases.Settlement.Look(s),
        new PrepareChannel(s.Plan.Channel),
        .. Phases.Settlement.IsPaidInPart(s) ? new[] { new StartDeadline(SessionTimer.Offer, terms.Offer.ValidUntil) } : [],
        .. s.Sent is { } funding ? new[] { new BroadcastFunding(s.Plan, funding.SignedPsbt) } : [],
    ];

    /// <summary>Replayed parts are collected again: the payment must be complete within the usual timeout, counted from the start.</summary>
    private static StartTimer CollectTimer(SessionTerms terms) => new(SessionTimer.Collect, terms.Limits.CollectTimeout);
}
