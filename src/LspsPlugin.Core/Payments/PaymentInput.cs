using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Core.Payments;

/// <summary>The kinds of <see cref="PaymentInput"/>, named after its subtypes.</summary>
public enum PaymentInputKind : byte
{
    /// <inheritdoc cref="Payments.RowsListed"/>
    RowsListed,

    /// <inheritdoc cref="Payments.LookFailed"/>
    LookFailed,

    /// <inheritdoc cref="Payments.RowsChanged"/>
    RowsChanged,

    /// <inheritdoc cref="Payments.RoutesFound"/>
    RoutesFound,

    /// <inheritdoc cref="Payments.NoRouteFound"/>
    NoRouteFound,

    /// <inheritdoc cref="Payments.RouteSearchFailed"/>
    RouteSearchFailed,

    /// <inheritdoc cref="Payments.AttemptAccepted"/>
    AttemptAccepted,

    /// <inheritdoc cref="Payments.AttemptKnown"/>
    AttemptKnown,

    /// <inheritdoc cref="Payments.AttemptNotSent"/>
    AttemptNotSent,

    /// <inheritdoc cref="Payments.AttemptLost"/>
    AttemptLost,

    /// <inheritdoc cref="Payments.AttemptSettled"/>
    AttemptSettled,

    /// <inheritdoc cref="Payments.AttemptFailed"/>
    AttemptFailed,

    /// <inheritdoc cref="Payments.HeightReached"/>
    HeightReached,

    /// <inheritdoc cref="Payments.PaymentTimerFired"/>
    TimerFired,

    /// <inheritdoc cref="Payments.PaymentCancelled"/>
    Cancelled,

    /// <inheritdoc cref="Payments.PartGiven"/>
    PartGiven,
}

/// <summary>An input of the payment machine: a request of the caller, a notification of the node, or the outcome of an effect.</summary>
public abstract record PaymentInput
{
    private protected PaymentInput(PaymentInputKind kind) => Kind = kind;

    /// <summary>The kind, for exhaustive switches.</summary>
    public PaymentInputKind Kind { get; }
}

/// <summary>An answer to the call that sends a part, or news about that part.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Key">The part.</param>
public abstract record AttemptInput(PaymentInputKind Kind, AttemptKey Key) : PaymentInput(Kind);

/// <summary>The outcome of <see cref="LookAtRows"/>.</summary>
/// <param name="Rows">All payments of the hash that the node lists, also those of other programs.</param>
/// <param name="Height">The current block height.</param>
/// <param name="Confirms">What the look was to confirm, see <see cref="LookAtRows"/>.</param>
public sealed record RowsListed(ValueList<NodeRow> Rows, BlockHeight Height, ValueList<AttemptKey> Confirms = default) : PaymentInput(PaymentInputKind.RowsListed);

/// <summary>The node did not answer a look: nothing is known, so nothing is decided.</summary>
/// <param name="Detail">The node's message, for the log only.</param>
public sealed record LookFailed(string Detail) : PaymentInput(PaymentInputKind.LookFailed);

/// <summary>The node says that a payment of the hash changed (wait, subsystem sendpays).</summary>
public sealed record RowsChanged() : PaymentInput(PaymentInputKind.RowsChanged);

/// <summary>There are routes for the amount that was asked for.</summary>
/// <param name="Routes">One route for each part.</param>
/// <param name="Height">The current block height, from which the delays are counted.</param>
public sealed record RoutesFound(ValueList<Route> Routes, BlockHeight Height) : PaymentInput(PaymentInputKind.RoutesFound);

/// <summary>There are no routes for the amount, within the limits.</summary>
/// <param name="IsTooExpensive">Whether there are routes that cost more than is left of the fee.</param>
/// <param name="Detail">The node's explanation, for the log only.</param>
public sealed record NoRouteFound(bool IsTooExpensive, string Detail) : PaymentInput(PaymentInputKind.NoRouteFound);

/// <summary>The search for routes did not come to an end.</summary>
/// <param name="Detail">The node's message, for the log only.</param>
public sealed record RouteSearchFailed(string Detail) : PaymentInput(PaymentInputKind.RouteSearchFailed);

/// <summary>The node has a row of the part; its outcome follows.</summary>
public sealed record AttemptAccepted(AttemptKey Key) : AttemptInput(PaymentInputKind.AttemptAccepted, Key);

/// <summary>The node refused the call because it accepted the same part before: its rows tell what became of it.</summary>
public sealed record AttemptKnown(AttemptKey Key) : AttemptInput(PaymentInputKind.AttemptKnown, Key);

/// <summary>The node refused the call, and has no row of the part.</summary>
/// <param name="Key">The part.</param>
/// <param name="IsForeign">Whether it refused because another program's parts of the same hash are pending.</param>
/// <param name="Detail">The node's message, for the log only.</param>
public sealed record AttemptNotSent(AttemptKey Key, bool IsForeign, string Detail) : AttemptInput(PaymentInputKind.AttemptNotSent, Key);

/// <summary>The call ended without an answer: whether the part was sent is unknown.</summary>
/// <param name="Key">The part.</param>
/// <param name="Detail">What happened, for the log only.</param>
public sealed record AttemptLost(AttemptKey Key, string Detail) : AttemptInput(PaymentInputKind.AttemptLost, Key);

/// <summary>The receiver took the part.</summary>
/// <param name="Key">The part.</param>
/// <param name="Preimage">The preimage; it counts only if it is that of the payment hash.</param>
public sealed record AttemptSettled(AttemptKey Key, Preimage Preimage) : AttemptInput(PaymentInputKind.AttemptSettled, Key);

/// <summary>The part failed.</summary>
public sealed record AttemptFailed(AttemptKey Key, PartFailure Failure) : AttemptInput(PaymentInputKind.AttemptFailed, Key);

/// <summary>A new block.</summary>
public sealed record HeightReached(BlockHeight Height) : PaymentInput(PaymentInputKind.HeightReached);

/// <summary>A timer of the payment fired.</summary>
public sealed record PaymentTimerFired(PaymentTimer Timer) : PaymentInput(PaymentInputKind.TimerFired);

/// <summary>The caller wants no more parts to go out.</summary>
public sealed record PaymentCancelled() : PaymentInput(PaymentInputKind.Cancelled);

/// <summary>The caller wants a part to go out over a route of its own choice. It is planned if <see cref="GivenParts.ProblemOf"/> finds no problem.</summary>
/// <param name="Route">The route.</param>
/// <param name="Height">The current block height, from which the delays are counted.</param>
public sealed record PartGiven(Route Route, BlockHeight Height) : PaymentInput(PaymentInputKind.PartGiven);
