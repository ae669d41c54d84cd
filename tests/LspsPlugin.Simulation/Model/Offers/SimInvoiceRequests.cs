using System.Globalization;
using System.Text;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model.Paying;

namespace LspsPlugin.Simulation.Model.Offers;

/// <summary>How a node answers an invoice_request: with an invoice, or with an invoice_error (plugins/offers_invreq_hook.c).</summary>
internal static class SimInvoiceRequests
{
    /// <summary>More than this many times the amount of the offer is refused.</summary>
    private const ulong Vastly = 5;

    /// <summary>MPP is optional (bit 17).</summary>
    private static readonly byte[] Features = [2, 0, 0];

    /// <param name="request">The signed request.</param>
    /// <param name="pathId">What the path over which it came says to the issuer; null if it came without one.</param>
    /// <returns>The invoice, or the error.</returns>
    public static (string? Invoice, string? Error) Answer(SimNode node, TlvStream request, byte[]? pathId)
    {
        if (Amount(node, request, pathId, out string? refusal) is not { } amount) return (null, $"Failed invreq {Bolt12Text.Encode(Bolt12Text.Request, request)}: {refusal}");
        string offerId = Bolt12Fields.OfferId(request), payer = request.Node(Bolt12Type.InvreqPayerId)!.Value.ToString();
        string label = $"{offerId}-{payer}-0";

        // The same request once more is answered with the same invoice.
        if (node.Invoices.Find(known => known.Label == label) is { } before) return (before.Bolt11, null);
        var preimage = Preimage.FromBytes(node.OfferDesk.Secret("preimage", Encoding.ASCII.GetBytes(label)));
        DateTimeOffset now = node.Network.Time.GetUtcNow();
        TlvStream invoice = request.Without(Bolt12Type.Signature)
            .With(Bolt12Type.InvoiceCreatedAt, (ulong)now.ToUnixTimeSeconds())
            .With(Bolt12Type.InvoicePaymentHash, preimage.Hash().ToArray())
            .With(Bolt12Type.InvoiceAmount, amount)
            .With(Bolt12Type.InvoiceFeatures, Features)
            .With(Bolt12Type.InvoiceNodeId, node.Id);
        List<byte> paths = [], infos = [];
        foreach ((BlindedPath path, BlindedPayInfo info) in SimInvoicePaths.ForPayment(node, preimage.Hash(), new Msat(amount)))
        {
            path.Write(paths);
            info.Write(infos);
        }

        invoice = invoice.With(Bolt12Type.InvoicePaths, [.. paths]).With(Bolt12Type.InvoiceBlindedPay, [.. infos]);
        string text = Bolt12Text.Encode(Bolt12Text.Invoice, SimKey.Of(node.Index, SimKeyUse.NodeId).SignBolt12(invoice, "invoice"));
        ulong expires = (ulong)now.ToUnixTimeSeconds() + Bolt12Invoice.UsualExpiry;
        node.Invoices.Add(new SimInvoice(label, text, preimage, new Msat(amount), expires, (ulong)node.Invoices.Count + 1) { Secret = node.OfferDesk.PathId(preimage.Hash()), OfferId = offerId });
        return (text, null);
    }

    /// <summary>Returns what is to be paid; null if the request is refused.</summary>
    private static ulong? Amount(SimNode node, TlvStream request, byte[]? pathId, out string? refusal)
    {
        refusal = "Unknown offer";
        if (node.OfferDesk.Find(Bolt12Fields.OfferId(request)) is not { } offer) return null;
        bool hasPaths = request.Find(Bolt12Type.OfferPaths) is not null;
        if (hasPaths != pathId is not null || (pathId is not null && !pathId.AsSpan().SequenceEqual(node.OfferDesk.PathId(offer.Tlvs)))) return null;
        refusal = "Offer no longer available";
        if (!offer.IsActive) return null;
        refusal = "Offer expired";
        if (request.Number(Bolt12Type.OfferAbsoluteExpiry) is { } expiry && (ulong)node.Network.Time.GetUtcNow().ToUnixTimeSeconds() >= expiry) return null;
        ulong? asked = request.Number(Bolt12Type.OfferAmount), quantity = request.Number(Bolt12Type.InvreqQuantity), offered = request.Number(Bolt12Type.InvreqAmount);
        refusal = string.Create(CultureInfo.InvariantCulture, $"quantity {quantity} causes overflow");
        UInt128 expected = (UInt128)(asked ?? 0) * (quantity ?? 1);
        if (expected > ulong.MaxValue) return null;
        if (asked is null) return offered;
        refusal = $"Amount must be at least {expected}msat";
        if (offered < (ulong)expected) return null;
        refusal = $"Amount vastly exceeds {expected}msat";
        return offered / Vastly > (ulong)expected ? null : offered ?? (ulong)expected;
    }
}
