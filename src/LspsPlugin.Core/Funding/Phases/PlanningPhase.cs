namespace LspsPlugin.Core.Funding.Phases;

/// <summary>The wallet computes the funding transaction. Nothing is reserved: only the opening would have to be cancelled.</summary>
internal static class PlanningPhase
{
    public static FundingStep On(FundingTerms terms, Planning s, FundingInput input) => input.FundingKind switch
    {
        FundingInputKind.FundingPlanned => Plan(terms, s, ((FundingPlanned)input).Plan),
        FundingInputKind.OpeningFailed => FundingStep.Refused(new Releasing(Plan: null), (OpeningFailed)input),

        FundingInputKind.ClientConnected or FundingInputKind.ChannelFound or FundingInputKind.OpeningStarted => FundingStep.Ignore(s, "the client accepted already"),
        FundingInputKind.InputsReserved or FundingInputKind.ChannelSecured or FundingInputKind.FundingAbsent or FundingInputKind.ChannelNormal => FundingStep.Ignore(s, "nothing is funded"),
        FundingInputKind.Released or FundingInputKind.ReleaseFailed => FundingStep.Ignore(s, "there is no channel"),
    };

    /// <summary>
    /// Checks the cost of the plan, which is now known with the feerate that will be paid. The estimate made before the client was asked may be
    /// outdated or missing.
    /// </summary>
    private static FundingStep Plan(FundingTerms terms, Planning s, FundingPlan plan) => plan.Cost.ToMsat() > terms.Price + terms.MaxShortfall.ToMsat()
        ? FundingStep.Refused(new Releasing(Plan: null), new OpeningFailed(
            OpeningFailure.ChainTooDear, $"the channel costs {plan.Cost}, the promised fee is {terms.Price}; `lsps2-max-shortfall-sat` is {terms.MaxShortfall.Value}"))
        : FundingStep.To(new Reserving(plan, s.Opening, s.Attempt), new ReserveInputs(plan));
}
