using LspsPlugin.Core.Payments;
using LspsPlugin.Core.Sessions;
using Xunit;
using static LspsPlugin.Core.Tests.Payments.PaymentSample;

namespace LspsPlugin.Core.Tests.Payments;

/// <summary>A payment that takes inputs one after the other; the actions are those of the last one.</summary>
internal sealed class PaymentRun(PaymentState? first = null, PaymentTerms? terms = null)
{
    public PaymentTerms Terms { get; } = terms ?? PaymentSample.Terms;

    public PaymentState State { get; private set; } = first ?? new Initiated();

    public IReadOnlyList<PaymentAction> Actions { get; private set; } = [];

    public IReadOnlyList<PaymentEvent> Events { get; private set; } = [];

    public IReadOnlyList<Attempt> Sent => [.. Actions.OfType<SendAttempt>().Select(static send => send.Attempt)];

    public PaymentRun On(params ReadOnlySpan<PaymentInput> inputs)
    {
        foreach (PaymentInput input in inputs)
        {
            PaymentStep step = PaymentMachine.Apply(Terms, State, input);
            (State, Actions, Events) = (step.Next, step.Actions, step.Events);
        }

        return this;
    }

    /// <summary>The process ends and begins anew.</summary>
    public PaymentRun Restart()
    {
        State = SavedPayment.Of(State).Restore();
        Actions = PaymentMachine.OnRestart(Terms, State);
        return this;
    }

    public Attempt Part(ulong part, ulong group = 0) => Assert.Single(State.Attempts, attempt => attempt.Key == Key(part, group));

    public PaymentRun Is(PaymentPhase phase)
    {
        Assert.Equal(phase, State.Phase);
        return this;
    }

    /// <summary>All of the amount is out, in parts of 30,000 msat.</summary>
    public static PaymentRun ThreeOut() => new PaymentRun().On(Rows(), Found(30_000, 30_000, 30_000)).Is(PaymentPhase.AwaitingParts);

    public ValueList<AttemptStatus> Statuses => [.. State.Attempts.Select(static attempt => attempt.Status)];
}
