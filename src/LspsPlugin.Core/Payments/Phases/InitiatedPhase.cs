namespace LspsPlugin.Core.Payments.Phases;

/// <summary>On record, and nothing was done. Whether the hash is paid already, or being paid by another program, is looked up first.</summary>
internal static class InitiatedPhase
{
    public static PaymentStep On(PaymentTerms terms, Initiated s, PaymentInput input) => input.Kind switch
    {
        PaymentInputKind.RowsListed => OnRows(terms, s, (RowsListed)input),
        PaymentInputKind.LookFailed => Looking.OnFailed(s, (LookFailed)input),
        PaymentInputKind.TimerFired => ((PaymentTimerFired)input).Timer switch
        {
            PaymentTimer.Deadline => GivingUpPhase.Begin(s.Attempts, GiveUpReason.OutOfTime),
            PaymentTimer.Look => PaymentStep.To(s, new LookAtRows()),
            PaymentTimer.Retry or PaymentTimer.Confirm => PaymentStep.Ignore(s, input, "it was not armed"),
        },
        PaymentInputKind.Cancelled => GivingUpPhase.Begin(s.Attempts, GiveUpReason.Cancelled),

        // Somebody else pays the hash: the receiver was paid.
        PaymentInputKind.AttemptSettled => AttemptAnswers.Read(terms, s.Attempts, (AttemptInput)input).Follow(s, input, _ => PaymentStep.To(s)),
        PaymentInputKind.RowsChanged or PaymentInputKind.HeightReached => PaymentStep.Ignore(s, input, "the rows are being looked at"),
        PaymentInputKind.RoutesFound or PaymentInputKind.NoRouteFound or PaymentInputKind.RouteSearchFailed => PaymentStep.Ignore(s, input, "no routes are wanted yet"),
        PaymentInputKind.AttemptAccepted or PaymentInputKind.AttemptKnown or PaymentInputKind.AttemptNotSent or PaymentInputKind.AttemptLost or PaymentInputKind.AttemptFailed =>
            PaymentStep.Ignore(s, input, "there are no parts"),
    };

    private static PaymentStep OnRows(PaymentTerms terms, Initiated s, RowsListed listed)
    {
        if (RowReading.PreimageIn(terms, listed.Rows) is { } preimage) return SettlingPhase.Begin(s.Attempts, preimage);

        // The node accepts one group of parts at a time. A ghost does not count: nothing of it can arrive.
        return listed.Rows.Any(static row => row is { Status: RowStatus.Pending, Htlc: not HtlcEvidence.NeverCommitted })
            ? GivingUpPhase.Begin(s.Attempts, GiveUpReason.ForeignPayment)
            : InFlight.GoOn(terms, s.Attempts, tries: 0, pause: false);
    }
}
