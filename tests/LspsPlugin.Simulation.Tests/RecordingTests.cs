using System.Text.Json;
using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Simulation.Time;
using Xunit;

namespace LspsPlugin.Simulation.Tests;

/// <summary>What the model says has the members and the kinds that a real node's recording has.</summary>
public class RecordingTests
{
    [Fact]
    public void The_models_hooks_and_notifications_are_shaped_like_a_real_nodes()
    {
        JsonElement[] samples =
        [
            Recorded.Json("plugin/htlc_accepted_forward_unknown_scid_mpp_part1.json"), Recorded.Json("plugin/htlc_accepted_final_mpp_part1_with_extra_tlvs.json"),
            Recorded.Json("plugin/openchannel_hook_zeroconf.json"), Recorded.Json("plugin/forward_event_offered.json"), Recorded.Json("plugin/forward_event_settled.json"),
            Recorded.Json("plugin/channel_state_changed_withheld_1_normal.json"), Recorded.Json("plugin/block_added.json"), Recorded.Json("plugin/connect.json"),
            Recorded.Json("plugin/invoice_payment_notification.json"), Recorded.Json("plugin/custommsg_hook_lsps0.json"),
        ];
        Dictionary<string, JsonElement[]> recorded = samples.GroupBy(s => s.GetProperty("method").GetString()!).ToDictionary(g => g.Key, g => g.Select(s => s.GetProperty("params")).ToArray());
        var seen = new HashSet<string>();
        var loop = new SimLoop(1);
        loop.Run(
            async () =>
            {
                JitWorld world = JitWorld.Build(loop.Clock);
                await world.StartInProcessAsync(1);
                foreach (SimNode node in new[] { world.Provider, world.Wallet }) node.Plugin = new Watching(node.Plugin!, (topic, content) => Compare(recorded, seen, topic, content));
                Bolt11Invoice invoice = await world.InvoiceAsync(new Msat(100_000_000));
                foreach (Task<PartResult> part in world.Payer.SendParts(invoice, 2, world.Channels)) Assert.True((await part).Outcome.IsSettled);
                world.Network.Chain.Mine();
                return 0;
            },
            TimeSpan.FromMinutes(10));
        Assert.Superset(new HashSet<string> { "htlc_accepted", "openchannel", "forward_event", "channel_state_changed", "block_added", "custommsg", "invoice_payment" }, seen);
    }

    [Theory]
    [InlineData("listpeerchannels_confirmed", "listpeerchannels", """{}""")]
    [InlineData("listfunds_before", "listfunds", """{}""")]
    [InlineData("getinfo", "getinfo", """{}""")]
    [InlineData("datastore_must_create", "datastore", """{"key":["a","b"],"string":"x"}""")]
    [InlineData("listdatastore_exact", "listdatastore", """{"key":["k"]}""")]
    [InlineData("fundpsbt", "fundpsbt", """{"satoshi":100000,"feerate":"normal","startweight":1000,"excess_as_change":true}""")]
    [InlineData("listforwards_all_mixed", "listforwards", """{}""")]
    [InlineData("sendcustommsg", "sendcustommsg", """{"node_id":"WALLET","msg":"94197b7d"}""")]
    public void The_models_answers_are_shaped_like_a_real_nodes(string recording, string method, string parameters)
    {
        JsonElement expected = Recorded.Json($"rpc/{recording}.response.json").GetProperty("result");
        var loop = new SimLoop(1);
        JsonNode answer = loop.Run(
            async () =>
            {
                JitWorld world = JitWorld.Build(loop.Clock);
                world.Provider.Datastore.Put(["k"], "value");
                return await world.Provider.Rpc.CallAsync(method, JsonNode.Parse(parameters.Replace("WALLET", world.Wallet.Id.ToString(), StringComparison.Ordinal))!.AsObject());
            },
            TimeSpan.FromMinutes(1));
        Fits(answer, expected, method);
    }

    [Theory]
    [InlineData("datastore_error_exists", "datastore", """{"key":["k"],"string":"x"}""")]
    [InlineData("datastore_error_generation", "datastore", """{"key":["k"],"string":"x","mode":"must-replace","generation":9}""")]
    [InlineData("datastore_error_has_children", "datastore", """{"key":["d"],"string":"x"}""")]
    [InlineData("deldatastore_error_missing", "deldatastore", """{"key":["nothing"]}""")]
    [InlineData("fundchannel_start_error_not_connected", "fundchannel_start", """{"id":"PAYER2","amount":100000,"channel_type":[12,46,50]}""")]
    [InlineData("fundpsbt_error_no_funds", "fundpsbt", """{"satoshi":100000000,"feerate":"normal","startweight":1000}""")]
    [InlineData("sendcustommsg_error_not_connected", "sendcustommsg", """{"node_id":"PAYER2","msg":"94197b7d"}""")]
    [InlineData("error_unknown_method", "nosuch", """{}""")]
    public void The_model_refuses_with_the_code_of_a_real_node(string recording, string method, string parameters)
    {
        int expected = Recorded.Json($"rpc/{recording}.response.json").GetProperty("error").GetProperty("code").GetInt32();
        var loop = new SimLoop(1);
        int code = loop.Run(
            async () =>
            {
                JitWorld world = JitWorld.Build(loop.Clock);
                SimNode stranger = world.Network.AddNode("stranger");
                world.Provider.Datastore.Put(["k"], "value");
                world.Provider.Datastore.Put(["d", "child"], "value");
                JsonObject p = JsonNode.Parse(parameters.Replace("PAYER2", stranger.Id.ToString(), StringComparison.Ordinal))!.AsObject();
                return (await Assert.ThrowsAsync<SimRpcException>(() => world.Provider.Rpc.CallAsync(method, p))).Code;
            },
            TimeSpan.FromMinutes(1));
        Assert.Equal(expected, code);
    }

    private static void Compare(Dictionary<string, JsonElement[]> recorded, HashSet<string> seen, string topic, JsonObject content)
    {
        if (!recorded.TryGetValue(topic, out JsonElement[]? samples)) return;
        seen.Add(topic);
        JsonElement merged = Merge(samples);
        Fits(content, merged, topic);
    }

    /// <summary>Recordings of one topic differ in what is optional; together they show all of it.</summary>
    private static JsonElement Merge(JsonElement[] samples)
    {
        JsonObject all = [];
        foreach (JsonElement sample in samples) MergeInto(all, JsonNode.Parse(sample.GetRawText())!.AsObject());
        return JsonDocument.Parse(all.ToJsonString()).RootElement;
    }

    private static void MergeInto(JsonObject into, JsonObject from)
    {
        foreach ((string name, JsonNode? value) in from)
        {
            if (into[name] is JsonObject known && value is JsonObject more) MergeInto(known, more);
            else into[name] ??= value?.DeepClone();
        }
    }

    private static void Fits(JsonNode? ours, JsonElement recorded, string path)
    {
        switch (ours)
        {
            case JsonObject members:
                Assert.Equal(JsonValueKind.Object, recorded.ValueKind);
                foreach ((string name, JsonNode? value) in members)
                {
                    Assert.True(recorded.TryGetProperty(name, out JsonElement counterpart), $"{path}.{name} is not what a real node says");
                    Fits(value, counterpart, $"{path}.{name}");
                }

                break;
            case JsonArray items:
                Assert.Equal(JsonValueKind.Array, recorded.ValueKind);
                if (items.Count > 0 && recorded.GetArrayLength() > 0) Fits(items[0], recorded[0], $"{path}[0]");
                break;
            default:
                JsonValueKind kind = ours?.GetValueKind() ?? JsonValueKind.Null;
                bool same = kind == recorded.ValueKind || (kind is JsonValueKind.True or JsonValueKind.False && recorded.ValueKind is JsonValueKind.True or JsonValueKind.False);
                Assert.True(same, $"{path} is a {kind}, a real node says {recorded.ValueKind}");
                break;
        }
    }

    private sealed class Watching(ISimPlugin plugin, Action<string, JsonObject> watch) : ISimPlugin
    {
        public Task<JsonObject?> HookAsync(string hook, JsonObject parameters)
        {
            watch(hook, parameters);
            return plugin.HookAsync(hook, parameters);
        }

        public void Notify(string topic, JsonObject parameters)
        {
            watch(topic, parameters);
            plugin.Notify(topic, parameters);
        }
    }
}
