namespace LspsPlugin.Core.Funding.Phases;

/// <summary>Asks the client for a channel (R52-58).</summary>
internal static class NegotiatingPhase
{
    public static FundingStep On(FundingTerms terms, Negotiating s, FundingInput input) => input.FundingKind switch
    {
        FundingInputKind.OpeningStarted => FundingStep.To(new Planning(((OpeningStarted)input).Opening), new PlanFunding(((OpeningStarted)input).Opening)),
        FundingInputKind.OpeningFailed => OnFailed(s, (OpeningFailed)input),

        FundingInputKind.ChannelFound => FundingStep.Ignore(s, "the owner decides whether that channel is enough"),
        FundingInputKind.ClientConnected => FundingStep.Ignore(s, "the client is being asked"),
        FundingInputKind.FundingPlanned or FundingInputKind.InputsReserved or FundingInputKind.ChannelSecured or FundingInputKind.FundingAbsent or FundingInputKind.ChannelNormal =>
            FundingStep.Ignore(s, "nothing is funded"),
        FundingInputKind.Released or FundingInputKind.ReleaseFailed => FundingStep.Ignore(s, "there is no channel"),
    };

    private static FundingStep OnFailed(Negotiating s, OpeningFailed failed) => failed.Failure switch
    {
        // It is asked again while the owner waits, like a client that was offline.
        OpeningFailure.ClientOffline or OpeningFailure.ClientBusy => AwaitingClientPhase.Begin(s.Attempt, failed),

        // The answer was lost: an opening may be pending on the node and must be cancelled.
        OpeningFailure.Unknown => FundingStep.Refused(new Releasing(Plan: null), failed),

        OpeningFailure.ClientDisconnected or OpeningFailure.ClientRejected or OpeningFailure.ClientDelayTooLong or OpeningFailure.ClientLimits or OpeningFailure.NoFunds
            or OpeningFailure.InputsTaken or OpeningFailure.NodeRefused or OpeningFailure.ChainTooDear or OpeningFailure.TrustSpent or OpeningFailure.ChannelTooLarge =>
            FundingStep.Refused(new Over(), failed),
    };
}
