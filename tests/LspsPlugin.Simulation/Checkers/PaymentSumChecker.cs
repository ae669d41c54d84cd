using LspsPlugin.Simulation.Model;
using LspsPlugin.Simulation.Model.Paying;

namespace LspsPlugin.Simulation.Checkers;

/// <summary>The parts of a payment that are in flight or settled never deliver more than its amount, and never cost more than its caller allows.</summary>
public sealed class PaymentSumChecker(PaymentBook book) : SimChecker
{
    public override void Observe(SimEvent e)
    {
        if (e.What == "part sent" && PartOf(e) is { } payment) Check(payment);
        else if (e.What == "news lsps_payment" && book.Find((string?)e.Content["payment_id"]) is { } told) Told(told, e);
    }

    private Payment? PartOf(SimEvent e) => e.Htlc is { } htlc ? book.Of(htlc.Hash).FirstOrDefault(payment => payment.Rows.Any(row => row.Htlc == htlc)) : null;

    private void Check(Payment payment)
    {
        SimSendPay[] alive = [.. payment.Alive];
        ulong delivered = Sum(alive, static row => row.Amount.Value), fees = Sum(alive, static row => row.Sent.Value - row.Amount.Value);
        if (delivered > payment.Amount) Violated($"the parts of {payment.Id} deliver {delivered}msat; {payment.Amount}msat were asked for");
        if (fees > payment.MaxFee) Violated($"the parts of {payment.Id} cost {fees}msat; {payment.MaxFee}msat were allowed");
    }

    private void Told(Payment payment, SimEvent e)
    {
        ulong settled = e.Content.Number("settled_msat"), fee = e.Content.Number("fee_msat");
        if (settled > payment.Amount || fee > payment.MaxFee) Violated($"{payment.Id} is said to have settled {settled}msat of {payment.Amount}msat for {fee}msat of {payment.MaxFee}msat");
    }

    private static ulong Sum(SimSendPay[] rows, Func<SimSendPay, ulong> what) => rows.Aggregate(0UL, (sum, row) => sum + what(row));
}
