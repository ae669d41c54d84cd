using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Simulation.Time;
using Xunit;

namespace LspsPlugin.Simulation.Tests;

/// <summary>The model's nodes without the plugins under test: what the model does is driven by hand.</summary>
internal sealed class Stage
{
    private static readonly Preimage Secret = Preimage.Parse(new string('7', 64));

    private Stage(JitWorld world)
    {
        World = world;
        Wallet.Plugin = WalletSays = new Scripted("openchannel", new JsonObject { ["result"] = "continue", ["mindepth"] = 0 });
        Provider.Plugin = ProviderSays = new Scripted("openchannel", null);
    }

    public JitWorld World { get; }

    public SimNode Provider => World.Provider;

    public SimNode Wallet => World.Wallet;

    public SimChain Chain => World.Network.Chain;

    public Scripted ProviderSays { get; }

    public Scripted WalletSays { get; }

    public string Psbt { get; private set; } = "";

    public static PaymentHash Hash => Secret.Hash();

    public static void Play(Func<Stage, Task> story, int seed = 1)
    {
        var loop = new SimLoop(seed);
        loop.Run(
            async () =>
            {
                await story(new Stage(JitWorld.Build(loop.Clock)));
                return 0;
            },
            TimeSpan.FromHours(1));
    }

    public async Task<JsonObject> CallAsync(string method, string parameters) =>
        (await Provider.Rpc.CallAsync(method, JsonNode.Parse(Fill(parameters))!.AsObject())).AsObject();

    public Task<SimRpcException> RefusedAsync(string method, string parameters) => Assert.ThrowsAsync<SimRpcException>(() => CallAsync(method, parameters));

    /// <summary>A funding transaction for a channel that the wallet accepted.</summary>
    public async Task PrepareAsync()
    {
        JsonObject start = await CallAsync("fundchannel_start", """{"id":"WALLET","amount":100000,"mindepth":0,"channel_type":[12,46,50],"announce":false}""");
        JsonObject coins = await CallAsync("fundpsbt", """{"satoshi":100000,"feerate":"normal","startweight":1000,"excess_as_change":true}""");
        JsonObject output = await CallAsync("addpsbtoutput", $$"""{"satoshi":100000,"initialpsbt":"{{coins["psbt"]}}","destination":"{{start["funding_address"]}}"}""");
        Psbt = (string)output["psbt"]!;
    }

    /// <summary>A withheld channel in CHANNELD_NORMAL that asks no fee.</summary>
    public async Task<SimChannel> OpenAsync()
    {
        await PrepareAsync();
        await CallAsync("fundchannel_complete", """{"id":"WALLET","psbt":"PSBT","withhold":true}""");
        SimChannel channel = Assert.Single(Provider.ChannelsWith(Wallet));
        await World.UntilAsync(() => channel.State == SimChannel.Normal, "the channel is usable");
        await CallAsync("setchannel", $$"""{"id":"{{channel.Id}}","feebase":0,"feeppm":0,"enforcedelay":0}""");
        return channel;
    }

    /// <summary>A part whose last hop is the wallet, over <paramref name="next"/>.</summary>
    public Task<PartResult> Pay(Scid next, ulong arrives, ulong leaves, ulong? total = null, uint cltv = 60, bool blinded = false)
    {
        SimChannel over = World.Channels[0];
        uint final = Chain.Height + cltv;
        SimHop first = blinded ? SimHop.Blinded(new Msat(leaves), final, next) : SimHop.Forward(new Msat(leaves), final, next);
        SimHop[] onion = [first, SimHop.Final(new Msat(leaves), final, Secret.DeriveSecret(), new Msat(total ?? leaves))];
        var done = new TaskCompletionSource<PartResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        SimHtlc htlc = over.Offer(World.PayerNode, new Msat(arrives), final + 40, Hash, onion, null, outcome => done.TrySetResult(new PartResult(over, new Msat(arrives), outcome)));
        _ = htlc.To.Forwarding.ReceiveAsync(htlc);
        return done.Task;
    }

    /// <summary>An invoice of the wallet that all parts of <see cref="Pay"/> pay.</summary>
    public SimInvoice Invoice(ulong amount)
    {
        var invoice = new SimInvoice("i", "lnbcrt1", Secret, new Msat(amount), ulong.MaxValue / 2, 1);
        Wallet.Invoices.Add(invoice);
        return invoice;
    }

    public Task WaitAsync(int seconds = 1) => Task.Delay(TimeSpan.FromSeconds(seconds), World.Network.Time);

    private string Fill(string text) =>
        text.Replace("WALLET", Wallet.Id.ToString(), StringComparison.Ordinal).Replace("PSBT", Psbt, StringComparison.Ordinal);
}

/// <summary>A plugin that answers one hook as told, continues the rest, and remembers what it heard.</summary>
internal sealed class Scripted(string hook, JsonObject? answer) : ISimPlugin
{
    public List<(string Topic, JsonObject Content)> Heard { get; } = [];

    /// <summary>Answers htlc_accepted; null is a plugin that is gone.</summary>
    public Func<JsonObject, Task<JsonObject?>> OnHtlc { get; set; } = _ => Task.FromResult<JsonObject?>(new JsonObject { ["result"] = "continue" });

    public Task<JsonObject?> HookAsync(string called, JsonObject parameters)
    {
        Heard.Add((called, parameters));
        if (called == "htlc_accepted") return OnHtlc(parameters);
        return Task.FromResult<JsonObject?>(called == hook && answer is not null ? answer.DeepClone().AsObject() : new JsonObject { ["result"] = "continue" });
    }

    public void Notify(string topic, JsonObject parameters) => Heard.Add((topic, parameters[topic]!.DeepClone().AsObject()));

    public IEnumerable<string?> Of(string topic, string member) => Heard.Where(heard => heard.Topic == topic).Select(heard => heard.Content[member]?.ToString());
}
