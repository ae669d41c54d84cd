using System.Collections.Immutable;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Core.Payments.Phases;

/// <summary>What an answer or a look says about the parts, in every phase alike.</summary>
/// <param name="Attempts">All parts, with their new statuses.</param>
internal readonly record struct AttemptNews(ValueList<Attempt> Attempts)
{
    /// <summary>The preimage of the payment hash, if it is known now.</summary>
    public Preimage? Preimage { get; init; }

    /// <summary>Why no new part may go out, if the news is so bad.</summary>
    public GiveUpReason? Stop { get; init; }

    /// <summary>What must be done, whatever the phase does with the news.</summary>
    public ImmutableArray<PaymentAction> Actions { get; init; } = [];

    /// <summary>What the node should not have said.</summary>
    public string? Problem { get; init; }

    /// <summary>Why the input says nothing new; null when it does.</summary>
    public string? Ignored { get; init; }

    public static AttemptNews Nothing(ValueList<Attempt> attempts, string because) => new(attempts) { Ignored = because };

    /// <summary>
    /// Takes the step that the phase wants, unless the payment has succeeded or must be given up.
    /// </summary>
    /// <param name="s">The present state.</param>
    /// <param name="input">The input that the news came with.</param>
    /// <param name="goOn">What the phase does with the new parts.</param>
    public PaymentStep Follow(PaymentState s, PaymentInput input, Func<ValueList<Attempt>, PaymentStep> goOn)
    {
        if (Ignored is { } because) return PaymentStep.Ignore(s, input, because);
        PaymentStep step = Preimage is { } preimage ? SettlingPhase.Begin(Attempts, preimage)
            : Stop is { } reason ? GivingUpPhase.Begin(Attempts, reason)
            : goOn(Attempts);
        step = step.Tell(AttemptSums.Changes(s.Attempts, Attempts).AsSpan());
        if (Problem is { } problem) step = step.Tell(new PaymentStepFailed(s.Phase, problem));
        return step.Do(Actions.AsSpan());
    }
}
