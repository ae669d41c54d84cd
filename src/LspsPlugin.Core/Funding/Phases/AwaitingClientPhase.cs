using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Core.Funding.Phases;

/// <summary>Waits for a client that is offline or busy (R52-67). Nothing is pending.</summary>
internal static class AwaitingClientPhase
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    public static FundingStep Begin(int attempt, OpeningFailed failed) =>
        FundingStep.To(new AwaitingClient(attempt + 1)) with { RetryAfter = Backoff.After(attempt, LongestPause), Refusal = failed };

    public static FundingStep On(FundingTerms terms, AwaitingClient s, FundingInput input) => input.FundingKind switch
    {
        FundingInputKind.ClientConnected => Again(terms, s),

        FundingInputKind.OpeningStarted or FundingInputKind.OpeningFailed or FundingInputKind.ChannelFound => FundingStep.Ignore(s, "the client was gone"),
        FundingInputKind.FundingPlanned or FundingInputKind.InputsReserved or FundingInputKind.ChannelSecured or FundingInputKind.FundingAbsent or FundingInputKind.ChannelNormal =>
            FundingStep.Ignore(s, "nothing is funded"),
        FundingInputKind.Released or FundingInputKind.ReleaseFailed => FundingStep.Ignore(s, "there is no channel"),
    };

    public static FundingStep Again(FundingTerms terms, AwaitingClient s) => FundingStep.To(new Negotiating(s.Attempt), terms.Request);
}
