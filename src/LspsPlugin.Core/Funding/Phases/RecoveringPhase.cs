namespace LspsPlugin.Core.Funding.Phases;

/// <summary>A restart found the plan on record, and looks whether its channel exists. A crash does not fail the funding: its owner may start over.</summary>
internal static class RecoveringPhase
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(2);

    public static FundingStep On(Recovering s, FundingInput input) => input.FundingKind switch
    {
        FundingInputKind.ChannelSecured => FundingStep.To(new Secured(s.Plan, Normal: false)),
        FundingInputKind.FundingAbsent => FundingStep.To(new Releasing(s.Plan), new Release(s.Plan)),

        // The lookup itself failed: nothing is known, so nothing is given up.
        FundingInputKind.OpeningFailed => FundingStep.To(s) with { RetryAfter = LookAgain, Refusal = (OpeningFailed)input },

        FundingInputKind.ChannelNormal => FundingStep.Ignore(s, "the lookup of the channel decides"),
        FundingInputKind.ClientConnected or FundingInputKind.ChannelFound or FundingInputKind.OpeningStarted or FundingInputKind.FundingPlanned or FundingInputKind.InputsReserved =>
            FundingStep.Ignore(s, "it was asked before the restart"),
        FundingInputKind.Released or FundingInputKind.ReleaseFailed => FundingStep.Ignore(s, "nothing is given up"),
    };
}
