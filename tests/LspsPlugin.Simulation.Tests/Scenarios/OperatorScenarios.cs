using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Scenarios;

/// <summary>An operator looks at the business, and steers it.</summary>
public class OperatorScenarios
{
    [Fact]
    [Trait("Requirement", "R52-08")]
    public void While_the_sale_is_paused_nothing_is_sold_and_what_is_sold_is_finished() => Scene.Play(async scene =>
    {
        JsonNode menu = (await InfoAsync(scene))["opening_fee_params_menu"]![0]!;
        Bolt11Invoice sold = await scene.BuyAsync();
        JsonObject paused = await AskAsync(scene, "lsps-pause", ("reason", "moving house"));
        Assert.Equal((true, "moving house", 1), ((bool)paused["paused"]!, (string)paused["reason"]!, (int)paused["unpaid_offers"]!));
        Assert.Empty((await InfoAsync(scene))["opening_fee_params_menu"]!.AsArray());
        Assert.Equal(-32000, (int)(await BuyAsync(scene, menu))["code"]!);

        await scene.RestartAsync();
        await scene.WaitAsync(5000);
        JsonNode status = (await AskAsync(scene, "lsps-status"))["provider"]!["paused"]!;
        Assert.Equal(((string)paused["since"]!, "moving house"), ((string)status["since"]!, (string)status["reason"]!));
        Assert.Contains((await FindingsAsync(scene)), static finding => (string)finding["code"]! == "paused");
        Assert.Empty((await InfoAsync(scene))["opening_fee_params_menu"]!.AsArray());
        Scene.AssertSettled(await scene.PayAsync(sold));
        await scene.AssertFundedAsync();

        Assert.True((bool)(await AskAsync(scene, "lsps-resume"))["was_paused"]!);
        Assert.False((bool)(await AskAsync(scene, "lsps-resume"))["was_paused"]!);
        Assert.NotEmpty((await InfoAsync(scene))["opening_fee_params_menu"]!.AsArray());
        Scene.AssertSettled(await scene.PayAsync(await scene.BuyAsync("another")));
    });

    [Fact]
    public void A_pause_that_the_node_does_not_store_is_none() => Scene.Play(async scene =>
    {
        scene.Provider.Rpc.Gate = static (method, _) => method == "datastore" ? throw new SimRpcException(-1, "the disk is full") : Task.CompletedTask;
        string refused = await RefusedAsync(scene, "lsps-pause");
        scene.Provider.Rpc.Gate = null;
        Assert.Contains("the sale goes on", refused, StringComparison.Ordinal);
        Assert.NotEmpty((await InfoAsync(scene))["opening_fee_params_menu"]!.AsArray());
    });

    [Fact]
    public void An_offer_is_cancelled_with_the_part_that_is_held_for_it() => Scene.Play(async scene =>
    {
        (Bolt11Invoice invoice, Task<PartResult>[] first) = await scene.WithPartHeldAsync();
        string scid = invoice.RouteHint!.Scid.ToString();
        Assert.True((bool)(await AskAsync(scene, "lsps-cancel", ("jit_channel_scid", scid)))["cancelled"]!);
        Scene.AssertFailed("400a", await scene.OutcomesAsync(first));
        await scene.WaitAsync(1000);
        Assert.Contains("there is no live offer", await RefusedAsync(scene, "lsps-cancel", ("jit_channel_scid", scid)), StringComparison.Ordinal);
        await scene.RestartAsync();
        await scene.WaitAsync(5000);
        Assert.Equal(0, (int)(await AskAsync(scene, "lsps-status"))["provider"]!["unpaid_offers"]!);
        scene.AssertNothingHappened();
    });

    [Fact]
    public void A_channel_that_is_being_opened_is_released_when_its_offer_is_cancelled() => Scene.Play(
        async scene =>
        {
            Bolt11Invoice invoice = await scene.BuyAsync();
            Task<PartResult>[] parts = scene.World.Payer.SendParts(invoice, 2, scene.World.Channels);
            await scene.World.UntilAsync(() => scene.World.JitChannel is not null, "the channel exists");
            await AskAsync(scene, "lsps-cancel", ("jit_channel_scid", invoice.RouteHint!.Scid.ToString()));
            Scene.AssertFailed("400a", await scene.OutcomesAsync(parts));
            await scene.WaitAsync(60_000);
            Assert.Equal(1, (int)(await AskAsync(scene, "lsps-status"))["provider"]!["since_start"]!["reasons"]!["Cancelled"]!);
            Assert.Empty((await AskAsync(scene, "lsps-clients"))["clients"]!.AsArray());
            scene.AssertNothingHappened();
        },
        before: static scene => scene.Wallet.Behaviour = WalletBehaviour.NeverReady);

    [Fact]
    public void What_the_wallet_has_is_not_cancelled() => Scene.Play(
        async scene =>
        {
            (Bolt11Invoice invoice, Task<PartResult>[] parts) = await scene.WithClientAsync();
            string scid = invoice.RouteHint!.Scid.ToString();
            Assert.Contains("has reached the wallet", await RefusedAsync(scene, "lsps-cancel", ("jit_channel_scid", scid)), StringComparison.Ordinal);
            Scene.AssertSettled(await scene.OutcomesAsync(parts));
            Assert.Contains("is paid for", await RefusedAsync(scene, "lsps-cancel", ("jit_channel_scid", scid)), StringComparison.Ordinal);
            await scene.AssertFundedAsync();
        },
        before: static scene => scene.Wallet.Behaviour = WalletBehaviour.HoldsLong);

    [Fact]
    public void The_wallets_are_listed_by_their_ids_page_by_page() => Scene.Play(
        async scene =>
        {
            for (int i = 0; i < 3; i++) await scene.World.BuyAsync(i, Scene.Price, $"of {i}");
            string[] all = Ids(await AskAsync(scene, "lsps-clients"));
            Assert.Equal(3, all.Length);
            Assert.Equal(all.Order(StringComparer.Ordinal), all);
            JsonObject page = await AskAsync(scene, "lsps-clients", ("limit", 2));
            Assert.Equal(all[..2], Ids(page));
            Assert.Equal(all[2..], Ids(await AskAsync(scene, "lsps-clients", ("start", (string)page["next_start"]!), ("limit", 2))));
            JsonNode one = Assert.Single((await AskAsync(scene, "lsps-clients", ("client_id", all[1])))["clients"]!.AsArray())!;
            Assert.Equal(("good", 1, true), ((string)one["standing"]!, (int)one["unpaid_offers"]!, (bool)one["is_served"]!));
            Assert.Contains("exclude each other", await RefusedAsync(scene, "lsps-clients", ("client_id", all[0]), ("start", all[0])), StringComparison.Ordinal);
            Assert.Contains("between 1 and 1000", await RefusedAsync(scene, "lsps-clients", ("limit", 0)), StringComparison.Ordinal);
        },
        wallets: 3);

    [Fact]
    public void The_liquidity_shows_coins_ways_in_and_sold_channels() => Scene.Play(async scene =>
    {
        JsonObject before = await AskAsync(scene, "lsps-liquidity", ("channel_sat", 200_000));
        int openings = (int)before["openings_left"]!;
        Assert.True(openings >= 1);
        Assert.Equal(0, (int)before["sold"]!["count"]!);
        Assert.Equal(1, (int)before["ways_in"]!["count"]!);
        Assert.True((ulong)before["ways_in"]!["receivable_msat"]! > 0);
        Scene.AssertSettled(await scene.PayAsync(await scene.BuyAsync()));
        await scene.BlocksAsync(10);
        JsonObject after = await AskAsync(scene, "lsps-liquidity", ("channel_sat", 200_000));
        JsonNode sold = Assert.Single(after["sold"]!["channels"]!.AsArray())!;
        Assert.Equal(scene.Wallet.Id.ToString(), (string)sold["client_id"]!);
        Assert.True((uint)sold["blocks_left"]! > 4000);
        Assert.Contains("between 1 and", await RefusedAsync(scene, "lsps-liquidity", ("channel_sat", 16_777_216)), StringComparison.Ordinal);
    });

    [Fact]
    public void A_node_without_coins_is_told_so_before_a_payment_fails() => Scene.Play(
        async scene =>
        {
            JsonObject[] findings = await FindingsAsync(scene);
            JsonObject coins = Assert.Single(findings, static finding => (string)finding["code"]! == "no_coins");
            Assert.Equal("now", (string)coins["urgency"]!);
            Assert.Contains("newaddr", (string)coins["remedy"]!, StringComparison.Ordinal);
        },
        withFunds: false);

    [Fact]
    public void A_node_that_is_set_up_well_has_nothing_to_mend() => Scene.Play(async scene =>
    {
        JsonObject checkup = await AskAsync(scene, "lsps-checkup");
        Assert.True((bool)checkup["ok"]!, checkup.ToJsonString());
    });

    [Fact]
    public void A_broadcast_that_is_refused_is_found_and_repeated_at_the_operators_word() => Scene.Play(async scene =>
    {
        scene.Provider.Rpc.Gate = static (method, _) => method == "sendpsbt" ? throw new SimRpcException(-1, "the daemon is down") : Task.CompletedTask;
        Bolt11Invoice invoice = await scene.BuyAsync();
        Scene.AssertSettled(await scene.PayAsync(invoice));
        await scene.WaitAsync(600_000);
        Assert.Contains(await FindingsAsync(scene), static finding => (string)finding["code"]! == "broadcast_stuck");
        scene.Provider.Rpc.Gate = null;
        JsonNode retried = Assert.Single((await AskAsync(scene, "lsps-retry", ("jit_channel_scid", invoice.RouteHint!.Scid.ToString())))["retried"]!.AsArray())!;
        Assert.Equal("Broadcasting", (string)retried["phase"]!);
        await scene.WaitAsync(1000);
        Assert.DoesNotContain(await FindingsAsync(scene), static finding => (string)finding["code"]! == "broadcast_stuck");
        await scene.AssertFundedAsync();
    });

    private static string[] Ids(JsonObject answer) => [.. answer["clients"]!.AsArray().Select(static one => (string)one!["client_id"]!)];

    private static async Task<JsonObject[]> FindingsAsync(Scene scene) => [.. (await AskAsync(scene, "lsps-checkup"))["findings"]!.AsArray().Select(static finding => (JsonObject)finding!)];

    private static async Task<JsonObject> InfoAsync(Scene scene) =>
        (JsonObject)(await scene.World.WalletPlugin.Link.CallAsync("lsps-lsps2-getinfo", new JsonObject { ["lsp_id"] = scene.Provider.Id.ToString() }))!;

    private static async Task<JsonObject> BuyAsync(Scene scene, JsonNode entry) => (JsonObject)(await scene.World.WalletPlugin.Link.CallAsync(
        "lsps-lsps2-buy",
        new JsonObject { ["lsp_id"] = scene.Provider.Id.ToString(), ["opening_fee_params"] = entry.DeepClone(), ["payment_size_msat"] = Scene.Price.Value }))!;

    private static async Task<JsonObject> AskAsync(Scene scene, string command, params (string Name, JsonNode Value)[] parameters) =>
        (JsonObject)(await scene.World.ProviderPlugin.Link.CallAsync(command, new JsonObject(parameters.Select(static one => KeyValuePair.Create(one.Name, (JsonNode?)one.Value)))))!;

    private static async Task<string> RefusedAsync(Scene scene, string command, params (string Name, JsonNode Value)[] parameters) =>
        (await Assert.ThrowsAnyAsync<Exception>(() => AskAsync(scene, command, parameters))).Message;
}
