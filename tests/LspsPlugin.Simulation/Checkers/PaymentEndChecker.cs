using System.Text.Json.Nodes;
using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Simulation.Model.Paying;

namespace LspsPlugin.Simulation.Checkers;

/// <summary>
/// The end of a payment is told once and is true: after "failed" nothing of it is or gets paid, and it is never taken back. At the end of a run every
/// payment has one, and what the receiver took has succeeded.
/// </summary>
public sealed class PaymentEndChecker(PaymentBook book) : SimChecker
{
    private const string Succeeded = "succeeded", Failed = "failed";

    private readonly Dictionary<Payment, string> _ends = [];

    public override void Observe(SimEvent e)
    {
        if (e.What == "rpc injectpaymentonion")
        {
            if (book.Sent(e) is var (payment, group, part) && _ends.TryGetValue(payment, out string? end) && !payment.HasRow(group, part)) Violated($"the part {group}/{part} of {payment.Id} was sent after it had {end}");
        }
        else if (e.What is "news lsps_payment" or "told sendpayment" or "told waitpayment" or "told cancelpayment")
        {
            Told(e.Content);
        }
        else if (e.What == "told listpayments")
        {
            foreach (JsonNode? payment in e.Content["payments"]!.AsArray()) Told((JsonObject)payment!);
        }
    }

    public override void AtEnd(JitWorld world)
    {
        foreach (Payment payment in book.All)
        {
            string? status = (string?)payment.Record("status")?["status"];
            if (status is null) continue; // it was never begun
            if (status is not (Succeeded or Failed)) Violated($"{payment.Id} is left {status}");
            else if (world.PayerNode.Datastore.Find("lsps-payer", "live", payment.Name) is not null) Violated($"{payment.Id} has {status} and is still among the live ones");
            if (status == Failed) Check(payment, (string?)payment.Record("status")!["reason"]);
        }
    }

    private void Told(JsonObject told)
    {
        if (book.Find((string?)told["payment_id"]) is not { } payment || (string?)told["status"] is not { } status) return;
        if (status is not (Succeeded or Failed)) return;
        if (_ends.TryAdd(payment, status))
        {
            if (status == Failed) Check(payment, (string?)told["reason"]);
        }
        else if (_ends[payment] != status)
        {
            Violated($"{payment.Id} had {_ends[payment]}, and now it has {status}");
        }
    }

    /// <summary>A part whose row was deleted is given up when its HTLC has expired, and the reason says so.</summary>
    private void Check(Payment payment, string? reason)
    {
        uint height = payment.Payer.Network.Chain.Height;
        foreach (SimSendPay row in payment.Alive)
        {
            if (reason == "part_lost" && height >= row.Htlc!.Cltv) continue;
            Violated($"{payment.Id} failed ({reason}) while its part {row.GroupId}/{row.PartId} {(row.Htlc!.IsSettled ? "was settled" : "was out")}");
        }
    }
}
