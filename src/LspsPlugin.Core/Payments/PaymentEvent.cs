using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Core.Payments;

/// <summary>An event for logs and metrics. No decision depends on an event.</summary>
public abstract record PaymentEvent
{
    private protected PaymentEvent()
    {
    }
}

/// <summary>The payment entered another phase.</summary>
public sealed record PaymentPhaseChanged(PaymentPhase From, PaymentPhase To, PaymentInputKind Because) : PaymentEvent;

/// <summary>An input was ignored in the current state.</summary>
public sealed record PaymentInputIgnored(PaymentPhase Phase, PaymentInputKind Input, string Because) : PaymentEvent;

/// <summary>Parts were planned; they are sent after this.</summary>
public sealed record AttemptsPlanned(ValueList<Attempt> Attempts) : PaymentEvent;

/// <summary>The status of a part changed.</summary>
public sealed record AttemptChanged(Attempt Attempt, AttemptStatus Before) : PaymentEvent;

/// <summary>A call to the node did not come to an end, or its answer cannot be used.</summary>
public sealed record PaymentStepFailed(PaymentPhase Phase, string Detail) : PaymentEvent;
