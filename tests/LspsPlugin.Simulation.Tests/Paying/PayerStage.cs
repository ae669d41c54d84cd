using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Simulation.Model.Paying;
using LspsPlugin.Simulation.Time;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Paying;

/// <summary>A payer with two ways to a shop: a cheap one over the hub, and a dear one over the detour.</summary>
internal sealed class PayerStage
{
    private int _labels;

    private PayerStage(TimeProvider time)
    {
        Network = new SimNetwork(time);
        (Payer, Hub, Detour, Shop) = (Network.AddNode("payer"), Network.AddNode("hub"), Network.AddNode("detour"), Network.AddNode("shop"));
        Detour.FeeBase = 50_000;
        (First, Second) = (Network.OpenChannel(Payer, Hub, Size), Network.OpenChannel(Hub, Shop, Size));
        (DetourFirst, DetourSecond) = (Network.OpenChannel(Payer, Detour, Size), Network.OpenChannel(Detour, Shop, Size));
        Payer.Plugin = Heard;
    }

    public const ulong Amount = 10_000_000;

    public static Sat Size { get; } = new(1_000_000);

    public SimNetwork Network { get; }

    public SimNode Payer { get; }

    public SimNode Hub { get; }

    public SimNode Detour { get; }

    public SimNode Shop { get; }

    public SimChannel First { get; }

    public SimChannel Second { get; }

    public SimChannel DetourFirst { get; }

    public SimChannel DetourSecond { get; }

    public Scripted Heard { get; } = new("none", null);

    public SimSendPays Parts => Payer.Paying.Parts;

    public static void Play(Func<PayerStage, Task> story, int hours = 1)
    {
        var loop = new SimLoop(1);
        loop.Run(
            async () =>
            {
                await story(new PayerStage(loop.Clock));
                return 0;
            },
            TimeSpan.FromHours(hours));
    }

    /// <summary>Calls a command of the payer's node, as over its socket: in text.</summary>
    public async Task<JsonObject> CallAsync(string method, JsonObject p)
    {
        (JsonNode? result, SimRpcException? refused) = await Payer.Rpc.CarryOutAsync(method, (JsonObject)p.DeepClone(), null);
        return refused is null ? Text(result!) : throw new SimRpcException(refused.Code, refused.Message, refused.Details is { } details ? Text(details) : null);

        static JsonObject Text(JsonNode node) => JsonNode.Parse(node.ToJsonString())!.AsObject();
    }

    public async Task<JsonObject> CallAsync(string method, string p) => await CallAsync(method, JsonNode.Parse(Fill(p))!.AsObject());

    public Task<SimRpcException> RefusedAsync(string method, JsonObject p) => Assert.ThrowsAsync<SimRpcException>(() => CallAsync(method, p));

    public Task<SimRpcException> RefusedAsync(string method, string p) => Assert.ThrowsAsync<SimRpcException>(() => CallAsync(method, p));

    /// <summary>An invoice of the shop.</summary>
    public async Task<Bolt11Invoice> InvoiceAsync(ulong? amount = Amount)
    {
        JsonNode made = await Shop.Rpc.CallAsync("invoice", new JsonObject { ["amount_msat"] = amount is { } msat ? msat : "any", ["label"] = $"invoice {++_labels}", ["description"] = "a coffee" });
        Assert.True(Bolt11Invoice.TryParse((string)made["bolt11"]!, out Bolt11Invoice? invoice));
        return invoice;
    }

    public JsonObject Query(ulong amount = Amount, SimNode? to = null, ulong maxFee = 100_000, params ReadOnlySpan<string> layers) => new()
    {
        ["source"] = Payer.Id.ToString(),
        ["destination"] = (to ?? Shop).Id.ToString(),
        ["amount_msat"] = amount,
        ["layers"] = new JsonArray(["auto.localchans", "auto.sourcefree", .. Nodes(layers)]),
        ["maxfee_msat"] = maxFee,
        ["final_cltv"] = 18,
    };

    /// <summary>The parameters of injectpaymentonion for a part over the best route, and the secrets with which its failure is read.</summary>
    public async Task<(JsonObject Parameters, byte[][] Secrets)> PartAsync(Bolt11Invoice invoice, ulong part = 1, ulong group = 1, ulong? amount = null, Action<JsonArray>? change = null, JsonObject? route = null)
    {
        route ??= (await CallAsync("getroutes", Query(amount ?? invoice.Amount!.Value.Value)))["routes"]![0]!.AsObject();
        uint height = Network.Chain.Height + 1;
        JsonArray path = route["path"]!.AsArray();
        var hops = new JsonArray();
        SimNode at = Payer;
        foreach (JsonNode? hop in path)
        {
            hops.Add(Hop(at, SimHop.Forward(new Msat((ulong)hop!["amount_out_msat"]!), (uint)hop["cltv_out"]! + height, SimDirection.Of((string)hop["short_channel_id_dir"]!)!.Value.Scid)));
            at = Network.Find((string)hop["node_id_out"]!)!;
        }

        ulong delivers = (ulong)route["amount_msat"]!;
        hops.Add(Hop(at, SimHop.Final(new Msat(delivers), (uint)route["final_cltv"]! + height, invoice.PaymentSecret, invoice.Amount ?? new Msat(delivers))));
        change?.Invoke(hops);
        JsonObject onion = await CallAsync("createonion", new JsonObject { ["hops"] = hops, ["assocdata"] = invoice.PaymentHash.ToString() });
        var parameters = new JsonObject
        {
            ["onion"] = (string)onion["onion"]!,
            ["payment_hash"] = invoice.PaymentHash.ToString(),
            ["amount_msat"] = (ulong)path[0]!["amount_in_msat"]!,
            ["cltv_expiry"] = (uint)path[0]!["cltv_in"]! + height,
            ["partid"] = part,
            ["groupid"] = group,
            ["destination_msat"] = delivers,
        };
        return (parameters, [.. onion["shared_secrets"]!.AsArray().Select(static secret => Convert.FromHexString((string)secret!))]);
    }

    public Task<JsonObject> InjectAsync(JsonObject parameters) => CallAsync("injectpaymentonion", parameters);

    /// <summary>Sends a part that fails, and reads the failure as a plugin has to.</summary>
    public async Task<(int Hop, string Failure)> FailedAsync(JsonObject parameters, byte[][] secrets)
    {
        SimRpcException failed = await RefusedAsync("injectpaymentonion", parameters);
        Assert.Equal(218, failed.Code);
        (int hop, byte[] failure) = Assert.NotNull(FailureOnion.Unwrap(secrets, Convert.FromHexString((string)failed.Details!["onionreply"]!)));
        return (hop, Convert.ToHexStringLower(failure));
    }

    public async Task<JsonObject[]> RowsAsync(string parameters = "{}") => [.. (await CallAsync("listsendpays", parameters))["payments"]!.AsArray().Select(static row => row!.AsObject())];

    public async Task<JsonObject[]> HtlcsAsync() => [.. (await CallAsync("listhtlcs", "{}"))["htlcs"]!.AsArray().Select(static row => row!.AsObject())];

    public Task WaitAsync(double seconds = 1) => Task.Delay(TimeSpan.FromSeconds(seconds), Network.Time);

    public string Fill(string text) => text
        .Replace("PAYER", Payer.Id.ToString(), StringComparison.Ordinal).Replace("HUB", Hub.Id.ToString(), StringComparison.Ordinal)
        .Replace("DETOUR", Detour.Id.ToString(), StringComparison.Ordinal).Replace("SHOP", Shop.Id.ToString(), StringComparison.Ordinal)
        .Replace("FIRST", Direction(First, Payer), StringComparison.Ordinal).Replace("SECOND", Direction(Second, Hub), StringComparison.Ordinal);

    public static string Direction(SimChannel channel, SimNode from) => SimDirection.From(channel.RealScid!.Value, from.Id, channel.Other(from).Id).ToString();

    private static JsonObject Hop(SimNode to, SimHop hop) => new() { ["pubkey"] = to.Id.ToString(), ["payload"] = hop.HexWithLength() };

    private static JsonNode?[] Nodes(ReadOnlySpan<string> texts)
    {
        var nodes = new JsonNode?[texts.Length];
        for (int i = 0; i < nodes.Length; i++) nodes[i] = texts[i];
        return nodes;
    }
}
