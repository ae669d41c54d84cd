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
    public void A_sale_is_a_story_from_its_purchase_to_its_end_also_over_a_restart() => Scene.Play(
        async scene =>
        {
            Bolt11Invoice invoice = await scene.BuyAsync();
            string scid = invoice.RouteHint!.Scid.ToString();
            JsonNode offered = Assert.Single(await SalesAsync(scene));
            Assert.Equal((1UL, scid, "offered"), ((ulong)offered["created_index"]!, (string)offered["jit_channel_scid"]!, (string)offered["status"]!));
            Assert.Empty((await AskAsync(scene, "lsps-session", ("jit_channel_scid", scid)))["events"]!.AsArray());

            Task<PartResult>[] parts = scene.World.Payer.SendParts(invoice, 2, scene.World.Channels);
            await scene.World.UntilAsync(() => scene.World.JitChannel is { Htlcs.Count: 2 }, "the client has both parts");
            Assert.Equal("in_progress", (string)Assert.Single(await SalesAsync(scene))["status"]!);
            await scene.RestartAsync();
            Scene.AssertSettled(await scene.OutcomesAsync(parts));
            await scene.AssertFundedAsync();
            await scene.BlocksAsync(5);

            // The session is over, and the offer is not: its JIT scid is a name of the channel.
            JsonObject paid = Assert.Single(await SalesAsync(scene));
            Assert.Equal(("paid", "Succeeded", Scene.Fee.Value), ((string)paid["status"]!, (string)paid["outcome"]!, (ulong)paid["earned_fee_msat"]!));
            await scene.WaitAsync(4_000_000);
            await scene.BlocksAsync(2);
            Assert.Equal(0, (int)(await AskAsync(scene, "lsps-status"))["provider"]!["paid_offers"]!);

            JsonObject story = await AskAsync(scene, "lsps-session", ("jit_channel_scid", scid));
            Assert.Equal((1UL, "paid", "Succeeded"), ((ulong)story["created_index"]!, (string)story["status"]!, (string)story["outcome"]!));
            Assert.Equal((Scene.Fee.Value, (Scene.Price - Scene.Fee).Value), ((ulong)story["earned_fee_msat"]!, (ulong)story["forwarded_msat"]!));
            Assert.Equal(invoice.PaymentHash, Preimage.Parse((string)story["payment_preimage"]!).Hash());
            Assert.Equal(2, story["forwards"]!.AsArray().Count);
            string[] events = [.. story["events"]!.AsArray().Select(static one => (string)one!["event"]!)];
            Assert.Equal(["part", "part"], events[..2]);
            Assert.Contains("phase", events);
            Assert.Contains("claimed", events); // after the crash
            Assert.Equal(events.Length, story["events"]!.AsArray().Select(static one => (string)one!["at"]! + one["event"] + one["text"]).Distinct().Count());
            Assert.Equal("paid", (string)Assert.Single(await SalesAsync(scene))["status"]!);
        },
        before: static scene => scene.Wallet.Behaviour = WalletBehaviour.HoldsLong);

    [Fact]
    public void Sales_are_listed_by_their_numbers_page_by_page_whatever_became_of_them() => Scene.Play(
        async scene =>
        {
            for (int i = 0; i < 3; i++) await scene.World.BuyAsync(i, Scene.Price, $"early {i}");
            string scid = (string)(await SalesAsync(scene))[1]["jit_channel_scid"]!;
            await AskAsync(scene, "lsps-cancel", ("jit_channel_scid", scid));
            await scene.WaitAsync(3_700_000);
            await scene.BlocksAsync(2);
            await scene.RestartAsync();
            await scene.WaitAsync(5000);
            for (int i = 0; i < 2; i++) await scene.World.BuyAsync(i, Scene.Price, $"late {i}");

            JsonObject[] all = await SalesAsync(scene);
            Assert.Equal(["expired", "failed", "expired", "offered", "offered"], all.Select(static sale => (string)sale["status"]!));
            ulong[] numbers = [.. all.Select(static sale => (ulong)sale["created_index"]!)];
            Assert.Equal(numbers.Order(), numbers);
            Assert.Equal("Cancelled", (string)all[1]["reason"]!);
            Assert.NotNull(all[1]["ended_at"]);

            JsonObject page = await AskAsync(scene, "lsps-listsessions", ("limit", 2));
            Assert.Equal(numbers[2], (ulong)page["next_start"]!);
            Assert.Equal(numbers[2..4], (await SalesAsync(scene, ("start", numbers[2]), ("limit", 2))).Select(static sale => (ulong)sale["created_index"]!));
            Assert.Equal(numbers[3..], (await SalesAsync(scene, ("status", "offered"))).Select(static sale => (ulong)sale["created_index"]!));
            Assert.Equal([numbers[0], numbers[3]], (await SalesAsync(scene, ("client_id", scene.Wallet.Id.ToString()))).Select(static sale => (ulong)sale["created_index"]!));

            // Once the ledger is read, it says which sales are another wallet's, and their records are not read.
            await scene.WaitAsync(30_000);
            var read = new List<string>();
            scene.Provider.Rpc.Intercept = (method, parameters) =>
            {
                if (method == "listdatastore" && parameters["key"]!.AsArray().Select(static part => (string)part!).ToArray() is [_, _, "sessions", "finalized", var name]) read.Add(name);
                return null;
            };
            Assert.Equal([numbers[0], numbers[3]], (await SalesAsync(scene, ("client_id", scene.Wallet.Id.ToString()))).Select(static sale => (ulong)sale["created_index"]!));
            Assert.Equal([(string)all[0]["jit_channel_scid"]!], read);
            scene.Provider.Rpc.Intercept = null;
            Assert.Contains("status must be one of offered", await RefusedAsync(scene, "lsps-listsessions", ("status", "lost")), StringComparison.Ordinal);
            Assert.Contains("there is no sale", await RefusedAsync(scene, "lsps-session", ("jit_channel_scid", "1x2x3")), StringComparison.Ordinal);

            scene.Provider.Datastore.Put(["lsps", "lsps2", "sessions", "finalized", scid], "{}");
            JsonObject unreadable = (await SalesAsync(scene))[1];
            Assert.Equal(numbers[1], (ulong)unreadable["created_index"]!);
            Assert.Contains("cannot be read", (string)unreadable["problem"]!, StringComparison.Ordinal);
        },
        wallets: 3);

    /// <summary>An earlier version left no numbers; its history has the days.</summary>
    [Fact]
    public void Sales_that_an_earlier_version_finished_get_numbers() => Scene.Play(async scene =>
    {
        for (int i = 0; i < 2; i++) await AskAsync(scene, "lsps-cancel", ("jit_channel_scid", (await scene.BuyAsync($"early {i}")).RouteHint!.Scid.ToString()));
        await scene.WaitAsync(1000);
        foreach (string[] key in scene.Provider.Datastore.Under("lsps", "lsps2", "book").Select(static entry => entry.Key).ToArray()) scene.Provider.Datastore.Delete(new JsonObject { ["key"] = new JsonArray([.. key.Select(static part => (JsonNode)part)]) });
        foreach (string[] key in scene.Provider.Datastore.Under("lsps", "lsps2", "history").Select(static entry => entry.Key).ToArray()) scene.Provider.Datastore.Put(key, "ended");
        Assert.Empty(await SalesAsync(scene));
        await scene.RestartAsync();
        await scene.WaitAsync(60_000);
        JsonObject[] all = await SalesAsync(scene);
        Assert.Equal(2, all.Length);
        Assert.Equal(2, all.Select(static sale => (ulong)sale["created_index"]!).Distinct().Count());
    });

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
    public void The_usual_channel_is_what_was_sold_and_its_funding_costs_the_same_in_the_list_and_in_the_income() => Scene.Play(async scene =>
    {
        ulong before = (ulong)(await AskAsync(scene, "lsps-liquidity"))["channel_msat"]!;
        Scene.AssertSettled(await scene.PayAsync(await scene.BuyAsync()));
        await scene.BlocksAsync(10);
        JsonObject sold = Assert.Single(await SalesAsync(scene));
        JsonNode earned = (await AskAsync(scene, "lsps-income"))["totals"]!;
        Assert.Equal(((ulong)sold["capacity_msat"]!, (ulong)sold["funding_cost_msat"]!), ((ulong)earned["capital_msat"]!, (ulong)earned["funding_cost_msat"]!));
        Assert.Equal((ulong)sold["capacity_msat"]!, (ulong)(await AskAsync(scene, "lsps-liquidity"))["channel_msat"]!);
        Assert.True(before > (ulong)sold["capacity_msat"]!);
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

    [Fact]
    public void Whoever_asks_for_changes_sees_each_sale_as_it_is_also_after_a_restart() => Scene.Play(async scene =>
    {
        var told = new List<JsonObject>();
        scene.World.Network.Observed += e => { if (e.What == "news lsps_session") told.Add(e.Content); };
        Bolt11Invoice first = await scene.BuyAsync("first");
        await scene.BuyAsync("second");
        JsonObject[] seen = await SalesAsync(scene, ("index", "updated"));
        Assert.Equal(2, seen.Length);
        ulong next = (ulong)seen[1]["updated_index"]! + 1;
        Assert.Empty(await SalesAsync(scene, ("index", "updated"), ("start", next)));

        Scene.AssertSettled(await scene.PayAsync(first));
        JsonObject paid = Assert.Single(await SalesAsync(scene, ("index", "updated"), ("start", next)));
        Assert.Equal(("paid", first.RouteHint!.Scid.ToString()), ((string)paid["status"]!, (string)paid["jit_channel_scid"]!));
        ulong[] numbers = [.. told.Where(static e => (string)e["event"]! is "phase" or "claimed").Select(static e => (ulong)e["updated_index"]!)];
        Assert.NotEmpty(numbers);
        Assert.Equal(numbers.Order(), numbers);
        await scene.AssertFundedAsync();
        next = (ulong)(await SalesAsync(scene, ("index", "updated"), ("start", next)))[^1]["updated_index"]! + 1;

        // After a restart all live sales come again: the last change of any of them may have been saved without an answer.
        await scene.RestartAsync();
        await scene.WaitAsync(5000);
        Assert.Equal("offered", (string)Assert.Single(await SalesAsync(scene, ("index", "updated"), ("start", next)))["status"]!);
        Assert.Contains("index must be created or updated", await RefusedAsync(scene, "lsps-listsessions", ("index", "ended")), StringComparison.Ordinal);
    });

    [Fact]
    public void A_node_that_sends_rows_twice_has_each_sale_once() => Scene.Play(async scene =>
    {
        Scene.AssertSettled(await scene.PayAsync(await scene.BuyAsync()));
        await scene.AssertFundedAsync();
        scene.Provider.Datastore.Doubles = true;
        Assert.Single(await SalesAsync(scene));
        Assert.Single(await SalesAsync(scene, ("index", "updated")));
    });

    [Fact]
    public void A_node_that_does_not_list_its_records_is_no_reason_to_show_half_of_the_sales() => Scene.Play(async scene =>
    {
        Scene.AssertSettled(await scene.PayAsync(await scene.BuyAsync()));
        await scene.AssertFundedAsync();
        scene.Provider.Rpc.Gate = static (method, _) => method == "listdatastore" ? throw new SimRpcException(-1, "busy") : Task.CompletedTask;
        string refused = await RefusedAsync(scene, "lsps-listsessions");
        scene.Provider.Rpc.Gate = null;
        Assert.Contains("try again", refused, StringComparison.Ordinal);
        Assert.DoesNotContain(scene.World.ProviderPlugin.Link.Log, static line => line.StartsWith("error", StringComparison.Ordinal));
    });

    [Fact]
    public void The_last_step_before_a_crash_is_in_the_story() => Scene.Play(
        async scene =>
        {
            (Bolt11Invoice invoice, Task<PartResult>[] parts) = await scene.WithClientAsync();
            string scid = invoice.RouteHint!.Scid.ToString();
            string[] active = ["lsps", "lsps2", "sessions", "active", scid];
            Assert.Contains("AwaitingSettlement", scene.Provider.Datastore.Find(active), StringComparison.Ordinal);
            JsonArray events = JsonNode.Parse(scene.Provider.Datastore.Find(active)!)!["events"]!.AsArray();
            Assert.Equal("AwaitingSettlement", (string)events.Last(static one => (string)one!["event"]! == "phase")!["text"]!);
            Assert.Contains(events, static one => (string)one!["event"]! == "forwarded");
            await scene.RestartAsync();
            Scene.AssertSettled(await scene.OutcomesAsync(parts));
            await scene.AssertFundedAsync();
            JsonNode finalized = JsonNode.Parse(scene.Provider.Datastore.Find("lsps", "lsps2", "sessions", "finalized", scid)!)!;
            Assert.Equal("ended", (string)finalized["events"]!.AsArray()[^1]!["event"]!);
        },
        before: static scene => scene.Wallet.Behaviour = WalletBehaviour.HoldsLong);

    [Fact]
    public void An_operator_is_alerted_once_of_missing_coins_and_when_they_are_there() => Scene.Play(
        async scene =>
        {
            var told = new List<JsonObject>();
            scene.World.Network.Observed += e => { if (e.What == "news lsps_alert") told.Add(e.Content); };
            await scene.WaitAsync(1_300_000);
            JsonObject raised = Assert.Single(told, static alert => (string)alert["code"]! == "no_coins");
            Assert.Equal(("raised", "now"), ((string)raised["state"]!, (string)raised["urgency"]!));
            Assert.Contains("newaddr", (string)raised["remedy"]!, StringComparison.Ordinal);
            Assert.Single(scene.World.ProviderPlugin.Link.Log, static line => line.StartsWith("unusual provider: alert no_coins", StringComparison.Ordinal));

            await scene.RestartAsync();
            await scene.WaitAsync(1_300_000);
            Assert.Single(told, static alert => (string)alert["code"]! == "no_coins");
            JsonNode listed = Assert.Single((await AskAsync(scene, "lsps-listalerts", ("state", "raised")))["alerts"]!.AsArray(), static alert => (string)alert!["code"]! == "no_coins")!;
            Assert.Equal((ulong)raised["updated_index"]!, (ulong)listed["updated_index"]!);

            scene.Provider.Wallet.Fund(new Sat(5_000_000));
            await scene.BlocksAsync(1);
            await scene.WaitAsync(700_000);
            JsonNode cleared = Assert.Single((await AskAsync(scene, "lsps-listalerts", ("index", "updated"), ("start", (ulong)listed["updated_index"]! + 1)))["alerts"]!.AsArray(), static alert => (string)alert!["code"]! == "no_coins")!;
            Assert.Equal(("cleared", (ulong)raised["created_index"]!), ((string)cleared["state"]!, (ulong)cleared["created_index"]!));
            Assert.NotNull(cleared["cleared_at"]);
            Assert.Contains("state must be raised or cleared", await RefusedAsync(scene, "lsps-listalerts", ("state", "x")), StringComparison.Ordinal);
        },
        withFunds: false);

    [Fact]
    public void A_refused_broadcast_alerts_at_once_and_not_after_the_usual_interval() => Scene.Play(async scene =>
    {
        await scene.WaitAsync(120_000);
        var told = new List<JsonObject>();
        scene.World.Network.Observed += e => { if (e.What == "news lsps_alert" && (string)e.Content["code"]! == "broadcast_stuck") told.Add(e.Content); };
        scene.Provider.Rpc.Gate = static (method, _) => method == "sendpsbt" ? throw new SimRpcException(-1, "the daemon is down") : Task.CompletedTask;
        Scene.AssertSettled(await scene.PayAsync(await scene.BuyAsync()));
        for (int i = 0; i < 20 && told.Count == 0; i++) await scene.WaitAsync(10_000);
        Assert.Equal("raised", (string)Assert.Single(told)["state"]!);
        scene.Provider.Rpc.Gate = null;
        await AskAsync(scene, "lsps-retry");
        await scene.WaitAsync(700_000);
        Assert.Equal(["raised", "cleared"], told.Select(static alert => (string)alert["state"]!));
        await scene.AssertFundedAsync();
    });

    [Fact]
    public void A_long_command_says_how_far_it_is() => Scene.Play(async scene =>
    {
        await AskAsync(scene, "lsps-checkup");
        Assert.Equal([("lsps-checkup", 0, 4), ("lsps-checkup", 1, 4), ("lsps-checkup", 2, 4), ("lsps-checkup", 3, 4)], scene.World.ProviderPlugin.Link.Progress);
        await scene.BuyAsync();
        Assert.Equal([("lsps-lsps2-invoice", 0, 3), ("lsps-lsps2-invoice", 1, 3), ("lsps-lsps2-invoice", 2, 3)], scene.World.WalletPlugin.Link.Progress);
    });

    private static async Task<JsonObject[]> SalesAsync(Scene scene, params (string Name, JsonNode Value)[] parameters) =>
        [.. (await AskAsync(scene, "lsps-listsessions", parameters))["sessions"]!.AsArray().Select(static sale => (JsonObject)sale!)];

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
