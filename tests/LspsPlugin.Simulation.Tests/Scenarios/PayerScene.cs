using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Scenarios;

/// <summary>What a payer's user says to the plugin, and what it has to pay.</summary>
internal static class PayerScene
{
    /// <summary>A story in which the payer's node runs the plugin too.</summary>
    public static void Play(Func<Scene, Task> story, Action<Scene>? before = null, int channels = 1) => Scene.Play(story, before, channels: channels, payer: true);

    public static async Task<JsonObject> AskPayerAsync(this Scene scene, string command, JsonObject? parameters = null) =>
        (JsonObject)(await scene.World.PayerPlugin!.Link.CallAsync(command, parameters ?? []))!;

    /// <summary>sendpayment, with more parameters.</summary>
    public static Task<JsonObject> SendPaymentAsync(this Scene scene, string invoice, JsonObject? more = null)
    {
        var request = new JsonObject { ["invstring"] = invoice };
        foreach ((string name, JsonNode? value) in more ?? []) request[name] = value?.DeepClone();
        return scene.AskPayerAsync("sendpayment", request);
    }

    public static async Task<JsonObject> PaymentAsync(this Scene scene, string id) =>
        (JsonObject)Assert.Single((await scene.AskPayerAsync("listpayments", new JsonObject { ["payment_id"] = id }))["payments"]!.AsArray())!;

    /// <summary>The payer's plugin or node dies, and is back after so many seconds with its payments read.</summary>
    public static async Task CrashPayerAsync(this Scene scene, bool withNode, int seconds = 2, int seed = 77)
    {
        await scene.World.CrashAsync(scene.World.PayerNode, withNode, TimeSpan.FromSeconds(seconds), seed);
        await scene.World.UntilAsync(() => scene.World.PayerPlugin!.Link.Log.Any(static line => line.Contains("payer: ready", StringComparison.Ordinal)), "the payer is ready again");
    }

    /// <summary>Holds the sending of a part back until the gate is opened.</summary>
    public static SimGate HoldPart(this Scene scene, ulong part)
    {
        var gate = new SimGate();
        scene.World.PayerNode.Rpc.Gate = (method, p) => method == "injectpaymentonion" && (ulong)p["partid"]! == part ? gate.Passed : Task.CompletedTask;
        return gate;
    }

    /// <summary>A way to a shop over a node of its own; the channel behind that node.</summary>
    public static SimChannel Hub(this Scene scene, SimNode shop, string name, ulong fee, bool isPrivate = false)
    {
        SimNode hub = scene.World.Network.AddNode(name);
        hub.FeeBase = fee;
        scene.World.Network.OpenChannel(scene.World.PayerNode, hub, HubSize);
        return scene.World.Network.OpenChannel(hub, shop, HubSize, isPrivate: isPrivate);
    }

    private static readonly Sat HubSize = new(1_000_000);

    /// <summary>Takes all liquidity from the channel behind a hub, which nobody else can see.</summary>
    public static void Empty(this SimChannel channel) => channel.Push(channel.Spendable(channel.Opener));

    /// <summary>Buys a JIT channel; the invoice as the payer gets it.</summary>
    public static async Task<string> BuyTextAsync(this Scene scene, string label = "invoice")
    {
        await scene.BuyAsync(label);
        return scene.World.Purchases[^1].Text;
    }

    /// <summary>An invoice of any node, made by its own command.</summary>
    public static async Task<string> InvoiceOfAsync(SimNode node, ulong amount, string label = "invoice")
    {
        JsonNode made = await node.Rpc.ByHandAsync("invoice", new JsonObject { ["amount_msat"] = amount, ["label"] = label, ["description"] = "a coffee" });
        return (string)made["bolt11"]!;
    }

    /// <summary>Leaves the payer only so much to send over each of its channels, besides the reserve: more needs several parts.</summary>
    public static void LeaveToPayer(this Scene scene, ulong msat)
    {
        foreach (SimChannel channel in scene.World.Channels) channel.Push(new Msat(channel.Spendable(scene.World.PayerNode).Value - msat));
    }

    public static void AssertSucceeded(JsonObject payment)
    {
        Assert.True((string?)payment["status"] == "succeeded", payment.ToJsonString());
        Assert.Equal((string)payment["payment_hash"]!, Preimage.Parse((string)payment["payment_preimage"]!).Hash().ToString());
    }
}
