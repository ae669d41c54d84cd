using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;

namespace LspsPlugin.Simulation.Checkers;

/// <summary>
/// A preimage is that of the payment hash, and on record before anybody hears of it; there it stays. One id is one payment: all who ask hear of the
/// same one.
/// </summary>
public sealed class PaymentProofChecker(PaymentBook book) : SimChecker
{
    private readonly Dictionary<Payment, string> _told = [];
    private readonly Dictionary<Payment, ulong> _numbers = [];

    public override void Observe(SimEvent e)
    {
        if (e.What is "news lsps_payment" or "told sendpayment" or "told waitpayment" or "told cancelpayment")
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
        foreach ((Payment payment, string preimage) in _told)
        {
            if (book.Find(payment.Id) == payment && OnRecord(payment) != preimage) Violated($"the preimage of {payment.Id} was told and is not on record any more");
        }
    }

    private void Told(JsonObject told)
    {
        if (book.Find((string?)told["payment_id"]) is not { } payment) return;
        ulong number = told.Number("created_index");
        if (!_numbers.TryAdd(payment, number) && _numbers[payment] != number) Violated($"{payment.Id} is two payments, {_numbers[payment]} and {number}");
        string? preimage = (string?)told["payment_preimage"];
        if (preimage is null != ((string?)told["status"] != "succeeded")) Violated($"{payment.Id} is {told["status"]}, and {(preimage is null ? "has no preimage" : "has a preimage")}");
        if (preimage is null) return;
        if (Preimage.Parse(preimage).Hash() != payment.Hash) Violated($"{preimage} is not the preimage of {payment.Id}");
        if (OnRecord(payment) != preimage) Violated($"the preimage of {payment.Id} was told before it was on record");
        _told[payment] = preimage;
    }

    private static string? OnRecord(Payment payment) => (string?)payment.Record("settled")?["payment_preimage"];
}
