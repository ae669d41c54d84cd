using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Core.Payments.Phases;

/// <summary>On record, and no part was sent. Whether the hash is paid already, or being paid by another program, is looked up first.</summary>
internal static class InitiatedPhase
{
    public static PaymentStep On(PaymentTerms terms, Initiated s, PaymentInput input) => input.Kind switch
    {
        PaymentInputKind.RowsListed => OnRows(terms, s, (RowsListed)input),
        PaymentInputKind.LookFailed => Looking.OnFailed(s, (LookFailed)input),
        PaymentInputKind.TimerFired => ((PaymentTimerFired)input).Timer switch
        {
            PaymentTimer.Deadline => Fail(s, GiveUpReason.OutOfTime),
            PaymentTimer.Look => PaymentStep.To(s, new LookAtRows()),
            PaymentTimer.Retry or PaymentTimer.Confirm => PaymentStep.Ignore(s, input, "it was not armed"),
        },
        PaymentInputKind.Cancelled => Fail(s, GiveUpReason.Cancelled),
        PaymentInputKind.PartGiven => OnGiven(terms, s, (PartGiven)input),

        // Somebody else pays the hash: the receiver was paid.
        PaymentInputKind.AttemptSettled => ((AttemptSettled)input).Preimage is var preimage && preimage.Hash() == terms.Hash
            ? Succeed(s, preimage)
            : PaymentStep.Ignore(s, input, "the preimage is not that of the payment hash"),
        PaymentInputKind.RowsChanged or PaymentInputKind.HeightReached => PaymentStep.Ignore(s, input, "the rows are being looked at"),
        PaymentInputKind.RoutesFound or PaymentInputKind.NoRouteFound or PaymentInputKind.RouteSearchFailed => PaymentStep.Ignore(s, input, "no routes are wanted yet"),
        PaymentInputKind.AttemptAccepted or PaymentInputKind.AttemptKnown or PaymentInputKind.AttemptNotSent or PaymentInputKind.AttemptLost or PaymentInputKind.AttemptFailed =>
            PaymentStep.Ignore(s, input, "no part was sent"),
    };

    private static PaymentStep OnRows(PaymentTerms terms, Initiated s, RowsListed listed)
    {
        if (RowReading.PreimageIn(terms, listed.Rows) is { } preimage) return Succeed(s, preimage);
        if (RowReading.IsForeign(s.Attempts, listed.Rows)) return Fail(s, GiveUpReason.ForeignPayment);
        if (terms.RoutedBy == RoutedBy.Payer) return InFlight.GoOn(terms, s.Attempts, tries: 0, pause: false);

        // If looks failed for long, the receiver would refuse a part for its expiry.
        var attempts = new ValueList<Attempt>(
            [.. s.Attempts.Select(attempt => attempt.IsOut && !attempt.IsFreshAt(listed.Height) ? attempt.Failed(new PartFailure(PartFailureKind.NotSent)) : attempt)]);
        return InFlight.GoOn(terms, attempts, tries: 0, pause: false)
            .Do([.. attempts.Where(static attempt => attempt.IsOut).Select(static attempt => new SendAttempt(attempt))])
            .Tell(AttemptSums.Changes(s.Attempts, attempts).AsSpan());
    }

    /// <summary>Another part of the caller; all are sent when the rows are known.</summary>
    private static PaymentStep OnGiven(PaymentTerms terms, Initiated s, PartGiven given)
    {
        if (GivenParts.ProblemOf(terms, SavedPayment.Of(s), given.Route) is { } problem) return PaymentStep.Ignore(s, given, $"it takes no such part: {problem}");
        Attempt planned = GivenParts.Plan(terms, s.Attempts, given);
        return PaymentStep.To(new Initiated(s.Attempts.Add(planned))).Tell(new AttemptsPlanned([planned]));
    }

    private static PaymentStep Succeed(Initiated s, Preimage preimage)
    {
        ValueList<Attempt> withdrawn = GivenParts.Withdraw(s.Attempts);
        return SettlingPhase.Begin(withdrawn, preimage).Tell(AttemptSums.Changes(s.Attempts, withdrawn).AsSpan());
    }

    private static PaymentStep Fail(Initiated s, GiveUpReason reason)
    {
        ValueList<Attempt> withdrawn = GivenParts.Withdraw(s.Attempts);
        return GivingUpPhase.Begin(withdrawn, reason).Tell(AttemptSums.Changes(s.Attempts, withdrawn).AsSpan());
    }
}
