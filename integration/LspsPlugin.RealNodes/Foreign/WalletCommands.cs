using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using LspsPlugin.Scenarios.Network;

namespace LspsPlugin.RealNodes.Foreign;

/// <summary>Translates the scenarios' lightning-rpc calls of a wallet into the wallet protocol, and its answers back.</summary>
internal static class WalletCommands
{
    private const int InvoiceSeconds = 3600;

    private static readonly string[] InvoiceMembers = ["lsp_id", "amount_msat", "description", "label", "token"];

    /// <exception cref="NotOnOfferException">The protocol has no method for the command.</exception>
    public static Task<JsonObject> CallAsync(WalletProgram wallet, string command, JsonObject p) => command switch
    {
        "getinfo" => InfoAsync(wallet),
        "connect" => wallet.CallAsync("connect", new JsonObject { ["node_id"] = Copy(p, "id"), ["host"] = Copy(p, "host"), ["port"] = Copy(p, "port") }),
        "disconnect" => wallet.CallAsync("disconnect", new JsonObject { ["node_id"] = Copy(p, "id") }),
        "listpeers" => PeersAsync(wallet, (string?)p["id"]),
        "listpeerchannels" => ChannelsAsync(wallet, (string?)p["id"]),
        "invoice" => wallet.CallAsync("invoice", Invoice(p, bought: null)),
        "lsps-lsps2-getinfo" => MenuAsync(wallet, p),
        "lsps-lsps2-buy" => BuyAsync(wallet, p),
        "lsps-lsps2-invoice" => BuyInvoiceAsync(wallet, p),

        // The datastore belongs to a lightningd: another wallet has none, so it counts as empty.
        "listdatastore" => Task.FromResult(new JsonObject { ["datastore"] = new JsonArray() }),
        _ => throw new NotOnOfferException($"the wallet's command {command}"),
    };

    private static async Task<JsonObject> InfoAsync(WalletProgram wallet)
    {
        JsonObject info = await wallet.CallAsync("info");
        return new JsonObject { ["id"] = Copy(info, "node_id"), ["blockheight"] = Copy(info, "height") };
    }

    private static async Task<JsonObject> PeersAsync(WalletProgram wallet, string? only)
    {
        JsonArray peers = (await wallet.CallAsync("peers"))["peers"]!.AsArray();
        return new JsonObject
        {
            ["peers"] = new JsonArray([.. from peer in peers where only is null || (string?)peer == only select new JsonObject { ["id"] = (string)peer!, ["connected"] = true }]),
        };
    }

    private static async Task<JsonObject> ChannelsAsync(WalletProgram wallet, string? only)
    {
        JsonArray channels = (await wallet.CallAsync("channels"))["channels"]!.AsArray();
        return new JsonObject
        {
            ["channels"] = new JsonArray([.. from channel in channels where only is null || (string?)channel["peer"] == only select Row((JsonObject)channel!)]),
        };
    }

    private static JsonObject Row(JsonObject channel)
    {
        var row = new JsonObject
        {
            ["peer_id"] = Copy(channel, "peer"),
            ["state"] = (bool)channel["usable"]! ? "CHANNELD_NORMAL" : "CHANNELD_AWAITING_LOCKIN",
            ["channel_id"] = Copy(channel, "channel_id"),
            ["funding_txid"] = Copy(channel, "funding_txid"),
            ["total_msat"] = (ulong)channel["capacity_sat"]! * 1000,
            ["to_us_msat"] = (ulong)channel["balance_msat"]!,
            ["alias"] = new JsonObject { ["remote"] = Copy(channel, "alias_remote") },
            ["htlcs"] = new JsonArray([.. channel["htlcs"]!.AsArray().Select(htlc => new JsonObject
            {
                ["direction"] = "in",
                ["payment_hash"] = Copy((JsonObject)htlc!, "payment_hash"),
                ["amount_msat"] = (ulong)htlc!["amount_msat"]!,
                ["state"] = "RCVD_ADD_ACK_REVOCATION",
            })]),
        };
        if (channel["short_channel_id"] is not null) row["short_channel_id"] = Copy(channel, "short_channel_id");
        return row;
    }

    private static async Task<JsonObject> MenuAsync(WalletProgram wallet, JsonObject p)
    {
        JsonObject answer = await wallet.CallAsync("get_info", new JsonObject { ["provider"] = Copy(p, "lsp_id"), ["token"] = Copy(p, "token") });
        return Refusal(answer) ?? new JsonObject { ["opening_fee_params_menu"] = Copy(answer, "menu") };
    }

    private static async Task<JsonObject> BuyAsync(WalletProgram wallet, JsonObject p)
    {
        JsonObject answer = await wallet.CallAsync("buy", new JsonObject
        {
            ["provider"] = Copy(p, "lsp_id"),
            ["opening_fee_params"] = Copy(p, "opening_fee_params"),
            ["payment_size_msat"] = Amount(p["payment_size_msat"]),
        });
        return Refusal(answer) ?? answer;
    }

    /// <summary>Buys the first menu entry that accepts the amount, and makes an invoice for it.</summary>
    private static async Task<JsonObject> BuyInvoiceAsync(WalletProgram wallet, JsonObject p)
    {
        if (p.Select(member => member.Key).FirstOrDefault(member => !InvoiceMembers.Contains(member)) is { } more) throw new NotOnOfferException($"lsps-lsps2-invoice with {more}");
        if (((string)p["lsp_id"]!).Contains(',', StringComparison.Ordinal) || (string)p["lsp_id"]! == "any") throw new NotOnOfferException("a wallet that chooses among providers");
        JsonObject menu = await MenuAsync(wallet, p);
        if (menu["opening_fee_params_menu"] is not JsonArray entries) throw new CommandRefusedException("get_info", (int)menu["code"]!, (string)menu["message"]!);
        JsonNode? amount = Amount(p["amount_msat"]);
        JsonObject chosen = entries.Select(entry => (JsonObject)entry!).FirstOrDefault(entry => amount is null || Takes(entry, (ulong)amount))
            ?? throw new InvalidOperationException("no entry of the menu takes the amount");
        JsonObject bought = await BuyAsync(wallet, new JsonObject { ["lsp_id"] = Copy(p, "lsp_id"), ["opening_fee_params"] = chosen.DeepClone(), ["payment_size_msat"] = Amount(p["amount_msat"]) });
        if (bought["jit_channel_scid"] is null) throw new CommandRefusedException("buy", (int)bought["code"]!, (string)bought["message"]!);
        return await wallet.CallAsync("invoice", Invoice(p, new JsonObject
        {
            ["provider"] = Copy(p, "lsp_id"),
            ["jit_channel_scid"] = Copy(bought, "jit_channel_scid"),
            ["lsp_cltv_expiry_delta"] = Copy(bought, "lsp_cltv_expiry_delta"),
            ["opening_fee_params"] = chosen.DeepClone(),
        }));
    }

    private static bool Takes(JsonObject entry, ulong amount) => Limit(entry, "min_payment_size_msat") <= amount && amount <= Limit(entry, "max_payment_size_msat");

    private static ulong Limit(JsonObject entry, string name) => ulong.Parse((string)entry[name]!, CultureInfo.InvariantCulture);

    private static JsonObject Invoice(JsonObject p, JsonObject? bought) =>
        new() { ["amount_msat"] = Amount(p["amount_msat"]), ["description"] = Copy(p, "description"), ["expiry"] = InvoiceSeconds, ["bought"] = bought };

    private static JsonObject? Refusal(JsonObject answer) => answer["refused"] is JsonObject refused ? (JsonObject)refused.DeepClone() : null;

    /// <summary>Returns a number that was given as a number or as text; null for none and for "any".</summary>
    private static JsonNode? Amount(JsonNode? given) => given switch
    {
        null => null,
        _ when given.GetValueKind() == JsonValueKind.String && (string)given! == "any" => null,
        _ => ulong.Parse(given.ToString(), CultureInfo.InvariantCulture),
    };

    private static JsonNode? Copy(JsonObject from, string member) => from[member]?.DeepClone();
}
