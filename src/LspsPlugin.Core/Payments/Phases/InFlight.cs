using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Core.Payments.Phases;

/// <summary>What the phases have in common in which new parts may go out.</summary>
internal static class InFlight
{
    /// <summary>Handles what every such phase handles alike; the phases handle the rest themselves.</summary>
    /// <param name="terms">The payment.</param>
    /// <param name="s">The state.</param>
    /// <param name="input">The input.</param>
    /// <param name="goOn">What the phase does when parts changed.</param>
    public static PaymentStep On(PaymentTerms terms, PaymentState s, PaymentInput input, Func<ValueList<Attempt>, PaymentStep> goOn) => input.Kind switch
    {
        PaymentInputKind.RowsListed => RowReading.Read(terms, s.Attempts, (RowsListed)input, mayResend: true).Follow(s, input, goOn),
        PaymentInputKind.AttemptAccepted or PaymentInputKind.AttemptKnown or PaymentInputKind.AttemptNotSent or PaymentInputKind.AttemptLost or PaymentInputKind.AttemptSettled
            or PaymentInputKind.AttemptFailed => AttemptAnswers.Read(terms, s.Attempts, (AttemptInput)input).Follow(s, input, goOn),
        PaymentInputKind.LookFailed => Looking.OnFailed(s, (LookFailed)input),
        PaymentInputKind.RowsChanged or PaymentInputKind.HeightReached => Looking.OnChanged(s, input),
        PaymentInputKind.Cancelled => GivingUpPhase.Begin(s.Attempts, GiveUpReason.Cancelled),
        PaymentInputKind.TimerFired => ((PaymentTimerFired)input).Timer switch
        {
            PaymentTimer.Deadline => GivingUpPhase.Begin(s.Attempts, GiveUpReason.OutOfTime),
            PaymentTimer.Look or PaymentTimer.Confirm => Looking.OnTimer(s, (PaymentTimerFired)input),
            PaymentTimer.Retry => PaymentStep.Ignore(s, input, "nothing is paused"),
        },
        PaymentInputKind.RoutesFound or PaymentInputKind.NoRouteFound or PaymentInputKind.RouteSearchFailed => PaymentStep.Ignore(s, input, "no routes are wanted now"),
        PaymentInputKind.PartGiven => OnGiven(terms, s, (PartGiven)input),
    };

    /// <summary>Goes on after parts changed: with routes for what is missing, if there is room for parts.</summary>
    /// <param name="terms">The payment.</param>
    /// <param name="attempts">All parts.</param>
    /// <param name="tries">How many searches and parts failed since something was learned.</param>
    /// <param name="pause">Whether to wait first, because nothing was learned.</param>
    /// <param name="lack">What the last search found instead of routes; null if it is not that search that goes on.</param>
    public static PaymentStep GoOn(PaymentTerms terms, ValueList<Attempt> attempts, int tries, bool pause, GiveUpReason? lack = null)
    {
        // The caller sends what is missing, or it does not.
        if (terms.RoutedBy == RoutedBy.Caller) return attempts.AnyOut() ? PaymentStep.To(new AwaitingParts(attempts)) : GivingUpPhase.Begin(attempts, GiveUpReason.PartsFailed);
        if (attempts.Missing(terms).Value == 0 || attempts.PartsLeft(terms) == 0)
        {
            return attempts.AnyOut() ? PaymentStep.To(new AwaitingParts(attempts, tries)) : GivingUpPhase.Begin(attempts, GiveUpReason.TooManyAttempts);
        }

        // What has failed is not replaced.
        if (!terms.MayRetry && attempts.Count > 0) return GivingUpPhase.Begin(attempts, GiveUpReason.OutOfTime);
        return pause ? PausingPhase.Begin(attempts, tries, lack) : RoutingPhase.Begin(terms, attempts, tries, lack);
    }

    /// <summary>A part of the caller goes out beside those that are out.</summary>
    private static PaymentStep OnGiven(PaymentTerms terms, PaymentState s, PartGiven given)
    {
        if (GivenParts.ProblemOf(terms, SavedPayment.Of(s), given.Route) is { } problem) return PaymentStep.Ignore(s, given, $"it takes no such part: {problem}");
        Attempt planned = GivenParts.Plan(terms, s.Attempts, given);
        return PaymentStep.To(new AwaitingParts(s.Attempts.Add(planned)), new SendAttempt(planned)).Tell(new AttemptsPlanned([planned]));
    }
}
