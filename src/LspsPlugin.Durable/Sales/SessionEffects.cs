using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Durable.Sales;

/// <summary>The node calls of one session, in the order that its locks allow.</summary>
internal sealed class SessionEffects(SessionTerms terms, IActionExecutor executor, OpeningLocks locks) : IEffects<NodeAction, SessionInput>
{
    /// <inheritdoc/>
    public string Name(NodeAction effect) => $"{effect.GetType().Name} for {terms.Offer.JitScid}";

    /// <inheritdoc/>
    public bool IsLook(NodeAction effect) => effect.IsLook;

    /// <summary>Nothing is released while its funding is being signed or sent, because either may reserve the inputs again.</summary>
    public SessionInput? Defer(NodeAction effect, IReadOnlyCollection<NodeAction> pending) =>
        effect is Release && pending.Any(static other => other is SignFunding or BroadcastFunding) ? new ReleaseFailed("the funding is still being signed or sent") : null;

    /// <inheritdoc/>
    public ValueTask EnterAsync(NodeAction effect) => locks.EnterForAsync(effect);

    /// <inheritdoc/>
    public ValueTask<SessionInput> RunAsync(NodeAction effect, CancellationToken stopping) => effect switch
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

    /// <inheritdoc/>
    public SessionInput Unknown(NodeAction effect, string detail) => UnknownOutcome(effect, detail);

    /// <summary>Returns the outcome of a call of which nobody knows whether it was done.</summary>
    public static SessionInput UnknownOutcome(NodeAction effect, string detail) => effect switch
    {
        SignFunding or BroadcastFunding => new BroadcastFailed(detail),
        RestoreFees => new RestoreFailed(detail),
        Release => new ReleaseFailed(detail),
        _ => new OpeningFailed(OpeningFailure.Unknown, detail),
    };
}
