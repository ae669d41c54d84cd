using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2;

namespace LspsPlugin.Cln.Wallet;

/// <summary>
/// An approval that the node's built-in client plugin wrote, <c>invoice/HASH</c> with the provider's id: everything else is in the node's
/// own invoice, whose route hint names the JIT scid.
/// </summary>
/// <param name="Purchase">What holds; null when nothing does.</param>
/// <param name="IsOver">The invoice is paid or ran out.</param>
/// <param name="Problem">Why it cannot be told.</param>
internal readonly record struct BuiltInApproval(Purchase? Purchase, bool IsOver, string? Problem)
{
    /// <param name="known">The node's invoice; null when it has none.</param>
    public static BuiltInApproval Read(PaymentHash hash, NodeId provider, InvoiceRow? known, DateTimeOffset now)
    {
        if (known is null) return Unclear("the node has no invoice for it");
        if (known.Status != "unpaid") return Over;
        if (known.Bolt11 is not { } text || !Bolt11Invoice.TryParse(text, out Bolt11Invoice? invoice)) return Unclear("its invoice cannot be read");
        if (JitHop(invoice, provider) is not { } hint) return Unclear("its invoice has no route hint over the provider");
        DateTimeOffset until = invoice.Timestamp + invoice.Expiry;
        return until > now ? new BuiltInApproval(Of(provider, hint.Scid, hash, invoice.Amount ?? Msat.One, until) with { PaymentSecret = invoice.PaymentSecret }, false, null) : Over;
    }

    /// <summary>Other hints may stand beside it, also over an older channel of the same provider: the JIT hop costs nothing (R52-41).</summary>
    private static RouteHint? JitHop(Bolt11Invoice invoice, NodeId provider)
    {
        RouteHint[] hops = [.. invoice.Hops.Where(hop => hop.Node == provider)];
        return hops.LastOrDefault(hop => hop is { FeeBase: 0, FeeProportional.Value: 0 }) ?? hops.LastOrDefault();
    }

    private static BuiltInApproval Over => new(null, IsOver: true, null);

    private static BuiltInApproval Unclear(string why) => new(null, false, why);

    /// <summary>
    /// The price is not on record: but the invoice is over what must arrive, the fee deducted. For an amount that the payer chooses nothing
    /// bounds the fee any more, which is what the user agreed to with that plugin.
    /// </summary>
    private static Purchase Of(NodeId provider, Scid jitScid, PaymentHash hash, Msat arrives, DateTimeOffset until)
    {
        var unknown = new OpeningFeeParams(Msat.Zero, new Ppm(0), until, new BlockCount(0), new BlockCount(0), arrives, Msat.Max, "");
        return new Purchase(provider, jitScid, unknown, PaymentSize: null, ClientTrustsLsp: true, hash) { MustArrive = arrives };
    }
}
