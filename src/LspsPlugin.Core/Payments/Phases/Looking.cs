namespace LspsPlugin.Core.Payments.Phases;

/// <summary>What phases with parts out do alike: they look at the node's rows when no call tells what becomes of a part.</summary>
internal static class Looking
{
    /// <summary>When a look is repeated that the node did not answer.</summary>
    private static readonly ArmTimer Again = new(PaymentTimer.Look, TimeSpan.FromSeconds(2));

    /// <summary>Handles a look that failed: nothing is known, so nothing is decided.</summary>
    public static PaymentStep OnFailed(PaymentState s, LookFailed failed)
    {
        PaymentStep step = PaymentStep.To(s, Again).Tell(new PaymentStepFailed(s.Phase, failed.Detail));
        return RowReading.Missing(s.Attempts).Count > 0 ? step.Do(RowReading.ConfirmLater) : step;
    }

    /// <summary>Handles a notification of the node that a row changed, and a new block.</summary>
    public static PaymentStep OnChanged(PaymentState s, PaymentInput input) =>
        RowReading.NeedsLooks(s.Attempts) || (input is HeightReached { Height: var height } && RowReading.LacksHtlc(s.Attempts, height)) ? PaymentStep.To(s, new LookAtRows()) : PaymentStep.Ignore(s, input, "the calls tell what becomes of the parts");

    /// <summary>Handles the two timers of looks.</summary>
    public static PaymentStep OnTimer(PaymentState s, PaymentTimerFired fired)
    {
        if (fired.Timer == PaymentTimer.Confirm && RowReading.Missing(s.Attempts) is { Count: > 0 } missing) return PaymentStep.To(s, new LookAtRows(missing));
        return OnChanged(s, fired);
    }
}
