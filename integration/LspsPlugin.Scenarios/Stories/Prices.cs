using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Scenarios.Network;
using Xunit;

namespace LspsPlugin.Scenarios.Stories;

/// <summary>What a channel costs, and where the price comes from.</summary>
public static class Prices
{
    [Scenario]
    public static async Task A_policy_plugin_sets_prices_and_sizes(IRegtest net)
    {
        var fee = new Msat(2_000_000);
        Stage stage = await Stage.SetAsync(net, @as: setup => setup with { Policy = PolicyPlugin.Prices });
        JsonObject entry = Assert.Single(await stage.Wallet.MenuAsync(stage.Provider));
        Assert.Equal((fee.Value.ToString(), 5000), ((string?)entry["min_fee_msat"], (int)entry["proportional"]!));
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        await stage.AssertSoldAsync(await stage.SendAsync(invoice, 2), Stage.Price, fee);
        JsonObject channel = Assert.Single(await stage.Provider.ChannelsWithAsync(stage.Wallet));
        Assert.Equal(2 * Stage.Price.Value, (ulong)channel["total_msat"]!);
    }

    /// <summary>The policy plugins for released nodes handle payments, not purchases.</summary>
    [Scenario]
    public static async Task A_policy_plugin_that_knows_getchannelcapacity_alone_sets_sizes(IRegtest net)
    {
        var fee = new Msat(2_000_000);
        Stage stage = await Stage.SetAsync(net, coins: [new Sat(1_000_000), new Sat(1_000_000)], @as: setup => setup with { Policy = PolicyPlugin.Capacity });
        Bolt11Invoice fixedAmount = await stage.InvoiceAsync(Stage.Price, "fixed"), chosen = await stage.InvoiceAsync(amount: null, "chosen");
        await Stage.AssertPaidAsync(await stage.SendAsync(fixedAmount, 2));
        await Stage.AssertPaidAsync([await stage.SendOneAsync(chosen, Stage.Price + Stage.Price)]);
        await Stage.BuryAsync(net, fundings: 2);
        await stage.AssertOutcomesAsync("Succeeded", "Succeeded");
        JsonObject[] channels = [.. (await stage.Wallet.ChannelsWithAsync(stage.Provider)).OrderBy(channel => (ulong)channel["total_msat"]!)];
        Assert.Equal([3 * Stage.Price.Value, 6 * Stage.Price.Value], channels.Select(channel => (ulong)channel["total_msat"]!));
        Assert.Equal([(Stage.Price - fee).Value, (Stage.Price + Stage.Price - fee).Value], channels.Select(channel => (ulong)channel["to_us_msat"]!));
    }

    [Scenario]
    public static async Task A_policy_plugin_that_rejects_a_client_sells_it_nothing(IRegtest net)
    {
        const int clientRejected = 1;
        Stage stage = await Stage.SetAsync(net, @as: setup => setup with { Policy = PolicyPlugin.Rejects });
        JsonObject answer = await stage.Wallet.CallAsync("lsps-lsps2-getinfo", new JsonObject { ["lsp_id"] = stage.Provider.Id.ToString() });
        Assert.Equal(clientRejected, (int)answer["code"]!);
        Assert.Empty(await stage.Provider.SalesAsync());
    }

    [Scenario]
    public static async Task A_price_that_is_changed_while_the_provider_runs_holds_from_the_next_offer_on(IRegtest net)
    {
        var dearer = new Msat(3_000_000);
        Stage stage = await Stage.SetAsync(net, coins: [new Sat(1_000_000), new Sat(1_000_000)]);
        Bolt11Invoice before = await stage.InvoiceAsync(Stage.Price, "before");
        await stage.Provider.CallAsync("setconfig", new JsonObject { ["config"] = "lsps2-min-fee-msat", ["val"] = dearer.Value, ["transient"] = true });
        Bolt11Invoice after = await stage.InvoiceAsync(Stage.Price, "after");
        Assert.Equal(dearer.Value.ToString(), (string?)Assert.Single(await stage.Wallet.MenuAsync(stage.Provider))["min_fee_msat"]);

        // Earlier promises are kept.
        await Stage.AssertPaidAsync(await stage.SendAsync(before, 2));
        await Stage.AssertPaidAsync(await stage.SendAsync(after, 2));
        await Stage.BuryAsync(net, fundings: 2);
        await stage.AssertOutcomesAsync("Succeeded", "Succeeded");
        ulong[] has = [.. (await stage.Wallet.ChannelsWithAsync(stage.Provider)).Select(channel => (ulong)channel["to_us_msat"]!).Order()];
        Assert.Equal([(Stage.Price - dearer).Value, (Stage.Price - Stage.Fee).Value], has);
    }
}
