namespace LspsPlugin.Core.Payments.Phases;

/// <summary>A restart looks up what became of the parts, before it plans any.</summary>
internal static class RecoveringPhase
{
    public static PaymentStep On(PaymentTerms terms, Recovering s, PaymentInput input) => InFlight.On(
        terms, s, input, attempts => input is RowsListed ? InFlight.GoOn(terms, attempts, tries: 0, pause: false) : PaymentStep.To(s with { Attempts = attempts }));
}
