using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Scenarios.Network;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Scenarios.Stories;

/// <summary>Realistic payers: they use their own commands, several at once, and pay again later.</summary>
public static class Payers
{
    private static readonly Msat Second = new(5_000_000);

    [Scenario]
    public static IEnumerable<(string Name, Func<IRegtest, Task> Play)> By_the_commands_of_the_node() =>
        from command in new[] { "pay", "xpay" }
        select ($"A_payer_who_needs_two_channels_pays_by_{command}", (Func<IRegtest, Task>)(net => ByCommandAsync(net, command)));

    [Scenario]
    public static async Task Two_payers_of_one_invoice_open_one_channel_that_holds_all_that_was_paid(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        (IRegtestNode other, IReadOnlyList<Scid> channels) = await Stage.PayerAsync(net, stage.Provider, "other");
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        SentPart[] parts = [await stage.SendOneAsync(invoice, Stage.Price), await other.SendAsync(new PartOrder(invoice, Stage.Price, channels[0]))];
        PartOutcome[] outcomes = await parts.OutcomesAsync();

        // The wallet may accept both or fail the second: what it accepts is in its channel, less one fee.
        ulong paid = Stage.Price.Value * (ulong)outcomes.Count(outcome => outcome.IsPaid);
        Assert.True(paid > 0);
        await stage.AssertFundedAsync(new Msat(paid), Stage.Fee);
    }

    [Scenario]
    public static async Task Ten_wallets_at_once_get_a_channel_each(IRegtest net)
    {
        var price = new Msat(50_000_000);
        Stage stage = await Stage.SetAsync(net, channels: 2, coins: [.. Enumerable.Repeat(new Sat(400_000), 10)]);
        var sales = new List<(Stage Stage, Bolt11Invoice Invoice)>();
        for (int number = 1; number <= 10; number++)
        {
            IRegtestNode wallet = number == 1 ? stage.Wallet : await net.StartAsync(new NodeSetup($"wallet{number}", Stage.WalletOptions));
            await net.ConnectAsync(wallet, stage.Provider);
            var own = new Stage(net, wallet, stage.Provider, stage.Payer, stage.Channels);
            sales.Add((own, await own.InvoiceAsync(price)));
        }

        var parts = new List<SentPart>();
        foreach ((Stage own, Bolt11Invoice invoice) in sales) parts.AddRange(await own.SendAsync(invoice, 2));
        await Stage.AssertPaidAsync(parts);
        await Stage.BuryAsync(net, fundings: 10);
        await stage.AssertOutcomesAsync([.. Enumerable.Repeat("Succeeded", 10)]);
        foreach ((Stage own, _) in sales) await own.AssertBuriedAsync(price, Stage.Fee);
    }

    [Scenario]
    public static async Task The_wallet_is_paid_a_second_time_over_its_new_channel(IRegtest net)
    {
        Stage stage = await SoldAsync(net);
        string ordinary = await net.HintedInvoiceAsync(stage.Wallet, Second);
        Assert.Null(await stage.Payer.PayAsync(ordinary, "pay"));
        await AssertHasAsync(stage, Stage.Price - Stage.Fee + Second);
    }

    [Scenario]
    [Covers("X28")]
    public static async Task The_wallet_is_paid_a_second_time_over_the_old_jit_scid(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        Bolt11Invoice bought = await stage.InvoiceAsync(Stage.Price);
        await stage.AssertSoldAsync(await stage.SendAsync(bought, 2), Stage.Price, Stage.Fee);
        Bolt11Invoice invoice = Observations.Read(await stage.Wallet.OrdinaryInvoiceAsync(Second, "second")) with { RouteHint = bought.RouteHint };
        await Stage.AssertPaidAsync([await stage.SendOneAsync(invoice, Second)]);
        await AssertHasAsync(stage, Stage.Price - Stage.Fee + Second);
    }

    /// <summary>Not the invoice's delta, but the one that the provider's node requires.</summary>
    [Scenario]
    [Covers("A41")]
    public static async Task A_payer_who_leaves_the_provider_only_its_nodes_own_delta_pays(IRegtest net)
    {
        const uint own = 10;
        Stage stage = await Stage.SetAsync(net, options => options["cltv-delta"] = own);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        Assert.True(invoice.RouteHint!.CltvExpiryDelta > own);
        await stage.AssertSoldAsync([await stage.SendOneAsync(invoice, Stage.Price, part => part with { Delta = own })], Stage.Price, Stage.Fee);
    }

    /// <summary>A restarted node has forgotten that a lower fee is honoured: a payer with the old invoice pays none.</summary>
    [Scenario]
    [Covers("X28")]
    public static async Task The_old_jit_scid_costs_nothing_after_a_restart_too(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        Bolt11Invoice bought = await stage.InvoiceAsync(Stage.Price);
        await stage.AssertSoldAsync(await stage.SendAsync(bought, 2), Stage.Price, Stage.Fee);
        await stage.UntilAsync(
            async () => (int)Assert.Single(await stage.Provider.ChannelsWithAsync(stage.Wallet))["fee_base_msat"]! == (int)Stage.ProviderOptions["fee-base"]!,
            "the channel has the node's fees");
        await stage.Provider.StopAsync();
        await stage.ComeBackAsync();
        Bolt11Invoice invoice = Observations.Read(await stage.Wallet.OrdinaryInvoiceAsync(Second, "second")) with { RouteHint = bought.RouteHint };
        await Stage.AssertPaidAsync([await stage.SendOneAsync(invoice, Second)]);
        await AssertHasAsync(stage, Stage.Price - Stage.Fee + Second);
    }

    private static async Task<Stage> SoldAsync(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        await stage.AssertSoldAsync(await stage.SendAsync(invoice, 2), Stage.Price, Stage.Fee);
        return stage;
    }

    private static Task AssertHasAsync(Stage stage, Msat balance) => stage.UntilAsync(
        async () => Assert.Single(await stage.Wallet.ChannelsWithAsync(stage.Provider)) is JsonObject channel && (ulong)channel["to_us_msat"]! == balance.Value,
        $"the wallet has {balance} in its one channel");

    private static async Task ByCommandAsync(IRegtest net, string command)
    {
        // More than one channel of the payer can carry.
        Msat price = new(2_500_000_000), fee = new(2_500_000);
        Stage stage = await Stage.SetAsync(net, options => options["lsps2-max-payment-msat"] = 10_000_000_000, channels: 2);
        string invoice = await stage.Wallet.BuyInvoiceAsync(stage.Provider, price, "large");
        Assert.Null(await stage.Payer.PayAsync(invoice, command));
        await stage.AssertFundedAsync(price, fee);
    }
}
