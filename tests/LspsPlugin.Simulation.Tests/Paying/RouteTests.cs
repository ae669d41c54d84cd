using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Simulation.Model.Paying;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Paying;

/// <summary>getroutes over the simulated channels, and the layers and reservations that it honours.</summary>
public class RouteTests
{
    [Fact]
    public void The_cheapest_path_is_taken() => PayerStage.Play(async stage =>
    {
        JsonObject answer = await stage.CallAsync("getroutes", stage.Query());
        JsonObject route = Assert.Single(answer["routes"]!.AsArray())!.AsObject();
        Assert.Equal((PayerStage.Amount, 18), ((ulong)route["amount_msat"]!, (int)route["final_cltv"]!));
        JsonObject[] path = [.. route["path"]!.AsArray().Select(static hop => hop!.AsObject())];
        Assert.Equal([PayerStage.Direction(stage.First, stage.Payer), PayerStage.Direction(stage.Second, stage.Hub)], path.Select(static hop => (string)hop["short_channel_id_dir"]!));
        Assert.Equal([stage.Hub.Id.ToString(), stage.Shop.Id.ToString()], path.Select(static hop => (string)hop["node_id_out"]!));

        // The source is free: it takes no fee and no delay for its own channel.
        Assert.Equal([PayerStage.Amount + 1100, PayerStage.Amount + 1100], path.Select(static hop => (ulong)hop["amount_in_msat"]!));
        Assert.Equal([PayerStage.Amount + 1100, PayerStage.Amount], path.Select(static hop => (ulong)hop["amount_out_msat"]!));
        Assert.Equal([52, 52], path.Select(static hop => (int)hop["cltv_in"]!));
        Assert.Equal([52, 18], path.Select(static hop => (int)hop["cltv_out"]!));
        Assert.All(path, static hop => Assert.Equal(((string)hop["node_id_out"]!, (ulong)hop["amount_in_msat"]!, (int)hop["cltv_in"]!), ((string)hop["next_node_id"]!, (ulong)hop["amount_msat"]!, (int)hop["delay"]!)));
        Assert.InRange((ulong)answer["probability_ppm"]!, 900_000UL, 1_000_000UL);
    });

    [Fact]
    public void Without_the_layers_for_the_source_its_own_channel_asks_a_fee() => PayerStage.Play(async stage =>
    {
        JsonObject query = stage.Query();
        query["layers"] = new JsonArray();
        JsonNode first = (await stage.CallAsync("getroutes", query))["routes"]![0]!["path"]![0]!;
        Assert.True((ulong)first["amount_in_msat"]! > (ulong)first["amount_out_msat"]!);
        Assert.Equal(34, (int)first["cltv_in"]! - (int)first["cltv_out"]!);
    });

    [Fact]
    public void What_one_path_cannot_carry_is_split() => PayerStage.Play(async stage =>
    {
        const ulong Large = 1_200_000_000;
        JsonArray routes = (await stage.CallAsync("getroutes", stage.Query(Large)))["routes"]!.AsArray();
        Assert.Equal(2, routes.Count);
        Assert.Equal(Large, routes.Aggregate(0UL, static (sum, route) => sum + (ulong)route!["amount_msat"]!));
        JsonObject one = stage.Query(Large);
        one["maxparts"] = 1;
        Assert.Equal(205, (await stage.RefusedAsync("getroutes", one)).Code);
    });

    [Theory]
    [InlineData("amount_msat", "0", -32602, "amount must be non-zero")]
    [InlineData("maxdelay", "3000", 217, "maximum delay allowed is 2016")]
    [InlineData("layers", """["nothing"]""", -32602, "layers: unknown layer: invalid token '\"nothing\"'")]
    [InlineData("maxfee_msat", "10", 206, "Could not find route without excessive cost")]
    [InlineData("maxdelay", "20", 206, "Could not find route without excessive delays")]
    [InlineData("amount_msat", "5000000000", 205, "We could not find a usable set of paths. Total source capacity is only 2000000000msat (in 2 channels).")]
    [InlineData("destination", "\"0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798\"", 205, "Unknown destination node 0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")]
    public void A_query_without_an_answer_says_why(string name, string value, int code, string message) => PayerStage.Play(async stage =>
    {
        JsonObject query = stage.Query();
        query[name] = JsonNode.Parse(value);
        SimRpcException refused = await stage.RefusedAsync("getroutes", query);
        Assert.Equal((code, message), (refused.Code, refused.Message));
    });

    [Fact]
    public void What_was_learned_in_a_layer_counts_for_those_who_name_it() => PayerStage.Play(async stage =>
    {
        await stage.CallAsync("askrene-create-layer", """{"layer":"ours"}""");
        JsonObject learned = await stage.CallAsync("askrene-inform-channel", """{"layer":"ours","short_channel_id_dir":"SECOND","amount_msat":5000000,"inform":"constrained"}""");
        Assert.Equal(4_999_999UL, (ulong)learned["constraints"]![0]!["maximum_msat"]!);
        Assert.Equal(stage.Hub, await FirstAsync(stage));
        Assert.Equal(stage.Detour, await FirstAsync(stage, "ours"));
        JsonObject aged = await stage.CallAsync("askrene-age", """{"layer":"ours","cutoff":99999999999}""");
        Assert.Equal(1, (int)aged["num_removed"]!);
        Assert.Equal(stage.Hub, await FirstAsync(stage, "ours"));
        Assert.Empty((await stage.CallAsync("askrene-inform-channel", """{"layer":"ours","short_channel_id_dir":"SECOND","amount_msat":5,"inform":"succeeded"}"""))["constraints"]!.AsArray());
    });

    [Fact]
    public void A_disabled_node_forwards_nothing() => PayerStage.Play(async stage =>
    {
        await stage.CallAsync("askrene-create-layer", """{"layer":"ours"}""");
        await stage.CallAsync("askrene-disable-node", """{"layer":"ours","node":"HUB"}""");
        Assert.Equal(stage.Detour, await FirstAsync(stage, "ours"));
        Assert.Single((await stage.CallAsync("askrene-listlayers", """{"layer":"ours"}"""))["layers"]![0]!["disabled_nodes"]!.AsArray());
    });

    [Fact]
    public void A_channel_can_be_disabled_or_made_dear() => PayerStage.Play(async stage =>
    {
        await stage.CallAsync("askrene-create-layer", """{"layer":"ours"}""");
        await stage.CallAsync("askrene-update-channel", """{"layer":"ours","short_channel_id_dir":"SECOND","fee_base_msat":90000}""");
        Assert.Equal(stage.Detour, await FirstAsync(stage, "ours"));
        await stage.CallAsync("askrene-update-channel", """{"layer":"ours","short_channel_id_dir":"SECOND","fee_base_msat":1}""");
        Assert.Equal(stage.Hub, await FirstAsync(stage, "ours"));
        await stage.CallAsync("askrene-update-channel", """{"layer":"ours","short_channel_id_dir":"SECOND","enabled":false}""");
        Assert.Equal(stage.Detour, await FirstAsync(stage, "ours"));
    });

    [Fact]
    public void What_is_reserved_is_not_offered_again() => PayerStage.Play(async stage =>
    {
        await stage.CallAsync("askrene-create-layer", """{"layer":"ours"}""");
        const string All = """{"path":[{"short_channel_id_dir":"SECOND","amount_msat":995000000}]}""", InLayer = """{"path":[{"short_channel_id_dir":"SECOND","amount_msat":995000000,"layer":"ours"}]}""";
        await stage.CallAsync("askrene-reserve", All);
        Assert.Equal(stage.Detour, await FirstAsync(stage));
        Assert.Single((await stage.CallAsync("askrene-listreservations", "{}"))["reservations"]!.AsArray());
        await stage.CallAsync("askrene-unreserve", All);
        Assert.Equal(stage.Hub, await FirstAsync(stage));
        await stage.CallAsync("askrene-reserve", InLayer);
        Assert.Equal(stage.Hub, await FirstAsync(stage));
        Assert.Equal(stage.Detour, await FirstAsync(stage, "ours"));
        Assert.Equal(stage.Fill("Unknown reservation for SECOND"), (await stage.RefusedAsync("askrene-unreserve", All)).Message);
        await stage.CallAsync("askrene-remove-layer", """{"layer":"ours"}""");
        Assert.Equal(0, stage.Payer.Paying.Layers.Reservations);
    });

    [Fact]
    public void A_created_channel_is_unusable_until_it_is_enabled_with_a_maximum() => PayerStage.Play(async stage =>
    {
        SimNode wallet = stage.Network.AddNode("wallet");
        await stage.CallAsync("askrene-create-layer", """{"layer":"hints"}""");
        var create = new JsonObject { ["layer"] = "hints", ["source"] = stage.Hub.Id.ToString(), ["destination"] = wallet.Id.ToString(), ["short_channel_id"] = "900x1x1", ["capacity_msat"] = 2_100_000_000_000_000_000 };
        await stage.CallAsync("askrene-create-channel", create);
        Assert.Equal("channel already exists", (await stage.RefusedAsync("askrene-create-channel", (JsonObject)create.DeepClone())).Message);
        JsonObject query = stage.Query(to: wallet, layers: "hints");
        Assert.Equal(205, (await stage.RefusedAsync("getroutes", (JsonObject)query.DeepClone())).Code);
        string channel = SimDirection.From(Scid.Parse("900x1x1"), stage.Hub.Id, wallet.Id).ToString();
        await stage.CallAsync("askrene-update-channel", $$"""{"layer":"hints","short_channel_id_dir":"{{channel}}","fee_base_msat":1,"cltv_expiry_delta":40}""");
        Assert.Equal(205, (await stage.RefusedAsync("getroutes", (JsonObject)query.DeepClone())).Code);
        await stage.CallAsync("askrene-update-channel", $$"""{"layer":"hints","short_channel_id_dir":"{{channel}}","enabled":true,"htlc_maximum_msat":2100000000000000000}""");
        JsonNode last = (await stage.CallAsync("getroutes", query))["routes"]![0]!["path"]![1]!;
        Assert.Equal((channel, 40), ((string)last["short_channel_id_dir"]!, (int)last["cltv_in"]! - (int)last["cltv_out"]!));
    });

    /// <summary>How xpay puts a blinded path on the map: a channel that nobody has, in block 0, to a node that nobody has.</summary>
    [Fact]
    public void A_route_may_end_with_a_channel_of_block_0_at_a_node_that_nobody_has() => PayerStage.Play(async stage =>
    {
        const string Nobody = "020000000000000000000000000000000000000000000000000000000000000001";
        await stage.CallAsync("askrene-create-layer", """{"layer":"blinded"}""");
        await stage.CallAsync("askrene-create-channel", $$"""{"layer":"blinded","source":"SHOP","destination":"{{Nobody}}","short_channel_id":"0x0x0","capacity_msat":1000000000}""");
        string channel = SimDirection.From(Scid.Parse("0x0x0"), stage.Shop.Id, NodeId.Parse(Nobody)).ToString();
        await stage.CallAsync(
            "askrene-update-channel",
            $$"""{"layer":"blinded","short_channel_id_dir":"{{channel}}","enabled":true,"htlc_maximum_msat":1000000000,"fee_base_msat":7,"cltv_expiry_delta":18}""");
        JsonObject query = stage.Query(layers: "blinded");
        query["destination"] = Nobody;
        query["final_cltv"] = 0;
        JsonArray path = (await stage.CallAsync("getroutes", query))["routes"]![0]!["path"]!.AsArray();
        Assert.Equal(3, path.Count);
        JsonNode last = path[2]!;
        Assert.Equal((channel, Nobody), ((string)last["short_channel_id_dir"]!, (string)last["node_id_out"]!));
        Assert.Equal((PayerStage.Amount + 7, PayerStage.Amount), ((ulong)last["amount_in_msat"]!, (ulong)last["amount_out_msat"]!));
        Assert.Equal((18, 0), ((int)last["cltv_in"]!, (int)last["cltv_out"]!));
        await stage.CallAsync("askrene-inform-channel", $$"""{"layer":"blinded","short_channel_id_dir":"{{channel}}","amount_msat":{{PayerStage.Amount}},"inform":"constrained"}""");
        Assert.Equal(205, (await stage.RefusedAsync("getroutes", query)).Code);
    });

    [Fact]
    public void The_own_channels_are_used_as_they_are_now() => PayerStage.Play(async stage =>
    {
        stage.First.Push(new Msat(985_000_000));
        Assert.Equal(stage.Detour, await FirstAsync(stage));
        stage.Network.Disconnect(stage.Payer, stage.Detour);
        SimRpcException refused = await stage.RefusedAsync("getroutes", stage.Query());
        Assert.Equal(205, refused.Code);
    });

    [Theory]
    [InlineData("askrene-create-layer", """{"layer":"auto.mine"}""", "Cannot create auto layer")]
    [InlineData("askrene-create-layer", """{"layer":"ours"}""", "Layer already exists")]
    [InlineData("askrene-remove-layer", """{"layer":"yours"}""", "layer: Unknown layer: invalid token '\"yours\"'")]
    [InlineData("askrene-create-channel", """{"layer":"ours","source":"HUB","destination":"HUB","short_channel_id":"1x2x3","capacity_msat":1}""", "source and destination must be different")]
    [InlineData("askrene-inform-channel", """{"layer":"ours","short_channel_id_dir":"1x2x3/0","amount_msat":1,"inform":"well"}""", "inform: must be constrained/unconstrained/succeeded: invalid token '\"well\"'")]
    [InlineData("askrene-update-channel", """{"layer":"ours","short_channel_id_dir":"1x2x3"}""", "short_channel_id_dir: should be a short_channel_id_dir: invalid token '\"1x2x3\"'")]
    [InlineData("askrene-disable-node", """{"layer":"ours","node":"02"}""", "node: should be a node id: invalid token '\"02\"'")]
    [InlineData("askrene-listlayers", """{"layer":"yours"}""", "layer: Unknown layer: invalid token '\"yours\"'")]
    public void A_layer_that_cannot_be_is_refused(string command, string parameters, string message) => PayerStage.Play(async stage =>
    {
        await stage.CallAsync("askrene-create-layer", """{"layer":"ours"}""");
        SimRpcException refused = await stage.RefusedAsync(command, parameters);
        Assert.Equal((-32602, message), (refused.Code, refused.Message));
    });

    [Fact]
    public void A_persistent_layer_outlives_the_node() => PayerStage.Play(async stage =>
    {
        await stage.CallAsync("askrene-create-layer", """{"layer":"lasting","persistent":true}""");
        Assert.Single((await stage.CallAsync("askrene-create-layer", """{"layer":"lasting","persistent":true}"""))["layers"]!.AsArray());
        await stage.CallAsync("askrene-create-layer", """{"layer":"passing"}""");
        await stage.CallAsync("askrene-reserve", """{"path":[{"short_channel_id_dir":"FIRST","amount_msat":5}]}""");
        stage.Network.TakeDown(stage.Payer);
        stage.Network.BringUp(stage.Payer);
        Assert.Equal(["lasting"], stage.Payer.Paying.Layers.Names);
        Assert.Equal(0, stage.Payer.Paying.Layers.Reservations);
    });

    private static async Task<SimNode> FirstAsync(PayerStage stage, params string[] layers) =>
        stage.Network.Find((string)(await stage.CallAsync("getroutes", stage.Query(layers: layers)))["routes"]![0]!["path"]![0]!["node_id_out"]!)!;
}
