using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Simulation.Model.Paying;

/// <summary>
/// The command xpay, in short: one set of routes, sent by injectpaymentonion in a group of its own, and no retry. Its use is to be somebody
/// else who pays the same invoice on the same node.
/// </summary>
internal sealed class SimXpay(SimNode node)
{
    private const int GaveUp = 205, Already = 219;
    private readonly List<(byte[] Reply, IReadOnlyList<byte[]> Secrets)> _failures = [];

    /// <summary>Returns any number of 63 bits, as the real one does (plugins/xpay/xpay.c of v26.06.6): nobody else's next group is the same.</summary>
    private static ulong GroupOf(PaymentHash hash, DateTimeOffset now) =>
        BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"{hash} {now.UtcTicks}"))) & long.MaxValue;

    public async Task<JsonNode> PayAsync(JsonObject p)
    {
        p.Only("invstring", "amount_msat", "maxfee", "layers", "retry_for", "partial_msat", "maxdelay", "payer_note", "label");
        string text = SimParams.Text(p.Need("invstring"));
        if (!Bolt11Invoice.TryParse(text, out Bolt11Invoice? invoice)) throw new SimRpcException(SimParams.InvalidParams, "Invalid bolt11 string");
        if (Bolt11Invoice.PayeeOf(text) is not { } payee) throw new SimRpcException(SimParams.InvalidParams, "Invalid bolt11 string: no payee");
        Msat amount = invoice.Amount ?? p.AmountIf("amount_msat") ?? throw new SimRpcException(SimParams.InvalidParams, "amount_msat required");
        if (node.Paying.Parts.Of(invoice.PaymentHash).FirstOrDefault(static row => row.Status == SimSendPay.Complete) is { } paid) return Answer(paid.Preimage!.Value.ToHex(), 0, 0, amount.Value, 0);
        ulong group = GroupOf(invoice.PaymentHash, node.Network.Time.GetUtcNow());
        string layer = $"xpay-{invoice.PaymentHash}-{group}";
        await AskAsync("askrene-create-layer", new JsonObject { ["layer"] = layer });
        try
        {
            await AddHintsAsync(layer, invoice, payee);
            JsonObject answer = await AskAsync("getroutes", new JsonObject
            {
                ["source"] = node.Id.ToString(),
                ["destination"] = payee.ToString(),
                ["amount_msat"] = amount.Value,
                ["layers"] = new JsonArray(SimMap.LocalChannels, SimMap.SourceFree, layer),
                ["maxfee_msat"] = p.Amount("maxfee", new Msat(Math.Max(5000, amount.Value / 100))).Value,
                ["final_cltv"] = invoice.MinFinalCltv.Value,
            });
            JsonObject[] routes = [.. answer["routes"]!.AsArray().Select(static route => route!.AsObject())];
            Task<JsonNode?>[] parts = [.. routes.Select((route, i) => SendAsync(invoice, text, route, (ulong)i + 1, group, amount))];
            JsonNode?[] ends = await Task.WhenAll(parts);
            ulong sent = routes.Aggregate(0UL, static (sum, route) => sum + (ulong)route["path"]![0]!["amount_in_msat"]!);
            return ends.FirstOrDefault(static end => end is not null) is { } settled
                ? Answer((string)settled["payment_preimage"]!, ends.Count(static end => end is null), ends.Count(static end => end is not null), amount.Value, sent)
                : throw new SimRpcException(GaveUp, Why());
        }
        finally
        {
            if (node.Paying.Layers.Find(layer) is not null) await AskAsync("askrene-remove-layer", new JsonObject { ["layer"] = layer });
        }
    }

    private string Why() => _failures is [var (reply, secrets), ..] && FailureOnion.Unwrap(secrets, reply) is var (hop, message)
        ? $"Failed after 1 attempts. {OnionWords.Of(OnionWords.CodeOf(message))} from hop {hop}"
        : "Failed after 1 attempts. Garbled error message";

    private async Task AddHintsAsync(string layer, Bolt11Invoice invoice, NodeId payee)
    {
        // The model's invoices have hints of one hop.
        foreach (RouteHint hint in invoice.Hops)
        {
            await AskAsync("askrene-create-channel", new JsonObject
            {
                ["layer"] = layer,
                ["source"] = hint.Node.ToString(),
                ["destination"] = payee.ToString(),
                ["short_channel_id"] = hint.Scid.ToString(),
                ["capacity_msat"] = Capacity,
            });
            await AskAsync("askrene-update-channel", new JsonObject
            {
                ["layer"] = layer,
                ["short_channel_id_dir"] = SimDirection.From(hint.Scid, hint.Node, payee).ToString(),
                ["enabled"] = true,
                ["htlc_minimum_msat"] = 0,
                ["htlc_maximum_msat"] = Capacity,
                ["fee_base_msat"] = hint.FeeBase,
                ["fee_proportional_millionths"] = hint.FeeProportional.Value,
                ["cltv_expiry_delta"] = hint.CltvExpiryDelta,
            });
        }
    }

    private const ulong Capacity = 2_100_000_000_000_000_000;

    private async Task<JsonNode?> SendAsync(Bolt11Invoice invoice, string text, JsonObject route, ulong part, ulong group, Msat total)
    {
        uint height = node.Network.Chain.Height + 1;
        ulong delivers = (ulong)route["amount_msat"]!;
        JsonArray path = route["path"]!.AsArray();
        var hops = new JsonArray();
        NodeId at = node.Id;
        foreach (JsonNode? hop in path)
        {
            Scid scid = SimDirection.Of((string)hop!["short_channel_id_dir"]!)!.Value.Scid;
            hops.Add(Hop(at, SimHop.Forward(new Msat((ulong)hop["amount_out_msat"]!), (uint)hop["cltv_out"]! + height, scid)));
            at = NodeId.Parse((string)hop["node_id_out"]!);
        }

        hops.Add(Hop(at, SimHop.Final(new Msat(delivers), (uint)route["final_cltv"]! + height, invoice.PaymentSecret, total)));
        JsonObject onion = await AskAsync("createonion", new JsonObject { ["hops"] = hops, ["assocdata"] = invoice.PaymentHash.ToString() });
        try
        {
            return await AskAsync("injectpaymentonion", new JsonObject
            {
                ["onion"] = (string)onion["onion"]!,
                ["payment_hash"] = invoice.PaymentHash.ToString(),
                ["amount_msat"] = (ulong)path[0]!["amount_in_msat"]!,
                ["cltv_expiry"] = (uint)path[0]!["cltv_in"]! + height,
                ["partid"] = part,
                ["groupid"] = group,
                ["invstring"] = text,
                ["destination_msat"] = delivers,
            });
        }
        catch (SimRpcException failed) when (failed.Details?["onionreply"] is { } reply)
        {
            _failures.Add((Convert.FromHexString((string)reply!), [.. onion["shared_secrets"]!.AsArray().Select(static secret => Convert.FromHexString((string)secret!))]));
            return null;
        }
        catch (SimRpcException failed) when (failed.Code == Already)
        {
            throw new SimRpcException(Already, "Already paid this invoice successfully");
        }
        catch (SimRpcException failed)
        {
            throw new SimRpcException(-3, $"Unexpected injectpaymentonion error {failed.Code}: {failed.Message}");
        }
    }

    /// <summary>Commands of the same node, which its own plugins call without faults here.</summary>
    private Task<JsonObject> AskAsync(string method, JsonObject p) => node.Paying.AskAsync(method, p);

    private static JsonObject Hop(NodeId to, SimHop hop) => new() { ["pubkey"] = to.ToString(), ["payload"] = hop.HexWithLength() };

    private static JsonObject Answer(string preimage, int failed, int settled, ulong amount, ulong sent) => new()
    {
        ["payment_preimage"] = preimage,
        ["failed_parts"] = failed,
        ["successful_parts"] = settled,
        ["amount_msat"] = amount,
        ["amount_sent_msat"] = sent,
    };
}
