using System.Text.Json.Nodes;
using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.EndToEnd.Tests;

public class NegotiationStories
{
    [Fact]
    public void The_provider_lists_the_protocols_that_it_speaks() => Stage.Play(async world =>
    {
        JsonNode? answer = await CallAsync(world, "lsps-listprotocols", new JsonObject());
        Assert.Equal("[2]", answer!["protocols"]!.ToJsonString());
    });

    [Fact]
    [Trait("Requirement", "R52-28")]
    [Covers("X09")]
    public void A_promise_that_was_tampered_with_buys_nothing() => Stage.Play(async world =>
    {
        JsonNode offer = (await MenuAsync(world))[0]!.DeepClone();
        offer["min_fee_msat"] = "1";
        JsonNode? answer = await CallAsync(world, "lsps-lsps2-buy", new JsonObject { ["opening_fee_params"] = offer, ["payment_size_msat"] = "100000000" });
        Assert.Equal(201, answer!["code"]!.GetValue<int>());
        Assert.Empty(world.Provider.Datastore.Under("lsps"));
    });

    [Fact]
    public void A_purchase_is_on_record_before_it_is_answered() => Stage.Play(async world =>
    {
        JsonNode offer = (await MenuAsync(world))[0]!.DeepClone();
        JsonNode? answer = await CallAsync(world, "lsps-lsps2-buy", new JsonObject { ["opening_fee_params"] = offer, ["payment_size_msat"] = "100000000" });
        string scid = (string)answer!["jit_channel_scid"]!;
        Assert.True(answer["client_trusts_lsp"]!.GetValue<bool>());
        Assert.Equal(144, answer["lsp_cltv_expiry_delta"]!.GetValue<int>());
        Assert.Contains(world.Provider.Datastore.Under("lsps", "lsps2", "sessions", "active"), entry => entry.Key[^1] == scid);
        Assert.Contains(world.Provider.Datastore.Under("lsps", "lsps2", "offers"), entry => entry.Key[^1] == scid);
    });

    [Fact]
    public void A_payment_outside_the_offer_is_refused_before_anything_is_asked() => Stage.Play(async world =>
    {
        JsonNode offer = (await MenuAsync(world))[0]!.DeepClone();
        var refusal = await Assert.ThrowsAsync<SimRpcException>(() => CallAsync(world, "lsps-lsps2-buy", new JsonObject { ["opening_fee_params"] = offer, ["payment_size_msat"] = "1000" }));
        Assert.Equal(-32602, refusal.Code);
    });

    [Fact]
    public void A_policy_plugin_sets_prices_and_sizes() => Stage.Play(
        async world =>
        {
            Assert.Equal("7000000", (string)(await MenuAsync(world))[0]!["min_fee_msat"]!);
            var invoice = await world.InvoiceAsync(Stage.Price);
            await world.AssertPaidAsync(await world.Payer.SendParts(invoice, 2, world.Channels).OutcomesAsync(), Stage.Price, new(7_000_000));
            Assert.Equal(400_000UL, world.JitChannel!.Capacity.Value);
        },
        before: world => world.Provider.Rpc.Intercept = (method, p) => method switch
        {
            "lsps2-policy-getpolicy" => JsonNode.Parse($$"""
                {"policy_opening_fee_params_menu":[{"min_fee_msat":"7000000","proportional":1000,"valid_until":"{{TimeProvider.System.GetUtcNow().AddHours(1):yyyy-MM-ddTHH:mm:ss.ffffffZ}}",
                "min_lifetime":2000,"max_client_to_self_delay":2016,"min_payment_size_msat":1000,"max_payment_size_msat":"1000000000"}]}
                """),
            "lsps2-policy-buy" => new JsonObject { ["channel_capacity_msat"] = "400000000" },
            _ => null,
        });

    [Fact]
    [Covers("X01", "X02")]
    public void Garbage_from_a_peer_is_answered_once_and_disturbs_nothing() => Stage.Play(async world =>
    {
        foreach (string body in new[] { "", "7b", "00", "7b7d7b7d", "ff", "5b5d", string.Concat(Enumerable.Repeat("5b", 60_000)) })
        {
            await world.Provider.HookAsync("custommsg", new JsonObject { ["payload"] = "9419" + body, ["peer_id"] = world.PayerNode.Id.ToString() });
        }

        var invoice = await world.InvoiceAsync(Stage.Price);
        await world.AssertPaidAsync(await world.Payer.SendParts(invoice, 2, world.Channels).OutcomesAsync(), Stage.Price, Stage.Fee);
    });

    private static async Task<JsonArray> MenuAsync(JitWorld world) => (await CallAsync(world, "lsps-lsps2-getinfo", new JsonObject()))!["opening_fee_params_menu"]!.AsArray();

    private static Task<JsonNode?> CallAsync(JitWorld world, string method, JsonObject parameters)
    {
        parameters["lsp_id"] = world.Provider.Id.ToString();
        return world.WalletPlugin.Link.CallAsync(method, parameters);
    }
}
