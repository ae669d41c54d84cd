using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Core.Payments.Phases;

/// <summary>
/// Waits for the parts that are out. When one fails, its amount is sent over other routes: at once if the failure taught something, else after a pause.
/// </summary>
internal static class AwaitingPartsPhase
{
    public static PaymentStep On(PaymentTerms terms, AwaitingParts s, PaymentInput input) => InFlight.On(terms, s, input, attempts => GoOn(terms, s, attempts));

    private static PaymentStep GoOn(PaymentTerms terms, AwaitingParts s, ValueList<Attempt> attempts)
    {
        bool learned = attempts.Lessons().Count > s.Attempts.Lessons().Count;
        return attempts.Count(static attempt => attempt.IsOut) == s.Attempts.CountOut()
            ? PaymentStep.To(s with { Attempts = attempts })
            : InFlight.GoOn(terms, attempts, learned ? 0 : s.Tries + 1, pause: !learned);
    }
}
