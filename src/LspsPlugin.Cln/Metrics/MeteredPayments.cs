using LspsPlugin.Core.Payments;
using LspsPlugin.Durable.Payments;

namespace LspsPlugin.Cln.Metrics;

/// <summary>Counts the payer's payments and their parts, and passes what happens on.</summary>
internal sealed class MeteredPayments(IPaymentEvents next, Instruments instruments) : IPaymentEvents
{
    public void OnChanged(PaymentRecord payment) => next.OnChanged(payment);

    public void OnEvent(PaymentId id, PaymentEvent happened)
    {
        switch (happened)
        {
            case PaymentPhaseChanged { To: PaymentPhase.Succeeded or PaymentPhase.Failed } over:
                instruments.OnPayerPaymentOver(over.To == PaymentPhase.Succeeded);
                break;
            case AttemptsPlanned planned:
                instruments.OnPayerAttempts("sent", planned.Attempts.Count);
                break;
            case AttemptChanged { Attempt.Status: AttemptStatus.Settled, Before: not AttemptStatus.Settled }:
                instruments.OnPayerAttempts("settled", 1);
                break;
            case AttemptChanged { Attempt.Status: AttemptStatus.Failed, Before: not AttemptStatus.Failed }:
                instruments.OnPayerAttempts("failed", 1);
                break;
            case AttemptChanged { Attempt.Status: AttemptStatus.Unknown, Before: not AttemptStatus.Unknown }:
                instruments.OnPayerAttempts("unknown", 1);
                break;
            default:
                break; // not measured
        }

        next.OnEvent(id, happened);
    }
}
