using LspsPlugin.Core.Payments;

namespace LspsPlugin.Durable.Payments;

/// <summary>Receives what happens to payments. No decision depends on it; it must not throw.</summary>
public interface IPaymentEvents
{
    /// <summary>A payment changed, and the change is on record and in force: notification lsps_payment. Changes come in the order of their updated index, each once.</summary>
    void OnChanged(PaymentRecord payment);

    /// <summary>Something happened that a log should have.</summary>
    void OnEvent(PaymentId id, PaymentEvent happened);
}
