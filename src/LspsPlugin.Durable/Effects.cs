using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Durable;

/// <summary>Maps actions to the methods of <see cref="IActionExecutor"/>.</summary>
internal static class Effects
{
    public static ValueTask<SessionInput> RunAsync(IActionExecutor executor, SessionTerms terms, NodeAction effect, CancellationToken stopping) => effect switch
    {
        StartOpening a => executor.StartOpeningAsync(terms, a, stopping),
        PlanFunding a => executor.PlanFundingAsync(terms, a, stopping),
        ReserveInputs a => executor.ReserveInputsAsync(terms, a, stopping),
        CompleteFunding a => executor.CompleteFundingAsync(terms, a, stopping),
        FindFunding a => executor.FindFundingAsync(terms, a, stopping),
        PrepareChannel a => executor.PrepareChannelAsync(terms, a, stopping),
        CheckForwards a => executor.CheckForwardsAsync(terms, a, stopping),
        SignFunding a => executor.SignFundingAsync(terms, a, stopping),
        BroadcastFunding a => executor.BroadcastFundingAsync(terms, a, stopping),
        RestoreFees a => executor.RestoreFeesAsync(terms, a, stopping),
        Release a => executor.ReleaseAsync(terms, a, stopping),
        _ => throw new InvalidOperationException($"no way to perform {effect}"),
    };

    /// <summary>Returns the outcome of an action when it is unknown whether it was done.</summary>
    public static SessionInput Unknown(NodeAction effect, string detail) => effect switch
    {
        SignFunding or BroadcastFunding => new BroadcastFailed(detail),
        RestoreFees => new RestoreFailed(detail),
        Release => new ReleaseFailed(detail),
        _ => new OpeningFailed(OpeningFailure.Unknown, detail),
    };
}
