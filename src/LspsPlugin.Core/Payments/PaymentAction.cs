using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Core.Payments;

/// <summary>An action that a transition asks for. All can be repeated safely.</summary>
public abstract record PaymentAction
{
    private protected PaymentAction()
    {
    }
}

/// <summary>Starts or restarts a timer of the payment; a later start replaces an earlier one.</summary>
public sealed record ArmTimer(PaymentTimer Timer, TimeSpan Delay) : PaymentAction;

/// <summary>Starts a timer that fires at a wall-clock time.</summary>
public sealed record ArmDeadline(PaymentTimer Timer, DateTimeOffset At) : PaymentAction;

/// <summary>The timers of a payment.</summary>
public enum PaymentTimer : byte
{
    /// <summary>No new part goes out after it: <see cref="PaymentTerms.SendUntil"/>.</summary>
    Deadline,

    /// <summary>Routes are searched again.</summary>
    Retry,

    /// <summary>The rows are looked at again.</summary>
    Look,

    /// <summary>A call that was lost before it reached the node cannot reach it any more.</summary>
    Confirm,
}

/// <summary>A call to the node; its outcome comes back as an input.</summary>
public abstract record PaymentEffect : PaymentAction
{
    private protected PaymentEffect()
    {
    }
}

/// <summary>Lists what the node knows of the payment hash.</summary>
/// <param name="Confirms">
/// Parts that were missing at an earlier look, longer ago than any call can be under way: if they are still missing, they were never sent. The outcome
/// says which they were, because a look that began earlier may answer later.
/// </param>
public sealed record LookAtRows(ValueList<AttemptKey> Confirms = default) : PaymentEffect;

/// <summary>Searches routes (getroutes).</summary>
/// <param name="Amount">What all routes together must deliver.</param>
/// <param name="MaxFee">The most that they may cost.</param>
/// <param name="MaxParts">The most routes.</param>
/// <param name="Lessons">What the failed parts of this payment taught and still counts, oldest first, each once. Derived from the record, so a restart forgets none.</param>
public sealed record FindRoutes(Msat Amount, Msat MaxFee, int MaxParts, ValueList<Lesson> Lessons = default) : PaymentEffect;

/// <summary>Sends a part (createonion, injectpaymentonion). It is on record before. The node accepts its ids once, so the call may be repeated.</summary>
public sealed record SendAttempt(Attempt Attempt) : PaymentEffect;
