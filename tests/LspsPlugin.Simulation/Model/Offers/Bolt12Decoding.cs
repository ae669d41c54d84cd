using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model.Paying;

namespace LspsPlugin.Simulation.Model.Offers;

/// <summary>The command decode for an offer and an invoice of BOLT 12 (json_add_offer, json_add_b12_invoice of plugins/offers.c).</summary>
internal static class Bolt12Decoding
{
    /// <summary>Whether a text is meant to be one.</summary>
    public static bool IsFor(string text) => text.StartsWith(Bolt12Text.Offer, StringComparison.OrdinalIgnoreCase) || text.StartsWith(Bolt12Text.Invoice, StringComparison.OrdinalIgnoreCase);

    public static JsonObject Of(string text, JsonNode? token)
    {
        if (text.StartsWith(Bolt12Text.Offer, StringComparison.OrdinalIgnoreCase))
        {
            TlvStream offer = Bolt12Text.Decode(text, Bolt12Text.Offer, out string reason) ?? throw SimParams.Bad("string", reason, token);
            JsonObject o = Begin("bolt12 offer", offer);
            o["valid"] = true;
            return o;
        }

        Bolt12Invoice invoice = Bolt12Invoice.Read(text, out string why) ?? throw SimParams.Bad("string", why, token);
        TlvStream tlvs = invoice.Tlvs;
        JsonObject said = Begin("bolt12 invoice", tlvs);
        said["invreq_metadata"] = tlvs.HexOf(Bolt12Type.InvreqMetadata);
        said["invreq_payer_id"] = tlvs.HexOf(Bolt12Type.InvreqPayerId);
        said["invreq_chain"] = tlvs.HexOf(Bolt12Type.InvreqChain);
        if (tlvs.Number(Bolt12Type.InvreqAmount) is { } offered) said["invreq_amount_msat"] = offered;
        if (tlvs.HexOf(Bolt12Type.InvreqFeatures) is { } wanted) said["invreq_features"] = wanted;
        if (tlvs.Number(Bolt12Type.InvreqQuantity) is { } quantity) said["invreq_quantity"] = quantity;
        if (tlvs.Text(Bolt12Type.InvreqPayerNote) is { } note) said["invreq_payer_note"] = note;
        said["invoice_paths"] = Paths(invoice.Paths, invoice.PayInfos);
        said["invoice_created_at"] = invoice.CreatedAt;
        said["invoice_relative_expiry"] = invoice.RelativeExpiry;
        said["invoice_payment_hash"] = invoice.PaymentHash.ToString();
        said["invoice_amount_msat"] = invoice.Amount.Value;
        if (tlvs.HexOf(Bolt12Type.InvoiceFeatures) is { } features) said["invoice_features"] = features;
        said["invoice_node_id"] = invoice.NodeId.ToString();
        said["signature"] = tlvs.HexOf(Bolt12Type.Signature);
        said["valid"] = true;
        return said;
    }

    /// <summary>The members of the offer, which an invoice repeats.</summary>
    private static JsonObject Begin(string type, TlvStream tlvs)
    {
        var o = new JsonObject { ["type"] = type, ["offer_id"] = Bolt12Fields.OfferId(tlvs) };
        if (tlvs.HexOf(Bolt12Type.OfferChains) is { } chain) o["offer_chains"] = new JsonArray(chain);
        if (tlvs.Number(Bolt12Type.OfferAmount) is { } amount) o["offer_amount_msat"] = amount;
        if (tlvs.Text(Bolt12Type.OfferDescription) is { } description) o["offer_description"] = description;
        if (tlvs.Text(Bolt12Type.OfferIssuer) is { } issuer) o["offer_issuer"] = issuer;
        if (tlvs.Number(Bolt12Type.OfferAbsoluteExpiry) is { } expiry) o["offer_absolute_expiry"] = expiry;
        if (tlvs.Find(Bolt12Type.OfferPaths) is { } paths) o["offer_paths"] = Paths(BlindedPath.ReadAll(paths.AsSpan()) ?? [], []);
        if (tlvs.Number(Bolt12Type.OfferQuantityMax) is { } most) o["offer_quantity_max"] = most;
        if (tlvs.HexOf(Bolt12Type.OfferIssuerId) is { } id) o["offer_issuer_id"] = id;
        return o;
    }

    private static JsonArray Paths(IReadOnlyList<BlindedPath> paths, IReadOnlyList<BlindedPayInfo> infos) => [.. paths.Select((path, i) =>
    {
        var o = new JsonObject { ["first_node_id"] = path.First.ToString(), ["first_path_key"] = path.PathKey.ToHex() };
        if (i < infos.Count)
        {
            o["payinfo"] = new JsonObject
            {
                ["fee_base_msat"] = infos[i].FeeBase,
                ["fee_proportional_millionths"] = infos[i].FeePpm,
                ["cltv_expiry_delta"] = infos[i].CltvDelta,
                ["htlc_minimum_msat"] = infos[i].Least.Value,
                ["htlc_maximum_msat"] = infos[i].Most.Value,
                ["features"] = "",
            };
        }

        o["path"] = new JsonArray([.. path.Hops.Select(Hop)]);
        return (JsonNode)o;
    })];

    private static JsonNode Hop(BlindedHop hop) => new JsonObject { ["blinded_node_id"] = hop.Id.ToHex(), ["encrypted_recipient_data"] = Convert.ToHexStringLower(hop.Data) };
}
