using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.RealNodes.Helper;
using LspsPlugin.RealNodes.Nodes;
using LspsPlugin.Scenarios.Network;

namespace LspsPlugin.LightningdWallet;

/// <summary>A lightningd with this plugin as a wallet: each method makes a few calls to the node.</summary>
internal sealed class WalletNode(Tools tools, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(50);
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(50);

    /// <summary>Two blocks more than a node's default.</summary>
    private static readonly BlockCount FinalDelta = new(20);

    /// <summary>Feature bits: var_onion_optin, payment_secret, basic_mpp.</summary>
    private static readonly int[] Features = [8, 14, 17];

    private readonly int _port = Ports.Free();
    private LightningDaemon? _daemon;
    private NodeLog? _log;
    private int _toldFaults;

    private LightningRpc Rpc => _daemon is { IsRunning: true } running ? running.Rpc : throw new IOException("the node does not run");

    /// <summary>Returns lines of the node's log that a correct run does not have, each once.</summary>
    public IEnumerable<string> Faults()
    {
        string[] fresh = [.. (_log?.Broken ?? []).Skip(_toldFaults)];
        _toldFaults += fresh.Length;
        return fresh;
    }

    public async Task<JsonObject?> StartAsync(JsonObject p)
    {
        string directory = (string)p["directory"]!, network = Path.Combine(directory, (string)p["network"]!);
        Directory.CreateDirectory(network);
        PaymentDesk.Leave(network, ConductOf((string)p["conduct"]!));
        _log = new NodeLog(Path.Combine(directory, "log"));
        int before = _log.Plugin.Count;
        _toldFaults = _log.Broken.Count;
        JsonObject chain = p["bitcoind"]!.AsObject();
        IEnumerable<string> arguments =
        [
            .. Arguments.OfAny((string)p["name"]!, directory, _port, tools.BitcoinCli, (string)chain["datadir"]!, (int)chain["port"]!),
            $"--plugin={Environment.ProcessPath}",
            $"--plugin={tools.Plugin}",
            "--disable-plugin=cln-lsps-service",
            "--disable-plugin=cln-lsps-client",
            "--experimental-lsps-client",
        ];
        var environment = new Dictionary<string, string> { ["DOTNET_ROOT"] = Tools.DotnetRoot };
        _daemon = new LightningDaemon(tools.Lightningd, arguments, Path.Combine(directory, "out"), environment, Path.Combine(network, "lightning-rpc"), time);
        await UntilAsync(() => Task.FromResult(_log.Plugin.Skip(before).Any(line => line.Contains("ready to buy", StringComparison.Ordinal))));
        await UntilAsync(async () => await Rpc.CallAsync("getinfo") is var now && now["warning_lightningd_sync"] is null && now["warning_bitcoind_sync"] is null);
        return new JsonObject { ["node_id"] = Copy(await Rpc.CallAsync("getinfo"), "id"), ["host"] = "127.0.0.1", ["port"] = _port };
    }

    public async Task<JsonObject?> StopAsync()
    {
        await DisposeAsync();
        return [];
    }

    public async ValueTask DisposeAsync()
    {
        if (_daemon is not { } running) return;
        _daemon = null;
        if (running.IsRunning) await running.StopAsync();
        running.Dispose();
    }

    public async Task<JsonObject?> InfoAsync()
    {
        JsonObject info = await Rpc.CallAsync("getinfo");

        // The height counts the blocks that were seen; with this warning they are not processed yet.
        uint height = info["warning_lightningd_sync"] is null ? (uint)info["blockheight"]! : 0;
        return new JsonObject { ["node_id"] = Copy(info, "id"), ["height"] = height };
    }

    public async Task<JsonObject?> ConnectAsync(JsonObject p)
    {
        await Rpc.CallAsync("connect", new JsonObject { ["id"] = Copy(p, "node_id"), ["host"] = Copy(p, "host"), ["port"] = Copy(p, "port") });
        return [];
    }

    public async Task<JsonObject?> DisconnectAsync(JsonObject p)
    {
        await Rpc.CallAsync("disconnect", new JsonObject { ["id"] = Copy(p, "node_id"), ["force"] = true });
        return [];
    }

    public async Task<JsonObject?> PeersAsync()
    {
        JsonArray peers = (await Rpc.CallAsync("listpeers"))["peers"]!.AsArray();
        return new JsonObject { ["peers"] = new JsonArray([.. from peer in peers where (bool)peer["connected"]! select peer["id"]!.DeepClone()]) };
    }

    public async Task<JsonObject?> MenuAsync(JsonObject p)
    {
        var asked = new JsonObject { ["lsp_id"] = Copy(p, "provider") };
        if (p["token"] is not null) asked["token"] = Copy(p, "token");
        JsonObject answer = await Rpc.CallAsync("lsps-lsps2-getinfo", asked);
        return Refusal(answer) ?? new JsonObject { ["menu"] = Copy(answer, "opening_fee_params_menu") };
    }

    public async Task<JsonObject?> BuyAsync(JsonObject p)
    {
        var order = new JsonObject { ["lsp_id"] = Copy(p, "provider"), ["opening_fee_params"] = Copy(p, "opening_fee_params") };
        if (p["payment_size_msat"] is not null) order["payment_size_msat"] = Copy(p, "payment_size_msat");
        JsonObject answer = await Rpc.CallAsync("lsps-lsps2-buy", order);
        return Refusal(answer) ?? new JsonObject
        {
            ["jit_channel_scid"] = Copy(answer, "jit_channel_scid"),
            ["lsp_cltv_expiry_delta"] = Copy(answer, "lsp_cltv_expiry_delta"),
            ["client_trusts_lsp"] = (bool?)answer["client_trusts_lsp"] ?? false,
        };
    }

    public Task<JsonObject?> InvoiceAsync(JsonObject p) => p["bought"] is JsonObject bought ? BoughtInvoiceAsync(p, bought) : OrdinaryInvoiceAsync(p);

    public async Task<JsonObject?> ConductAsync(string word)
    {
        await Rpc.CallAsync(HelperPlugin.ConductMethod, new JsonObject { ["conduct"] = ConductOf(word).ToString() });
        return [];
    }

    public async Task<JsonObject?> ChannelsAsync()
    {
        JsonArray rows = (await Rpc.CallAsync("listpeerchannels"))["channels"]!.AsArray();
        return new JsonObject { ["channels"] = new JsonArray([.. from row in rows where (string?)row["state"] is "CHANNELD_NORMAL" or "CHANNELD_AWAITING_LOCKIN" select Channel((JsonObject)row!)]) };
    }

    private static JsonObject Channel(JsonObject row) => new()
    {
        ["channel_id"] = Copy(row, "channel_id"),
        ["peer"] = Copy(row, "peer_id"),
        ["funding_txid"] = Copy(row, "funding_txid"),
        ["capacity_sat"] = (ulong)row["total_msat"]! / 1000,
        ["usable"] = (string?)row["state"] == "CHANNELD_NORMAL" && (bool)row["peer_connected"]!,
        ["short_channel_id"] = Copy(row, "short_channel_id"),
        ["alias_remote"] = row["alias"]?["remote"]?.DeepClone(),
        ["balance_msat"] = Copy(row, "to_us_msat"),
        ["htlcs"] = new JsonArray([.. from htlc in row["htlcs"]?.AsArray() ?? []
                                      where (string?)htlc["state"] == "RCVD_ADD_ACK_REVOCATION"
                                      select new JsonObject { ["payment_hash"] = htlc["payment_hash"]!.DeepClone(), ["amount_msat"] = htlc["amount_msat"]!.DeepClone() }]),
    };

    /// <summary>
    /// Makes an invoice like the node's built-in client: one in the node for the amount that arrives, one with the whole amount and the
    /// hint for the payer, and an approval.
    /// </summary>
    private async Task<JsonObject?> BoughtInvoiceAsync(JsonObject p, JsonObject bought)
    {
        Msat? amount = p["amount_msat"] is { } given ? new Msat((ulong)given) : null;
        byte[] secret = new byte[32];
        using (var random = RandomNumberGenerator.Create()) random.GetBytes(secret);
        Preimage preimage = Preimage.Parse(Convert.ToHexStringLower(secret));
        var whole = new Bolt11Invoice(
            "bcrt",
            amount,
            DateTimeOffset.FromUnixTimeSeconds(time.GetUtcNow().ToUnixTimeSeconds()),
            preimage.Hash(),
            preimage.DeriveSecret(),
            (string)p["description"]!,
            TimeSpan.FromSeconds((int)p["expiry"]!),
            FinalDelta,
            new RouteHint(NodeId.Parse((string)bought["provider"]!), Scid.Parse((string)bought["jit_channel_scid"]!), 0, new Ppm(0), (ushort)bought["lsp_cltv_expiry_delta"]!),
            [.. amount is null ? Features[..2] : Features]);
        await Rpc.CallAsync("createinvoice", new JsonObject
        {
            ["invstring"] = (whole with { Amount = amount is { } all ? all - FeeOf(bought["opening_fee_params"]!.AsObject(), all) : null }).WriteUnsigned(),
            ["label"] = preimage.Hash().ToString(),
            ["preimage"] = preimage.ToHex(),
        });
        await Rpc.CallAsync("lsps-lsps2-approve", new JsonObject
        {
            ["lsp_id"] = Copy(bought, "provider"),
            ["jit_channel_scid"] = Copy(bought, "jit_channel_scid"),
            ["payment_hash"] = preimage.Hash().ToString(),
        });
        JsonObject signed = await Rpc.CallAsync("signinvoice", new JsonObject { ["invstring"] = whole.WriteUnsigned() });
        return new JsonObject { ["bolt11"] = Copy(signed, "bolt11"), ["payment_hash"] = preimage.Hash().ToString() };
    }

    private async Task<JsonObject?> OrdinaryInvoiceAsync(JsonObject p)
    {
        JsonObject made = await Rpc.CallAsync("invoice", new JsonObject
        {
            ["amount_msat"] = Copy(p, "amount_msat") ?? "any",
            ["label"] = time.GetUtcNow().Ticks.ToString(CultureInfo.InvariantCulture),
            ["description"] = Copy(p, "description"),
            ["expiry"] = Copy(p, "expiry"),
        });
        return new JsonObject { ["bolt11"] = Copy(made, "bolt11"), ["payment_hash"] = Copy(made, "payment_hash") };
    }

    private static Msat FeeOf(JsonObject offer, Msat amount)
    {
        ulong least = ulong.Parse((string)offer["min_fee_msat"]!, CultureInfo.InvariantCulture);
        return new Msat(Math.Max(least, ((amount.Value * (ulong)offer["proportional"]!) + 999_999) / 1_000_000));
    }

    /// <summary>Returns the provider's error from an answer.</summary>
    private static JsonObject? Refusal(JsonObject answer) =>
        answer["code"] is null ? null : new JsonObject { ["refused"] = new JsonObject { ["code"] = Copy(answer, "code"), ["message"] = Copy(answer, "message") } };

    private static Conduct ConductOf(string word) => word switch
    {
        "settle" => Conduct.Settles,
        "hold" => Conduct.Holds,
        _ => Conduct.Rejects,
    };

    private async Task UntilAsync(Func<Task<bool>> holds)
    {
        for (long start = time.GetTimestamp(); !await holds(); await Task.Delay(Glance, time))
        {
            if (_daemon is not { IsRunning: true }) throw new IOException("the node does not start");
            if (time.GetElapsedTime(start) > Patience) throw new TimeoutException("the node is not ready in time");
        }
    }

    private static JsonNode? Copy(JsonObject from, string member) => from[member]?.DeepClone();
}
