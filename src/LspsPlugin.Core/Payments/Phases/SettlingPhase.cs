using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Core.Payments.Phases;

/// <summary>The preimage is known, so the payment has succeeded. What becomes of its other parts only completes the sums.</summary>
internal static class SettlingPhase
{
    public static PaymentStep Begin(ValueList<Attempt> attempts, Preimage preimage) => PaymentStep.To(Next(attempts, preimage));

    public static PaymentStep On(PaymentTerms terms, Settling s, PaymentInput input) => input.Kind switch
    {
        PaymentInputKind.RowsListed => GoOn(s, input, RowReading.Read(terms, s.Attempts, (RowsListed)input, mayResend: false)),
        PaymentInputKind.AttemptAccepted or PaymentInputKind.AttemptKnown or PaymentInputKind.AttemptNotSent or PaymentInputKind.AttemptLost or PaymentInputKind.AttemptSettled
            or PaymentInputKind.AttemptFailed => GoOn(s, input, AttemptAnswers.Read(terms, s.Attempts, (AttemptInput)input)),
        PaymentInputKind.LookFailed => Looking.OnFailed(s, (LookFailed)input),
        PaymentInputKind.RowsChanged or PaymentInputKind.HeightReached => Looking.OnChanged(s, input),
        PaymentInputKind.TimerFired => ((PaymentTimerFired)input).Timer switch
        {
            PaymentTimer.Look or PaymentTimer.Confirm => Looking.OnTimer(s, (PaymentTimerFired)input),
            PaymentTimer.Deadline or PaymentTimer.Retry => PaymentStep.Ignore(s, input, "it has succeeded"),
        },
        PaymentInputKind.Cancelled or PaymentInputKind.PartGiven => PaymentStep.Ignore(s, input, "it has succeeded"),
        PaymentInputKind.RoutesFound or PaymentInputKind.NoRouteFound or PaymentInputKind.RouteSearchFailed => PaymentStep.Ignore(s, input, "no new part goes out"),
    };

    private static PaymentStep GoOn(Settling s, PaymentInput input, AttemptNews news) =>
        (news with { Preimage = null, Stop = null }).Follow(s, input, attempts => PaymentStep.To(Next(attempts, s.Preimage)));

    private static PaymentState Next(ValueList<Attempt> attempts, Preimage preimage) =>
        attempts.AnyOut() ? new Settling(attempts, preimage) : new Succeeded(attempts, preimage);
}
