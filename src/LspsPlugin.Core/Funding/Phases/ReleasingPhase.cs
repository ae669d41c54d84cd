using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Core.Funding.Phases;

/// <summary>Channel, opening and inputs are released, however often it takes.</summary>
internal static class ReleasingPhase
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    public static FundingStep On(Releasing s, FundingInput input) => input.FundingKind switch
    {
        FundingInputKind.Released => FundingStep.To(new Over()),
        FundingInputKind.ReleaseFailed => FundingStep.To(s with { Attempt = s.Attempt + 1 }) with
        {
            RetryAfter = Backoff.After(s.Attempt, LongestPause),
            ReleaseProblem = ((ReleaseFailed)input).Detail,
        },

        FundingInputKind.ChannelFound or FundingInputKind.OpeningStarted or FundingInputKind.OpeningFailed or FundingInputKind.FundingPlanned or FundingInputKind.InputsReserved
            or FundingInputKind.ChannelSecured or FundingInputKind.FundingAbsent => FundingStep.Ignore(s, "the release is under way"),
        FundingInputKind.ChannelNormal => FundingStep.Ignore(s, "the release checks the channel itself"),
        FundingInputKind.ClientConnected => FundingStep.Ignore(s, "the attempt is over already"),
    };
}
