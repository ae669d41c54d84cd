namespace LspsPlugin.Core.Funding.Phases;

/// <summary>
/// Given up while a call was pending. Now its outcome tells what must be released. A plan that was never saved reserved nothing: only the opening must
/// be cancelled.
/// </summary>
internal static class AwaitingOutcomePhase
{
    public static FundingStep On(AwaitingOutcome s, FundingInput input) => input.FundingKind switch
    {
        FundingInputKind.ChannelFound or FundingInputKind.OpeningStarted or FundingInputKind.OpeningFailed or FundingInputKind.FundingPlanned or FundingInputKind.InputsReserved
            or FundingInputKind.ChannelSecured or FundingInputKind.FundingAbsent => FundingStep.To(new Releasing(s.Plan), new Release(s.Plan)),

        FundingInputKind.ChannelNormal => FundingStep.Ignore(s, "the release checks the channel itself"),
        FundingInputKind.ClientConnected => FundingStep.Ignore(s, "the attempt is over already"),
        FundingInputKind.Released or FundingInputKind.ReleaseFailed => FundingStep.Ignore(s, "the release has not begun"),
    };
}
