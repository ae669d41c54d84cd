using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Rpc;

namespace LspsPlugin.Simulation.Model;

/// <summary>The node's invoice commands.</summary>
public sealed class SimInvoices(SimNode node)
{
    private const ulong Week = 604_800;
    private const int MostLabelBytes = 128;

    /// <summary>Stores and signs an invoice that was made elsewhere, with its preimage.</summary>
    public JsonObject Create(JsonObject p)
    {
        string label = p.Text("label");
        Bolt11Invoice invoice = Read(p);
        Preimage preimage = Preimage.Parse(p.Text("preimage"));
        if (preimage.Hash() != invoice.PaymentHash) throw new SimRpcException(-32602, "Incorrect preimage");
        if (preimage.DeriveSecret() != invoice.PaymentSecret) throw new SimRpcException(-32602, "Incorrect payment_secret");
        if (node.Invoices.Any(known => known.Label == label)) throw new SimRpcException(900, $"Duplicate label '{label}'");
        if (invoice.Description is null) throw new SimRpcException(-32602, "Missing description in invoice");

        // Counted from the creation in the node, whatever the invoice's timestamp is (invoices_create).
        ulong expires = (ulong)(node.Network.Time.GetUtcNow() + invoice.Expiry).ToUnixTimeSeconds();
        string signed = Sign(p, invoice);
        node.Invoices.Add(new SimInvoice(label, signed, preimage, invoice.Amount, expires, (ulong)node.Invoices.Count + 1));
        return new JsonObject
        {
            ["label"] = label,
            ["bolt11"] = signed,
            ["payment_hash"] = invoice.PaymentHash.ToString(),
            ["status"] = "unpaid",
            ["description"] = invoice.Description,
            ["expires_at"] = expires,
            ["created_index"] = node.Invoices.Count,
        };
    }

    /// <summary>Returns the signed invoice, with a hash in place of the description.</summary>
    public string Sign(JsonObject p) => Sign(p, Read(p));

    public JsonObject Delete(JsonObject p)
    {
        string label = p.Text("label"), status = p.Text("status");
        SimInvoice invoice = node.Invoices.FirstOrDefault(known => known.Label == label) ?? throw new SimRpcException(905, "Unknown invoice");
        JsonObject row = Row(invoice);
        if ((string)row["status"]! != status) throw new SimRpcException(906, $"Invoice status is {row["status"]} not {status}");
        node.Invoices.Remove(invoice);
        return row;
    }

    /// <summary>
    /// Makes an invoice with a route hint for an unannounced channel; without a hint, a node with no other channel cannot be reached.
    /// </summary>
    public JsonObject Make(JsonObject p)
    {
        Msat? amount = p["amount_msat"]?.ToString() == "any" ? null : new Msat(p.Number("amount_msat"));
        if (amount == Msat.Zero) throw new SimRpcException(-32602, "amount_msat: should be positive msat or 'any': invalid token '0'");
        string label = p.Text("label"), description = p.Text("description");
        if (Escaped(label) > MostLabelBytes) throw new SimRpcException(-32602, $"Label '{label}' over {MostLabelBytes} bytes");
        bool hashOnly = p["deschashonly"] is { } only && (bool)only;
        int bytes = Encoding.UTF8.GetByteCount(description), most = Bolt11Invoice.MaxDescriptionBytes;
        if (bytes > most && !hashOnly) throw new SimRpcException(-32602, $"Description greater than {most} bytes invalid (description length {bytes})");
        Preimage preimage = Preimage.FromBytes(SHA256.HashData(Encoding.UTF8.GetBytes($"{node.Name} {label}")));
        string[]? exposed = p["exposeprivatechannels"] is JsonArray names ? [.. names.Select(name => (string)name!)] : null;
        SimChannel? channel = node.Channels.FirstOrDefault(c => c is { IsPrivate: true, State: SimChannel.Normal } && exposed?.Contains(c.NameFor(node).ToString()) != false);
        if (exposed is not null && channel is null) throw new SimRpcException(-32602, "None of those hints were suitable local channels");
        string? hash = hashOnly ? Bolt11Invoice.HashOf(description) : null;
        RouteHint? hint = channel is null ? null : Hint(channel, channel.Other(node));
        var invoice = new Bolt11Invoice(
            "bcrt", amount, node.Network.Time.GetUtcNow(), preimage.Hash(), preimage.DeriveSecret(), Bolt11Invoice.Shortened(description),
            TimeSpan.FromSeconds(p.Number("expiry", Week)), new BlockCount(node.CltvFinal), hint, [8, 14, 17])
        {
            DescriptionHash = hash,
        };
        JsonObject made = Create(new JsonObject { ["invstring"] = invoice.WriteUnsigned(), ["label"] = label, ["preimage"] = preimage.ToHex() });
        return new JsonObject
        {
            ["bolt11"] = (string)made["bolt11"]!,
            ["payment_hash"] = (string)made["payment_hash"]!,
            ["payment_secret"] = preimage.DeriveSecret().ToHex(),
            ["expires_at"] = (ulong)made["expires_at"]!,
            ["created_index"] = (int)made["created_index"]!,
        };
    }

    public JsonObject List(JsonObject p) => new()
    {
        ["invoices"] = new JsonArray([.. node.Invoices
            .Where(i => (string?)p["payment_hash"] is not { } hash || i.Preimage.Hash().ToString() == hash)
            .Where(i => (string?)p["label"] is not { } label || i.Label == label)
            .Select(i => (JsonNode)Row(i))]),
    };

    private string Sign(JsonObject p, Bolt11Invoice invoice) => InvoiceSignature.Sign(
        invoice.DescriptionHash is null ? p.Text("invstring") : (invoice with { Description = null }).WriteUnsigned(), SimKey.Of(node.Index, SimKeyUse.NodeId));

    private static Bolt11Invoice Read(JsonObject p) =>
        Bolt11Invoice.TryParse(p.Text("invstring"), out Bolt11Invoice? invoice) ? invoice : throw new SimRpcException(-32602, "Unparsable invoice");

    private static JsonObject Row(SimInvoice invoice)
    {
        var row = new JsonObject
        {
            ["label"] = invoice.Label,
            [invoice.OfferId is null ? "bolt11" : "bolt12"] = invoice.Bolt11,
            ["payment_hash"] = invoice.Preimage.Hash().ToString(),
            ["status"] = invoice.IsPaid ? "paid" : "unpaid",
            ["expires_at"] = invoice.ExpiresAt,
        };
        if (invoice.Amount is { } amount) row["amount_msat"] = amount.Value;
        if (invoice.OfferId is not null) row["local_offer_id"] = invoice.OfferId;
        if (!invoice.IsPaid) return row;
        row["amount_received_msat"] = invoice.Received.Value;
        row["payment_preimage"] = invoice.Preimage.ToHex();
        return row;
    }

    /// <summary>Returns a label's length as the node counts it: in its JSON form.</summary>
    private static int Escaped(string label) => JsonEncodedText.Encode(label, RpcJson.Options.Encoder).EncodedUtf8Bytes.Length;

    private static RouteHint Hint(SimChannel channel, SimNode peer) =>
        new(peer.Id, channel.End(peer).Alias, (uint)channel.End(peer).FeeBase, new Ppm(channel.End(peer).FeePpm), (ushort)peer.CltvDelta);
}
