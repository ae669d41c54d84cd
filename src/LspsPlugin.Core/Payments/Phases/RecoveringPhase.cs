namespace LspsPlugin.Core.Payments.Phases;

/// <summary>A restart looks up what became of the parts, before it plans any. A look that failed is repeated also if no part is out: nothing else goes on.</summary>
internal static class RecoveringPhase
{
    public static PaymentStep On(PaymentTerms terms, Recovering s, PaymentInput input) => input is PaymentTimerFired { Timer: PaymentTimer.Look }
        ? PaymentStep.To(s, new LookAtRows())
        : InFlight.On(terms, s, input, attempts => input is RowsListed ? InFlight.GoOn(terms, attempts, tries: 0, pause: false) : PaymentStep.To(s with { Attempts = attempts }));
}
