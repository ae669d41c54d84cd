using System.Text;
using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;

namespace LspsPlugin.Simulation.Model;

/// <summary>
/// A provider without our plugin: it sells JIT channels as specified, and opens, funds and forwards, or does not, as a test or a seed
/// decides.
/// </summary>
public sealed class HostileProvider : ISimPlugin
{
    private const uint FinalDelta = 60;

    private static readonly Sat FundingFee = new(500);

    private int _sold;

    private HostileProvider(SimNode node) => Node = node;

    public SimNode Node { get; }

    /// <summary>Whether it says that it funds only after the payment; otherwise the wallet expects the funding at once.</summary>
    public bool WantsTrust { get; set; }

    /// <summary>The JIT scid that it sells next; one of its own by default.</summary>
    public Scid? Sells { get; set; }

    public static HostileProvider Join(SimNetwork network, SimNode wallet, string name = "hostile")
    {
        var provider = new HostileProvider(network.AddNode(name));
        provider.Node.Plugin = provider;
        network.Connect(provider.Node, wallet);
        return provider;
    }

    public async Task<JsonObject?> HookAsync(string hook, JsonObject parameters)
    {
        if (hook == "custommsg" && JsonNode.Parse(Convert.FromHexString((string)parameters["payload"]!).AsSpan(2)) is JsonObject request && Answer(request) is { } result)
        {
            await SendAsync((string)parameters["peer_id"]!, new JsonObject { ["jsonrpc"] = "2.0", ["id"] = request["id"]?.DeepClone(), ["result"] = result });
        }

        return new JsonObject { ["result"] = "continue" };
    }

    public void Notify(string topic, JsonObject parameters)
    {
    }

    /// <summary>Opens an unconfirmed channel and withholds its funding.</summary>
    /// <returns>Null if the wallet refused.</returns>
    public async Task<SimChannel?> OpenAsync(SimNode wallet, Sat capacity)
    {
        try
        {
            JsonObject started = await Node.Funding.StartAsync(new JsonObject { ["id"] = wallet.Id.ToString(), ["amount"] = capacity.Value, ["channel_type"] = new JsonArray(12, 46, 50) });
            Outpoint coin = Node.Wallet.Mint(capacity + FundingFee);
            var tx = new SimTx([coin], [new TxOutput(capacity, (string)started["scriptpubkey"]!)]);
            JsonObject opened = await Node.Funding.CompleteAsync(new JsonObject { ["id"] = wallet.Id.ToString(), ["psbt"] = SimPsbt.Write(tx, Node.Network.Chain) });
            return Node.Channels.First(channel => channel.Id.ToString() == (string?)opened["channel_id"]);
        }
        catch (SimRpcException)
        {
            return null;
        }
    }

    /// <summary>Sends an HTLC over one of its channels, with any onion.</summary>
    public Task<SimOutcome> SendAsync(SimChannel over, Msat amount, PaymentHash hash, string? extraTlvs, params IReadOnlyList<SimHop> onion)
    {
        if (amount > over.Spendable(Node)) return Task.FromResult(new SimOutcome(null, "more than the channel has"));
        var done = new TaskCompletionSource<SimOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        SimHtlc htlc = over.Offer(Node, amount, Expiry(onion.Count), hash, onion, extraTlvs, outcome => done.TrySetResult(outcome));
        _ = htlc.To.Forwarding.ReceiveAsync(htlc);
        return done.Task;
    }

    /// <summary>Sends an HTLC through the wallet's node to another of the wallet's peers.</summary>
    public Task<SimOutcome> SendThroughAsync(SimChannel over, Scid next, Msat amount, Msat fee, Preimage preimage) => SendAsync(
        over,
        amount + fee,
        preimage.Hash(),
        null,
        SimHop.Forward(amount, Expiry(1), next),
        SimHop.Final(amount, Expiry(1), preimage.DeriveSecret(), amount));

    /// <summary>Sends a part of one of the wallet's invoices, optionally short by a declared fee.</summary>
    public Task<SimOutcome> PayAsync(SimChannel over, Bolt11Invoice invoice, Msat amount, Msat? total = null, Msat fee = default, PaymentSecret? secret = null) => SendAsync(
        over,
        amount - fee,
        invoice.PaymentHash,
        fee == Msat.Zero ? null : ExtraFee.Write(null, fee),
        SimHop.Final(amount, Expiry(1), secret ?? invoice.PaymentSecret, total ?? invoice.Amount ?? amount));

    public Task<SimOutcome> KeysendAsync(SimChannel over, Msat amount, Preimage preimage) => SendAsync(over, amount, preimage.Hash(), null, SimHop.Keysend(amount, Expiry(1), preimage));

    public void Fund(SimChannel channel) => Node.Network.Chain.Broadcast(Node.Wallet.Signed(channel.FundingTx!));

    private uint Expiry(int hops) => Node.Network.Chain.Height + FinalDelta + (((uint)hops - 1) * 40);

    private JsonObject? Answer(JsonObject request) => (string?)request["method"] switch
    {
        "lsps2.get_info" => new JsonObject { ["opening_fee_params_menu"] = new JsonArray(Terms()) },
        "lsps2.buy" => new JsonObject
        {
            ["jit_channel_scid"] = (Sells ?? Scid.Of(900_000 + Node.Index, (uint)++_sold, 1)).ToString(),
            ["lsp_cltv_expiry_delta"] = 144,
            ["client_trusts_lsp"] = WantsTrust,
        },
        _ => null,
    };

    private JsonObject Terms() => new()
    {
        ["min_fee_msat"] = "1000",
        ["proportional"] = 1000,
        ["valid_until"] = LspsTime.Write(Node.Network.Time.GetUtcNow().AddHours(1)),
        ["min_lifetime"] = 1008,
        ["max_client_to_self_delay"] = 2016,
        ["min_payment_size_msat"] = "1000",
        ["max_payment_size_msat"] = "1000000000",
        ["promise"] = "on my word",
    };

    private async Task SendAsync(string peer, JsonObject message)
    {
        byte[] body = Encoding.UTF8.GetBytes(message.ToJsonString());
        SimNode? to = Node.Network.Find(peer);
        await Node.Network.LatencyAsync();
        if (to is null || !Node.Network.AreConnected(Node, to)) return;
        await to.HookAsync("custommsg", new JsonObject { ["payload"] = $"{Lsps0Message.MessageType:x4}{Convert.ToHexStringLower(body)}", ["peer_id"] = Node.Id.ToString() });
    }
}
