namespace LspsPlugin.Core.Funding.Phases;

/// <summary>The answer of fundchannel_complete was lost, so the channel may exist: it is looked up.</summary>
internal static class LocatingChannelPhase
{
    private static readonly TimeSpan LookAfter = TimeSpan.FromSeconds(1);

    public static FundingStep Begin(FundingPlan plan, bool normal, OpeningFailed lost) =>
        FundingStep.To(new LocatingChannel(plan, normal)) with { RetryAfter = LookAfter, Refusal = lost };

    public static FundingStep On(LocatingChannel s, FundingInput input) => input.FundingKind switch
    {
        FundingInputKind.ChannelSecured => FundingStep.To(new Secured(s.Plan, s.Normal)),
        FundingInputKind.ChannelNormal => FundingStep.To(s with { Normal = true }),
        FundingInputKind.OpeningFailed => CompletingPhase.OnFailed(s.Plan, s.Normal, (OpeningFailed)input),
        FundingInputKind.FundingAbsent => CompletingPhase.Absent(s.Plan),

        FundingInputKind.ClientConnected => FundingStep.Ignore(s, "the client accepted already"),
        FundingInputKind.ChannelFound or FundingInputKind.OpeningStarted or FundingInputKind.FundingPlanned or FundingInputKind.InputsReserved => FundingStep.Ignore(s, "the plan is made"),
        FundingInputKind.Released or FundingInputKind.ReleaseFailed => FundingStep.Ignore(s, "nothing is given up"),
    };
}
