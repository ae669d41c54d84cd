using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model.Offers;
using LspsPlugin.Simulation.Model;

namespace LspsPlugin.Simulation.Checkers;

/// <summary>What a caller of sendpayment gives to be paid.</summary>
/// <param name="Hash">The payment hash; null for an offer, whose invoice does not exist yet.</param>
/// <param name="Amount">What is to be delivered.</param>
/// <param name="Offer">The id of the offer, if it is one.</param>
public sealed record AskedInvoice(PaymentHash? Hash, ulong Amount, string? Offer = null)
{
    /// <summary>Reads a request; null if it asks for nothing that can be paid.</summary>
    public static AskedInvoice? Read(JsonObject request)
    {
        string text = (string)request["invstring"]!;
        ulong? asked = request["amount_msat"] is null ? null : request.Number("amount_msat");
        if (Bolt11Invoice.TryParse(text, out Bolt11Invoice? bolt11)) return Of(bolt11.PaymentHash, bolt11.Amount?.Value ?? asked);
        if (Bolt12Invoice.Read(text) is { } bolt12) return Of(bolt12.PaymentHash, bolt12.Amount.Value);
        if (Bolt12Text.Decode(text, Bolt12Text.Offer, out _) is not { } offer) return null;
        ulong number = request["quantity"] is null ? 1 : request.Number("quantity");
        return Of(null, asked ?? (offer.Number(Bolt12Type.OfferAmount) * number), Bolt12Fields.OfferId(offer));
    }

    private static AskedInvoice? Of(PaymentHash? hash, ulong? amount, string? offer = null) => amount is { } known ? new AskedInvoice(hash, known, offer) : null;
}
