using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Scenarios.Network;
using Xunit;

namespace LspsPlugin.Scenarios.Stories;

/// <summary>An operator's day: looking at the business, and steering it.</summary>
public static class Operating
{
    [Scenario]
    public static async Task A_paused_sale_stays_paused_over_a_restart_and_what_was_sold_is_finished(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        Bolt11Invoice sold = await stage.InvoiceAsync(Stage.Price);
        JsonObject paused = await AskAsync(stage, "lsps-pause", ("reason", "moving house"));
        Assert.Equal(1, (int)paused["unpaid_offers"]!);
        Assert.Empty(await stage.Wallet.MenuAsync(stage.Provider));
        await stage.Provider.StopAsync();
        await stage.Provider.StartAgainAsync();
        await stage.ReconnectAsync();
        Assert.Equal("moving house", (string?)(await AskAsync(stage, "lsps-status"))["provider"]!["paused"]!["reason"]);
        Assert.Empty(await stage.Wallet.MenuAsync(stage.Provider));
        await stage.AssertSoldAsync(await stage.SendAsync(sold, 2), Stage.Price, Stage.Fee);
        Assert.True((bool)(await AskAsync(stage, "lsps-resume"))["was_paused"]!);
        Assert.Single(await stage.Wallet.MenuAsync(stage.Provider));
    }

    [Scenario]
    public static async Task An_offer_is_cancelled_while_a_part_is_held_and_while_its_channel_is_being_opened(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        Bolt11Invoice first = await stage.InvoiceAsync(Stage.Price, "first");
        SentPart[] held = await stage.SendAsync(first, 2, sent: 1);
        await stage.HeldAsync(1);
        await CancelAsync(stage, first);
        await stage.AssertGivenBackAsync(held, Failure.UnknownNextPeer);

        Bolt11Invoice second = await stage.InvoiceAsync(Stage.Price, "second");
        IHeldCommand funding = await stage.Provider.HoldNextAsync("fundchannel_complete");
        SentPart[] parts = await stage.SendAsync(second, 2);
        await funding.Asked;
        await CancelAsync(stage, second);
        await funding.GoOnAsync();
        await stage.AssertGivenBackAsync(parts, Failure.UnknownNextPeer);
        await stage.UntilAsync(async () => await stage.DebrisAsync() is null, "nothing is left over");
        await stage.UntilAsync(async () => (int)(await AskAsync(stage, "lsps-status"))["provider"]!["unpaid_offers"]! == 0, "the offers are over");

        // The wallet is not blamed, and buys again.
        Assert.Empty((await AskAsync(stage, "lsps-clients"))["clients"]!.AsArray());
        await Stage.AssertPaidAsync(await stage.SendAsync(await stage.InvoiceAsync(Stage.Price, "third"), 2));
        await Stage.BuryAsync(net, fundings: 1);
        await stage.AssertBuriedAsync(Stage.Price, Stage.Fee);
    }

    [Scenario]
    public static async Task Coins_ways_in_and_sold_channels_are_those_of_the_node(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        JsonObject checkup = await AskAsync(stage, "lsps-checkup");
        Assert.True((bool)checkup["ok"]!, checkup.ToJsonString());
        JsonObject before = await AskAsync(stage, "lsps-liquidity", ("channel_sat", 200_000));
        Assert.True((int)before["openings_left"]! >= 1, before.ToJsonString());
        Assert.Equal(stage.Channels.Count, (int)before["ways_in"]!["count"]!);
        Assert.Equal(0, (int)before["sold"]!["count"]!);
        await stage.AssertSoldAsync(await stage.SendAsync(await stage.InvoiceAsync(Stage.Price), 2), Stage.Price, Stage.Fee);
        await stage.UntilAsync(async () => (await SoldAsync(stage))["blocks_left"] is not null, "the funding is confirmed");
        JsonObject sold = await SoldAsync(stage);
        Assert.Equal(stage.Wallet.Id.ToString(), (string?)sold["client_id"]);
        Assert.InRange((uint)sold["blocks_left"]!, 1u, (uint)sold["min_lifetime"]!);

        JsonObject spent = await AskAsync(stage, "lsps-liquidity", ("channel_sat", 16_000_000));
        ulong free = (ulong)spent["coins"]!["large_enough"]!["total_msat"]! + (ulong)spent["coins"]!["too_small"]!["total_msat"]!;
        JsonObject funds = await stage.Provider.CallAsync("listfunds");
        Assert.Equal(
            funds["outputs"]!.AsArray().Where(static coin => (string?)coin!["status"] == "confirmed" && !(bool)coin["reserved"]!).Aggregate(0UL, static (sum, coin) => sum + (ulong)coin!["amount_msat"]!),
            free);
    }

    [Scenario]
    public static async Task A_sale_is_listed_and_its_story_told_from_the_purchase_to_its_end_over_a_restart(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        JsonObject offered = await ListedAsync(stage);
        Assert.Equal(("offered", stage.Wallet.Id.ToString()), ((string?)offered["status"], (string?)offered["client_id"]));
        await stage.AssertSoldAsync(await stage.SendAsync(invoice, 2), Stage.Price, Stage.Fee);
        await stage.Provider.StopAsync();
        await stage.Provider.StartAgainAsync();
        JsonObject paid = await ListedAsync(stage);
        Assert.Equal(((ulong)offered["created_index"]!, "paid"), ((ulong)paid["created_index"]!, (string?)paid["status"]));
        JsonObject story = await AskAsync(stage, "lsps-session", ("jit_channel_scid", (string)offered["jit_channel_scid"]!));
        Assert.Equal(Stage.Fee.Value, (ulong)story["earned_fee_msat"]!);
        string[] events = [.. story["events"]!.AsArray().Select(static one => (string)one!["event"]!)];
        Assert.Equal(["part", "part"], events[..2]);
        Assert.Contains("forwarded", events);
        Assert.Contains("claimed", events);
    }

    private static async Task<JsonObject> ListedAsync(Stage stage) => (JsonObject)Assert.Single((await AskAsync(stage, "lsps-listsessions"))["sessions"]!.AsArray())!;

    private static async Task<JsonObject> SoldAsync(Stage stage) => (JsonObject)Assert.Single((await AskAsync(stage, "lsps-liquidity"))["sold"]!["channels"]!.AsArray())!;

    private static async Task CancelAsync(Stage stage, Bolt11Invoice invoice) =>
        Assert.True((bool)(await AskAsync(stage, "lsps-cancel", ("jit_channel_scid", invoice.RouteHint!.Scid.ToString())))["cancelled"]!);

    private static Task<JsonObject> AskAsync(Stage stage, string command, params (string Name, JsonNode Value)[] parameters) =>
        stage.Provider.CallAsync(command, new JsonObject(parameters.Select(static one => KeyValuePair.Create(one.Name, (JsonNode?)one.Value))));
}
