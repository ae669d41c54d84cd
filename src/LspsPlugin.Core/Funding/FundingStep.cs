using System.Collections.Immutable;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Core.Funding;

/// <summary>The result of one input: the state to save first, then the actions to perform.</summary>
public readonly record struct FundingStep(FundingState Next, ImmutableArray<NodeAction> Actions)
{
    /// <summary>After what time the owner calls <see cref="FundingMachine.Retry"/>; null when nothing waits for time.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The refusal that the owner reports, if the node or the client refused something.</summary>
    public OpeningFailed? Refusal { get; init; }

    /// <summary>Why the release failed, if it did.</summary>
    public string? ReleaseProblem { get; init; }

    /// <summary>
    /// Why the funding failed; null when it did not. A plan whose channel does not exist after a restart has not failed: it may start over.
    /// </summary>
    public OpeningFailure? Failure { get; init; }

    /// <summary>Why the input was ignored; null when it was not.</summary>
    public string? Ignored { get; init; }

    internal static FundingStep To(FundingState next, params ImmutableArray<NodeAction> actions) => new(next, actions);

    internal static FundingStep Ignore(FundingState same, string because) => new(same, []) { Ignored = because };

    /// <summary>Fails with a refusal of the node or the client; <paramref name="left"/> is what must still be released.</summary>
    internal static FundingStep Refused(FundingState left, OpeningFailed refusal) =>
        new(left, left is Releasing releasing ? [new Release(releasing.Plan)] : []) { Failure = refusal.Failure, Refusal = refusal };
}
