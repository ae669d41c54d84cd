using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Core.Payments.Phases;

/// <summary>Waits before routes are searched again, because the last search or part failed and taught nothing.</summary>
internal static class PausingPhase
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(15);

    public static PaymentStep Begin(ValueList<Attempt> attempts, int tries, GiveUpReason? lack = null) =>
        PaymentStep.To(new Pausing(attempts, tries, lack), new ArmTimer(PaymentTimer.Retry, Backoff.After(tries - 1, LongestPause)));

    public static PaymentStep On(PaymentTerms terms, Pausing s, PaymentInput input) => input switch
    {
        PaymentTimerFired { Timer: PaymentTimer.Retry } => InFlight.GoOn(terms, s.Attempts, s.Tries, pause: false, s.Lack),
        PaymentTimerFired { Timer: PaymentTimer.Deadline } => GivingUpPhase.Begin(s.Attempts, s.Lack ?? GiveUpReason.OutOfTime),
        _ => InFlight.On(terms, s, input, attempts => PaymentStep.To(s with { Attempts = attempts })),
    };
}
