using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Core.Payments.Phases;

/// <summary>No new part goes out. The payment has failed when every part has, never before; a part that settles still makes it succeed.</summary>
internal static class GivingUpPhase
{
    public static PaymentStep Begin(ValueList<Attempt> attempts, GiveUpReason reason) => PaymentStep.To(Next(attempts, reason));

    public static PaymentStep On(PaymentTerms terms, GivingUp s, PaymentInput input) => input.Kind switch
    {
        PaymentInputKind.RowsListed => GoOn(s, input, RowReading.Read(terms, s.Attempts, (RowsListed)input, mayResend: false)),
        PaymentInputKind.AttemptAccepted or PaymentInputKind.AttemptKnown or PaymentInputKind.AttemptNotSent or PaymentInputKind.AttemptLost or PaymentInputKind.AttemptSettled
            or PaymentInputKind.AttemptFailed => GoOn(s, input, AttemptAnswers.Read(terms, s.Attempts, (AttemptInput)input)),
        PaymentInputKind.LookFailed => Looking.OnFailed(s, (LookFailed)input),
        PaymentInputKind.RowsChanged or PaymentInputKind.HeightReached => Looking.OnChanged(s, input),
        PaymentInputKind.TimerFired => ((PaymentTimerFired)input).Timer switch
        {
            PaymentTimer.Look or PaymentTimer.Confirm => Looking.OnTimer(s, (PaymentTimerFired)input),
            PaymentTimer.Deadline or PaymentTimer.Retry => PaymentStep.Ignore(s, input, "it is given up already"),
        },
        PaymentInputKind.Cancelled => PaymentStep.Ignore(s, input, "it is given up already"),
        PaymentInputKind.RoutesFound or PaymentInputKind.NoRouteFound or PaymentInputKind.RouteSearchFailed or PaymentInputKind.PartGiven =>
            PaymentStep.Ignore(s, input, "no new part goes out"),
    };

    private static PaymentStep GoOn(GivingUp s, PaymentInput input, AttemptNews news) =>
        (news with { Stop = null }).Follow(s, input, attempts => PaymentStep.To(Next(attempts, s.Reason)));

    private static PaymentState Next(ValueList<Attempt> attempts, GiveUpReason reason)
    {
        if (attempts.AnyOut()) return new GivingUp(attempts, reason);
        return new Failed(attempts, attempts.Any(static attempt => attempt.Failure?.Kind == PartFailureKind.Lost) ? GiveUpReason.PartLost : reason);
    }
}
