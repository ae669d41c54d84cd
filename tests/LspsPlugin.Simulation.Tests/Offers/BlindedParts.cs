using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Simulation.Model.Paying;
using LspsPlugin.Simulation.Tests.Paying;

namespace LspsPlugin.Simulation.Tests.Offers;

/// <summary>Fetches invoices of BOLT 12, and makes their parts by hand, as xpay does.</summary>
internal static class BlindedParts
{
    /// <summary>The end of every blinded path on the map: a node that nobody has (xpay's fakenode).</summary>
    private const string Nobody = "020000000000000000000000000000000000000000000000000000000000000001";

    private const string Layer = "blinded";

    /// <summary>Adds a node that has only private channels, one from each peer, which has all the funds.</summary>
    public static SimNode AddWallet(PayerStage stage, params ReadOnlySpan<SimNode> peers)
    {
        SimNode wallet = stage.Network.AddNode("wallet");
        foreach (SimNode peer in peers) stage.Network.OpenChannel(peer, wallet, PayerStage.Size, isPrivate: true);
        return wallet;
    }

    public static async Task<string> OfferAsync(SimNode issuer, ulong? amount, ulong? expiry = null)
    {
        var p = new JsonObject { ["amount"] = amount is { } msat ? msat : "any", ["description"] = "a coffee" };
        if (expiry is { } at) p["absolute_expiry"] = at;
        return (string)(await issuer.Rpc.CallAsync("offer", p))["bolt12"]!;
    }

    /// <summary>Returns a fetched invoice decoded, with its text as the member bolt12.</summary>
    public static async Task<JsonObject> InvoiceAsync(PayerStage stage, SimNode issuer, ulong amount) => await DecodedAsync(stage, await FetchAsync(stage, issuer, amount));

    public static async Task<string> FetchAsync(PayerStage stage, SimNode issuer, ulong amount) =>
        (string)(await stage.CallAsync("fetchinvoice", new JsonObject { ["offer"] = await OfferAsync(issuer, amount) }))["invoice"]!;

    public static Task<JsonObject> DecodedAsync(PayerStage stage, string invoice) => stage.CallAsync("decode", new JsonObject { ["string"] = invoice });

    /// <summary>The parameters of injectpaymentonion for a part over one path of a decoded invoice, and the secrets with which its failure is read.</summary>
    /// <param name="path">The number of the path.</param>
    /// <param name="amount">What the part delivers; everything by default.</param>
    /// <param name="change">Changes the hops before the onion is made.</param>
    public static async Task<(JsonObject Parameters, byte[][] Secrets)> PartAsync(
        PayerStage stage, JsonObject invoice, int path = 0, ulong part = 1, ulong? amount = null, Action<JsonArray>? change = null, string? text = null)
    {
        ulong total = (ulong)invoice["invoice_amount_msat"]!, delivers = amount ?? total;
        JsonObject blinded = invoice["invoice_paths"]![path]!.AsObject(), route = await RouteAsync(stage, blinded, path, delivers);
        uint height = stage.Network.Chain.Height + 1;
        var hops = new JsonArray();
        string at = stage.Payer.Id.ToString();
        foreach (JsonNode? hop in route["path"]!.AsArray())
        {
            if ((string)hop!["node_id_out"]! == Nobody) break;
            hops.Add(Hop(at, SimHop.Forward(new Msat((ulong)hop["amount_out_msat"]!), (uint)hop["cltv_out"]! + height, SimDirection.Of((string)hop["short_channel_id_dir"]!)!.Value.Scid)));
            at = (string)hop["node_id_out"]!;
        }

        foreach (JsonObject hop in Hops(blinded, new Msat(delivers), height, new Msat(total))) hops.Add(hop);
        change?.Invoke(hops);
        string hash = (string)invoice["invoice_payment_hash"]!;
        JsonObject onion = await stage.CallAsync("createonion", new JsonObject { ["hops"] = hops, ["assocdata"] = hash });
        var parameters = new JsonObject
        {
            ["onion"] = (string)onion["onion"]!,
            ["payment_hash"] = hash,
            ["amount_msat"] = (ulong)route["path"]![0]!["amount_in_msat"]!,
            ["cltv_expiry"] = (uint)route["path"]![0]!["cltv_in"]! + height,
            ["partid"] = part,
            ["groupid"] = 1,
            ["destination_msat"] = delivers,
        };
        if (text is not null) parameters["invstring"] = text;
        return (parameters, [.. onion["shared_secrets"]!.AsArray().Select(static secret => Convert.FromHexString((string)secret!))]);
    }

    /// <summary>Returns the route for a part: a layer makes the path a channel from its introduction point to nobody, with a scid of block 0.</summary>
    public static async Task<JsonObject> RouteAsync(PayerStage stage, JsonObject blinded, int path, ulong amount)
    {
        const ulong Capacity = 2_100_000_000_000_000_000;
        JsonNode info = blinded["payinfo"]!;
        string first = (string)blinded["first_node_id"]!, scid = $"0x0x{path}", layer = $"{Layer}-{(string)blinded["first_path_key"]!}";
        if (!stage.Payer.Paying.Layers.Names.Contains(layer))
        {
            await stage.CallAsync("askrene-create-layer", new JsonObject { ["layer"] = layer });
            await stage.CallAsync("askrene-create-channel", new JsonObject
            {
                ["layer"] = layer,
                ["source"] = first,
                ["destination"] = Nobody,
                ["short_channel_id"] = scid,
                ["capacity_msat"] = Capacity,
            });
            await stage.CallAsync("askrene-update-channel", new JsonObject
            {
                ["layer"] = layer,
                ["short_channel_id_dir"] = SimDirection.From(Scid.Parse(scid), NodeId.Parse(first), NodeId.Parse(Nobody)).ToString(),
                ["enabled"] = true,
                ["htlc_minimum_msat"] = info["htlc_minimum_msat"]!.DeepClone(),
                ["htlc_maximum_msat"] = info["htlc_maximum_msat"]!.DeepClone(),
                ["fee_base_msat"] = info["fee_base_msat"]!.DeepClone(),
                ["fee_proportional_millionths"] = info["fee_proportional_millionths"]!.DeepClone(),
                ["cltv_expiry_delta"] = info["cltv_expiry_delta"]!.DeepClone(),
            });
        }

        JsonObject query = stage.Query(amount, layers: layer);
        query["destination"] = Nobody;
        query["final_cltv"] = 0;
        return (await stage.CallAsync("getroutes", query))["routes"]![0]!.AsObject();
    }

    /// <summary>The hops of a blinded path: only the first has the path key, and only the last has amounts.</summary>
    public static IEnumerable<JsonObject> Hops(JsonObject path, Msat delivers, uint cltv, Msat total)
    {
        JsonArray nodes = path["path"]!.AsArray();
        for (int i = 0; i < nodes.Count; i++)
        {
            TlvStream payload = TlvStream.Empty.With(10, Convert.FromHexString((string)nodes[i]!["encrypted_recipient_data"]!));
            if (i == 0) payload = payload.With(12, Convert.FromHexString((string)path["first_path_key"]!));
            if (i == nodes.Count - 1) payload = payload.With(2, Truncated.Write(delivers.Value)).With(4, Truncated.Write(cltv)).With(18, Truncated.Write(total.Value));
            yield return Hop(i == 0 ? (string)path["first_node_id"]! : (string)nodes[i]!["blinded_node_id"]!, new SimHop(payload));
        }
    }

    private static JsonObject Hop(string to, SimHop hop) => new() { ["pubkey"] = to, ["payload"] = hop.HexWithLength() };
}
