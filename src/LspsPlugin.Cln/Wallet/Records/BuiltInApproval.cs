using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2;

namespace LspsPlugin.Cln.Wallet.Records;

/// <summary>
/// An approval written by the node's built-in client plugin, <c>invoice/HASH</c> with the provider's id. Everything else is in the node's
/// invoice, whose route hint contains the JIT scid.
/// </summary>
/// <param name="Purchase">The valid purchase; null if there is none.</param>
/// <param name="IsOver">The invoice is paid or has expired.</param>
/// <param name="Problem">Why the approval cannot be read.</param>
internal readonly record struct BuiltInApproval(Purchase? Purchase, bool IsOver, string? Problem)
{
    /// <summary>Reads an approval.</summary>
    /// <param name="hash">The payment's hash, from the record's key.</param>
    /// <param name="provider">The provider's node id.</param>
    /// <param name="known">The node's invoice; null if it has none.</param>
    /// <param name="now">The current time.</param>
    public static BuiltInApproval Read(PaymentHash hash, NodeId provider, InvoiceRow? known, DateTimeOffset now)
    {
        if (known is null) return Unclear("the node has no invoice for it");
        if (known.Status != "unpaid") return Over;
        if (known.Bolt11 is not { } text || !Bolt11Invoice.TryParse(text, out Bolt11Invoice? invoice)) return Unclear("its invoice cannot be read");
        if (JitHop(invoice, provider) is not { } hint) return Unclear("its invoice has no route hint over the provider");
        DateTimeOffset until = invoice.Timestamp + invoice.Expiry;
        return until > now ? new BuiltInApproval(Of(provider, hint.Scid, hash, invoice.Amount ?? Msat.One, until) with { PaymentSecret = invoice.PaymentSecret }, false, null) : Over;
    }

    /// <summary>
    /// Finds the hint for the JIT channel. There may be other hints too, also for an older channel of the same provider: the JIT hop has no
    /// fees (R52-41).
    /// </summary>
    private static RouteHint? JitHop(Bolt11Invoice invoice, NodeId provider)
    {
        RouteHint[] hops = [.. invoice.Hops.Where(hop => hop.Node == provider)];
        return hops.LastOrDefault(hop => hop is { FeeBase: 0, FeeProportional.Value: 0 }) ?? hops.LastOrDefault();
    }

    private static BuiltInApproval Over => new(null, IsOver: true, null);

    private static BuiltInApproval Unclear(string why) => new(null, false, why);

    /// <summary>
    /// Builds the purchase. The price is not stored, but the invoice is for the amount that must arrive after the fee is deducted. If the
    /// payer chooses the amount, nothing limits the fee; the user accepted that with the built-in plugin.
    /// </summary>
    private static Purchase Of(NodeId provider, Scid jitScid, PaymentHash hash, Msat arrives, DateTimeOffset until)
    {
        var unknown = new OpeningFeeParams(Msat.Zero, new Ppm(0), until, new BlockCount(0), new BlockCount(0), arrives, Msat.Max, "");
        return new Purchase(provider, jitScid, unknown, PaymentSize: null, ClientTrustsLsp: true, hash) { MustArrive = arrives };
    }
}
