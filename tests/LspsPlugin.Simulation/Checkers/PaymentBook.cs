using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;

namespace LspsPlugin.Simulation.Checkers;

/// <summary>The payments of the plugin's payer, from what callers ask for and what the plugin makes its node do. It sees each event before the checkers do.</summary>
public sealed class PaymentBook
{
    private readonly Dictionary<string, Payment> _byId = [];

    public IReadOnlyCollection<Payment> All => _byId.Values;

    public Payment? Find(string? id) => id is null ? null : _byId.GetValueOrDefault(id);

    /// <summary>Returns the payments of a hash; of several, at most one was ever accepted.</summary>
    public IEnumerable<Payment> Of(PaymentHash hash) => _byId.Values.Where(payment => payment.Hash == hash);

    public void Observe(SimEvent e)
    {
        if (e.What == "asked sendpayment") Asked(e);
        else if (e.What == "told forgetpayment") _byId.Remove((string)e.Content["forgotten"]!);
        else if (e.What == "rpc injectpaymentonion" && Sent(e) is var (payment, group, part)) payment.OnSent(group, part);
    }

    /// <summary>Reads the part that the plugin sends; null if it is of no payment.</summary>
    public (Payment Payment, ulong Group, ulong Part)? Sent(SimEvent e)
    {
        PaymentHash hash = PaymentHash.Parse((string)e.Content["payment_hash"]!);
        Payment? payment = Of(hash).FirstOrDefault(static payment => payment.Record("payments") is not null);
        return payment is null ? null : (payment, e.Content.Number("groupid"), e.Content.Number("partid"));
    }

    /// <summary>The first request of an id counts: another one with this id is refused.</summary>
    private void Asked(SimEvent e)
    {
        if (AskedInvoice.Read(e.Content) is not { } invoice || ((string?)e.Content["payment_id"] ?? invoice.Hash?.ToString()) is not { } id) return;
        if (!_byId.ContainsKey(id)) _byId.Add(id, new Payment(e.Node, id, invoice, e.Content));
    }
}
