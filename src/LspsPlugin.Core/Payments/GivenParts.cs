using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Core.Payments;

/// <summary>
/// Parts whose routes the caller chose. The runtime asks before it begins such a payment or begins a failed one again, the machine whenever one is running.
/// </summary>
public static class GivenParts
{
    /// <summary>Returns why a payment takes no part over this route now; null if it does.</summary>
    public static PartProblem? ProblemOf(PaymentTerms terms, SavedPayment state, Route route)
    {
        if (terms.RoutedBy != RoutedBy.Caller) return PartProblem.RoutedByPayer;
        if (state.Status == PaymentStatus.Succeeded) return PartProblem.Succeeded;

        // The receiver may have been paid the part that was lost: another one could pay it twice.
        if (state.Reason is { } reason && (state.Status != PaymentStatus.Failed || reason == GiveUpReason.PartLost)) return PartProblem.GivenUp;
        if (route.Destination != terms.Destination) return PartProblem.OtherDestination;
        if (!route.IsSound || route.Delay > terms.MaxDelay) return PartProblem.Unsound;
        if (terms.Secret is null && route.Amount != terms.Amount) return PartProblem.NeedsSecret;
        if (route.Amount > state.Attempts.Missing(terms) || route.Fee > state.Attempts.FeeLeft(terms)) return PartProblem.TooMuch;
        return state.Attempts.PartsLeft(terms) == 0 ? PartProblem.TooManyParts : null;
    }

    /// <summary>
    /// Returns the state in which a payment begins with its first part, or begins again after it failed: the part must be on record
    /// (<see cref="SavedPayment.Of"/>) before the state is in force.
    /// </summary>
    /// <param name="terms">The payment, which takes the part.</param>
    /// <param name="failed">The parts of its earlier life.</param>
    /// <param name="given">The part.</param>
    public static PaymentState Begin(PaymentTerms terms, ValueList<Attempt> failed, PartGiven given) => new Initiated(failed.Add(Plan(terms, failed, given)));

    internal static Attempt Plan(PaymentTerms terms, ValueList<Attempt> attempts, PartGiven given) =>
        new(attempts.NextKey(terms), given.Route, given.Height, given.Height + given.Route.Delay);

    /// <summary>Parts that no call was made for fail: nothing of them can arrive.</summary>
    internal static ValueList<Attempt> Withdraw(ValueList<Attempt> attempts) =>
        new([.. attempts.Select(static attempt => attempt.IsOut ? attempt.Failed(new PartFailure(PartFailureKind.NotSent)) : attempt)]);
}

/// <summary>Why a payment takes no part of the caller.</summary>
public enum PartProblem : byte
{
    /// <summary>The payer chooses its routes.</summary>
    RoutedByPayer,

    /// <summary>It has succeeded: nothing is left to be paid.</summary>
    Succeeded,

    /// <summary>It was cancelled and parts are out, or a part was lost that the receiver may have taken.</summary>
    GivenUp,

    /// <summary>The route ends at another node than the payment's other parts.</summary>
    OtherDestination,

    /// <summary>The route delivers nothing, or more than it sends, or takes too long.</summary>
    Unsound,

    /// <summary>It is less than the amount, and without a payment_secret the receiver cannot put parts together (BOLT 4).</summary>
    NeedsSecret,

    /// <summary>The parts that are out or settled leave less to be paid.</summary>
    TooMuch,

    /// <summary>It has as many parts as a payment may have.</summary>
    TooManyParts,
}
