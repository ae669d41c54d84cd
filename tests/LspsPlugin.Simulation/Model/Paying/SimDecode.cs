using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model.Offers;
using NBitcoin.Crypto;

namespace LspsPlugin.Simulation.Model.Paying;

/// <summary>The command decode: here for BOLT 11.</summary>
internal static class SimDecode
{
    public static JsonObject Of(JsonObject p)
    {
        p.Only("string");
        string text = SimParams.Text(p.Need("string"));
        if (Bolt12Decoding.IsFor(text)) return Bolt12Decoding.Of(text, p["string"]);
        if (!Bolt11Invoice.TryParse(text, out Bolt11Invoice? invoice)) throw SimParams.Bad("string", "Unparsable string", p["string"]);
        var o = new JsonObject
        {
            ["type"] = "bolt11 invoice",
            ["valid"] = true,
            ["currency"] = invoice.Currency,
            ["created_at"] = invoice.Timestamp.ToUnixTimeSeconds(),
            ["expiry"] = (long)invoice.Expiry.TotalSeconds,
        };
        if (Bolt11Invoice.PayeeOf(text) is { } payee) o["payee"] = payee.ToString();
        if (invoice.Amount is { } amount) o["amount_msat"] = amount.Value;
        if (invoice.Description is { } description) o["description"] = description;
        if (invoice.DescriptionHash is { } hash) o["description_hash"] = hash;
        o["min_final_cltv_expiry"] = invoice.MinFinalCltv.Value;
        o["payment_secret"] = invoice.PaymentSecret.ToHex();
        o["features"] = Features(invoice.Features);
        if (invoice.Hops.Count > 0) o["routes"] = new JsonArray([.. invoice.Hops.Select(static hop => (JsonNode)new JsonArray(Hop(hop)))]);
        o["payment_hash"] = invoice.PaymentHash.ToString();
        if (ECDSASignature.TryParseFromCompact(InvoiceSignature.Of(text), out ECDSASignature? signature)) o["signature"] = Convert.ToHexStringLower(signature.ToDER());
        return o;
    }

    private static JsonObject Hop(RouteHint hint) => new()
    {
        ["pubkey"] = hint.Node.ToString(),
        ["short_channel_id"] = hint.Scid.ToString(),
        ["fee_base_msat"] = hint.FeeBase,
        ["fee_proportional_millionths"] = hint.FeeProportional.Value,
        ["cltv_expiry_delta"] = hint.CltvExpiryDelta,
    };

    private static string Features(IReadOnlyList<int> bits)
    {
        byte[] bytes = new byte[bits.Count == 0 ? 0 : (bits.Max() / 8) + 1];
        foreach (int bit in bits) bytes[bytes.Length - 1 - (bit / 8)] |= (byte)(1 << (bit % 8));
        return Convert.ToHexStringLower(bytes);
    }
}
