namespace LspsPlugin.Core.Funding.Phases;

/// <summary>fundchannel_complete is pending. The channel id is already saved, whatever the answer is.</summary>
internal static class CompletingPhase
{
    public static FundingStep On(Completing s, FundingInput input) => input.FundingKind switch
    {
        FundingInputKind.ChannelSecured => FundingStep.To(new Secured(s.Plan, s.Normal)),
        FundingInputKind.ChannelNormal => FundingStep.To(s with { Normal = true }),
        FundingInputKind.OpeningFailed => OnFailed(s.Plan, s.Normal, (OpeningFailed)input),
        FundingInputKind.FundingAbsent => Absent(s.Plan),

        FundingInputKind.ClientConnected => FundingStep.Ignore(s, "the client accepted already"),
        FundingInputKind.ChannelFound or FundingInputKind.OpeningStarted or FundingInputKind.FundingPlanned or FundingInputKind.InputsReserved => FundingStep.Ignore(s, "the plan is made"),
        FundingInputKind.Released or FundingInputKind.ReleaseFailed => FundingStep.Ignore(s, "nothing is given up"),
    };

    public static FundingStep OnFailed(FundingPlan plan, bool normal, OpeningFailed failed) => failed.Failure == OpeningFailure.Unknown
        ? LocatingChannelPhase.Begin(plan, normal, failed)
        : FundingStep.Refused(new Releasing(plan), failed);

    public static FundingStep Absent(FundingPlan plan) => FundingStep.To(new Releasing(plan), new Release(plan)) with { Failure = OpeningFailure.NodeRefused };
}
