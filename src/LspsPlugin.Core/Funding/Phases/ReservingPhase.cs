namespace LspsPlugin.Core.Funding.Phases;

/// <summary>The plan is saved and its inputs are being reserved.</summary>
internal static class ReservingPhase
{
    /// <summary>How often new inputs are selected when others reserve ours first.</summary>
    private const int MostPlans = 4;

    public static FundingStep On(Reserving s, FundingInput input) => input.FundingKind switch
    {
        FundingInputKind.InputsReserved => FundingStep.To(new Completing(s.Plan), new CompleteFunding(s.Plan)),
        FundingInputKind.OpeningFailed => OnFailed(s, (OpeningFailed)input),

        FundingInputKind.ClientConnected => FundingStep.Ignore(s, "the client accepted already"),
        FundingInputKind.ChannelFound or FundingInputKind.OpeningStarted or FundingInputKind.FundingPlanned => FundingStep.Ignore(s, "the plan is made"),
        FundingInputKind.ChannelSecured or FundingInputKind.FundingAbsent or FundingInputKind.ChannelNormal => FundingStep.Ignore(s, "nothing is funded"),
        FundingInputKind.Released or FundingInputKind.ReleaseFailed => FundingStep.Ignore(s, "nothing is given up"),
    };

    /// <summary>
    /// An input was reserved by somebody else after planning: nothing of ours is reserved, and the remaining inputs are planned with.
    /// </summary>
    private static FundingStep OnFailed(Reserving s, OpeningFailed failed) => failed.Failure == OpeningFailure.InputsTaken && s.Attempt + 1 < MostPlans
        ? FundingStep.To(new Planning(s.Opening, s.Attempt + 1), new PlanFunding(s.Opening))
        : FundingStep.Refused(new Releasing(s.Plan), failed);
}
