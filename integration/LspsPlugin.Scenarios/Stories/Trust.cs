using System.Globalization;
using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Scenarios.Network;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Scenarios.Stories;

/// <summary>The provider opens the channel before it is paid; and a payment that needs no new channel.</summary>
public static class Trust
{
    private static readonly Msat Small = new(5_000_000);

    [Scenario]
    public static async Task A_trusted_wallet_has_its_channel_in_the_mempool_before_it_pays(IRegtest net)
    {
        Stage stage = await TrustingAsync(net);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        await stage.Wallet.ConductAsync(Conduct.Holds);
        SentPart[] parts = await stage.SendAsync(invoice, 2);
        await stage.ReachedAsync(2);
        Assert.Single(await net.MempoolAsync());
        JsonObject trust = await TrustOfAsync(stage);
        Assert.Equal("lsp-trusts-client", (string)trust["model"]!);
        Assert.True((ulong)trust["at_risk_msat"]! > 0);

        await stage.Wallet.ConductAsync(Conduct.Settles);
        await stage.AssertSoldAsync(parts, Stage.Price, Stage.Fee);
        await stage.UntilAsync(async () => (ulong)(await TrustOfAsync(stage))["at_risk_msat"]! == 0, "nothing is at risk any more");
        Assert.Equal(0UL, (ulong)(await TrustOfAsync(stage))["lost_msat"]!);
    }

    [Scenario]
    public static async Task A_wallet_that_trusts_nobody_pays_once_the_funding_is_confirmed(IRegtest net)
    {
        JsonObject options = Stage.WalletOptions;
        options["lsps-client-trust"] = "never";
        Stage stage = await TrustingAsync(net, new NodeSetup("wallet", options));
        SentPart[] parts = await stage.SendAsync(await stage.InvoiceAsync(Stage.Price), 2);
        await stage.ReachedAsync(2);
        Assert.Single(await net.MempoolAsync());
        Assert.All(parts, part => Assert.False(part.Outcome.IsCompleted));
        await stage.MineUntilDecidedAsync(parts, most: 20);
        await Stage.AssertPaidAsync(parts);
        await net.MineAsync(6);
        await stage.AssertBuriedAsync(Stage.Price, Stage.Fee);
    }

    [Scenario]
    [Covers("A28")]
    public static async Task A_payment_that_a_trusted_wallet_failed_leaves_its_channel_to_the_next(IRegtest net)
    {
        Stage stage = await TrustingAsync(net);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        await stage.Wallet.ConductAsync(Conduct.Rejects);
        Assert.All(await (await stage.SendAsync(invoice, 2)).OutcomesAsync(), outcome => Assert.Equal(Failure.UnknownDetails, outcome.Failure));
        JsonObject channel = Assert.Single(await stage.Provider.ChannelsWithAsync(stage.Wallet));

        await stage.Wallet.ConductAsync(Conduct.Settles);
        await stage.AssertSoldAsync(await stage.SendAsync(invoice, 2), Stage.Price, Stage.Fee);
        Assert.Equal((string)channel["channel_id"]!, (string)Assert.Single(await stage.Provider.ChannelsWithAsync(stage.Wallet))["channel_id"]!);
    }

    [Scenario]
    [Covers("C10")]
    public static async Task The_node_is_killed_with_the_funding_of_a_trusted_wallet_on_its_way_and_the_payment_goes_on(IRegtest net)
    {
        Stage stage = await TrustingAsync(net);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        IHeldCommand sending = await stage.Provider.HoldNextAsync("sendpsbt");
        SentPart[] parts = await stage.SendAsync(invoice, 2);
        await sending.Asked;
        await stage.Provider.KillAsync();
        await stage.ComeBackAsync();
        await stage.AssertSoldAsync(parts, Stage.Price, Stage.Fee);
    }

    [Scenario]
    [Covers("X31")]
    public static async Task What_may_be_lost_is_bounded_and_auto_asks_for_trust_beyond_it(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net, options => options["lsps2-trust-model"] = "auto", coins: [new Sat(1_000_000), new Sat(1_000_000)]);
        await stage.Wallet.ConductAsync(Conduct.Rejects);
        Bolt11Invoice first = await stage.InvoiceAsync(Stage.Price, "first");
        Assert.All(await (await stage.SendAsync(first, 2)).OutcomesAsync(), outcome => Assert.False(outcome.IsPaid));
        await stage.UntilAsync(async () => (ulong)(await TrustOfAsync(stage))["at_risk_msat"]! > 0, "the channel counts");
        ulong risk = (ulong)(await TrustOfAsync(stage))["at_risk_msat"]! / 1000;
        await stage.Provider.CallAsync("setconfig", new JsonObject { ["config"] = "lsps2-max-loss-per-client-sat", ["val"] = (risk + (risk / 2)).ToString(CultureInfo.InvariantCulture) });

        await stage.Wallet.ConductAsync(Conduct.Settles);
        Bolt11Invoice second = await stage.InvoiceAsync(Stage.Price, "second");
        IReadOnlyList<JsonObject> offers = await stage.Provider.RecordsAsync("lsps", "lsps2", "offers");
        Assert.Equal(1, offers.Count(offer => (bool)offer["client_trusts_lsp"]!));
        Assert.Equal(2, offers.Count);
        await Stage.AssertPaidAsync(await stage.SendAsync(second, 2));
        await Stage.AssertPaidAsync(await stage.SendAsync(first, 2));
        Assert.Equal(2, (await stage.Provider.ChannelsWithAsync(stage.Wallet)).Length);
        await Stage.BuryAsync(net, fundings: 2);
        await stage.AssertOutcomesAsync("Succeeded", "Succeeded");
        Assert.Equal(0UL, (ulong)(await TrustOfAsync(stage))["lost_msat"]!);
    }

    [Scenario]
    [Covers("B25")]
    public static async Task A_second_purchase_is_paid_over_the_channel_that_is_there(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net, options => options["lsps2-use-existing-channels"] = true);
        await stage.AssertSoldAsync(await stage.SendAsync(await stage.InvoiceAsync(Stage.Price, "first"), 2), Stage.Price, Stage.Fee);
        await Stage.AssertPaidAsync(await stage.SendAsync(await stage.InvoiceAsync(Small, "second"), 2));
        await stage.AssertOutcomesAsync("Succeeded", "Succeeded");
        JsonObject channel = Assert.Single(await stage.Wallet.ChannelsWithAsync(stage.Provider));

        // The channel's ordinary fee for two parts: 1000 msat and 10 ppm each.
        ulong before = (Stage.Price - Stage.Fee).Value;
        Assert.InRange((ulong)channel["to_us_msat"]!, before + Small.Value - 2_100, before + Small.Value - 1);
        Assert.Empty(await net.MempoolAsync());
    }

    private static Task<Stage> TrustingAsync(IRegtest net, NodeSetup? wallet = null) =>
        Stage.SetAsync(net, options => options["lsps2-trust-model"] = "lsp-trusts-client", wallet: wallet);

    private static async Task<JsonObject> TrustOfAsync(Stage stage) => (await stage.Provider.CallAsync("lsps-status"))["provider"]!["trust"]!.AsObject();
}
