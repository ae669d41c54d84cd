using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Scenarios.Network;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Scenarios.Stories;

/// <summary>
/// The plugin's file is replaced in place by that of another version, with a sale in each phase: the version before sells and this one continues, and
/// the other way round.
/// </summary>
[Covers("S20")]
public static class Upgrades
{
    private static readonly string[] Confirming = ["lsps", "lsps2", "confirming"];

    [Scenario(Needs = Need.VersionBefore)]
    public static async Task An_offer_of_the_version_before_is_paid(IRegtest net)
    {
        Stage stage = await SetAsync(net, Software.Before);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        await ReplaceAsync(stage, Software.Ours);
        await stage.AssertSoldAsync(await stage.SendAsync(invoice, 2), Stage.Price, Stage.Fee);
    }

    [Scenario(Needs = Need.VersionBefore)]
    public static async Task Parts_that_the_version_before_held_are_paid(IRegtest net)
    {
        Stage stage = await SetAsync(net, Software.Before);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        SentPart[] first = await stage.SendAsync(invoice, 2, sent: 1);
        await stage.HeldAsync(1);
        await ReplaceAsync(stage, Software.Ours);
        await stage.AssertSoldAsync([.. first, .. await stage.SendAsync(invoice, 2, sent: 1, first: 2)], Stage.Price, Stage.Fee);
    }

    [Scenario(Needs = Need.VersionBefore)]
    public static async Task A_channel_that_the_version_before_had_planned_is_sold(IRegtest net)
    {
        Stage stage = await SetAsync(net, Software.Before);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        IHeldCommand funding = await stage.Provider.HoldNextAsync("fundchannel_complete");
        SentPart[] parts = await stage.SendAsync(invoice, 2);
        await funding.Asked;
        Assert.Equal("Reserving", (string?)Assert.Single(await stage.Provider.ActiveAsync())["phase"]);
        await ReplaceAsync(stage, Software.Ours, killed: true);
        await stage.AssertSoldAsync(parts, Stage.Price, Stage.Fee);
    }

    [Scenario(Needs = Need.VersionBefore)]
    public static async Task Parts_that_the_version_before_forwarded_are_settled_and_their_channel_is_funded(IRegtest net)
    {
        (Stage stage, SentPart[] parts) = await WithTheWalletAsync(net, Software.Before);
        await ReplaceAsync(stage, Software.Ours);
        await stage.Wallet.ConductAsync(Conduct.Settles);
        await stage.AssertSoldAsync(parts, Stage.Price, Stage.Fee);
    }

    [Scenario(Needs = Need.VersionBefore)]
    public static async Task Parts_that_the_version_before_forwarded_are_rejected_and_their_channel_is_released(IRegtest net)
    {
        (Stage stage, SentPart[] parts) = await WithTheWalletAsync(net, Software.Before);
        await ReplaceAsync(stage, Software.Ours);
        await stage.Wallet.ConductAsync(Conduct.Rejects);
        await stage.AssertGivenBackAsync(parts, Failure.UnknownDetails);
        await stage.AssertOutcomesAsync("Abandoned");
    }

    [Scenario(Needs = Need.VersionBefore)]
    public static async Task A_claimed_payment_whose_funding_the_version_before_did_not_send_is_funded(IRegtest net)
    {
        Stage stage = await SetAsync(net, Software.Before);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        IHeldCommand sending = await stage.Provider.HoldNextAsync("sendpsbt");
        SentPart[] parts = await stage.SendAsync(invoice, 2);
        await sending.Asked;
        await Stage.AssertPaidAsync(parts);
        Assert.Equal("Broadcasting", (string?)Assert.Single(await stage.Provider.ActiveAsync())["phase"]);
        await ReplaceAsync(stage, Software.Ours, killed: true);
        await stage.AssertSoldAsync(parts, Stage.Price, Stage.Fee);
    }

    [Scenario(Needs = Need.VersionBefore)]
    public static async Task A_funding_that_the_version_before_sent_is_followed_until_it_is_buried(IRegtest net)
    {
        (Stage stage, _) = await FundedAsync(net, Software.Before);
        await ReplaceAsync(stage, Software.Ours);
        await AssertSentAgainAsync(stage, net);
        await stage.UntilAsync(async () => (await stage.Provider.RecordsAsync(Confirming)).Count == 0, "nothing is followed any more");
    }

    [Scenario(Needs = Need.VersionBefore)]
    public static async Task A_channel_that_the_version_before_funded_on_trust_is_paid(IRegtest net)
    {
        Stage stage = await SetAsync(net, Software.Before, static options => options["lsps2-trust-model"] = "lsp-trusts-client");
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        await stage.Wallet.ConductAsync(Conduct.Rejects);
        Assert.All(await (await stage.SendAsync(invoice, 2)).OutcomesAsync(), outcome => Assert.Equal(Failure.UnknownDetails, outcome.Failure));
        await stage.UntilAsync(async () => (string?)Assert.Single(await stage.Provider.ActiveAsync())["phase"] == "AwaitingChannelReady", "the channel waits for another payment");
        await ReplaceAsync(stage, Software.Ours);
        await stage.Wallet.ConductAsync(Conduct.Settles);
        await stage.AssertSoldAsync(await stage.SendAsync(invoice, 2), Stage.Price, Stage.Fee);
    }

    [Scenario(Needs = Need.VersionBefore)]
    public static async Task A_channel_that_the_version_before_sold_keeps_its_lifetime(IRegtest net)
    {
        Stage stage = await SetAsync(net, Software.Before, static options => options["lsps2-min-lifetime"] = 2016);
        await stage.AssertSoldAsync(await stage.SendAsync(await stage.InvoiceAsync(Stage.Price), 2), Stage.Price, Stage.Fee);
        await ReplaceAsync(stage, Software.Ours);
        await stage.AssertOutcomesAsync("Succeeded");
        JsonObject channel = Assert.Single(await stage.Provider.ChannelsWithAsync(stage.Wallet));
        var refused = await Assert.ThrowsAsync<CommandRefusedException>(() => stage.Provider.CallAsync("close", new JsonObject { ["id"] = (string)channel["channel_id"]! }));
        Assert.Contains("with the promise to keep it until height", refused.Message, StringComparison.Ordinal);
    }

    [Scenario(Needs = Need.VersionBefore | Need.OurWallet)]
    public static async Task An_invoice_of_a_wallet_with_the_version_before_is_paid(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net, wallet: new NodeSetup("wallet", Stage.WalletOptions) { Software = Software.Before });
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        await stage.Wallet.StopAsync();
        await stage.Wallet.StartAgainAsync(software: Software.Ours);
        await net.ConnectAsync(stage.Wallet, stage.Provider);
        await stage.AssertSoldAsync(await stage.SendAsync(invoice, 2), Stage.Price, Stage.Fee);
    }

    [Scenario(Needs = Need.VersionBefore)]
    public static async Task An_offer_is_paid_after_the_way_back_to_the_version_before(IRegtest net)
    {
        Stage stage = await SetAsync(net, Software.Ours);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        await ReplaceAsync(stage, Software.Before);
        await stage.AssertSoldAsync(await stage.SendAsync(invoice, 2), Stage.Price, Stage.Fee);
    }

    [Scenario(Needs = Need.VersionBefore)]
    public static async Task Parts_with_the_wallet_are_settled_after_the_way_back_to_the_version_before(IRegtest net)
    {
        (Stage stage, SentPart[] parts) = await WithTheWalletAsync(net, Software.Ours);
        await ReplaceAsync(stage, Software.Before);
        await stage.Wallet.ConductAsync(Conduct.Settles);
        await stage.AssertSoldAsync(parts, Stage.Price, Stage.Fee);
    }

    [Scenario(Needs = Need.VersionBefore)]
    public static async Task A_funding_is_followed_after_the_way_back_to_the_version_before(IRegtest net)
    {
        (Stage stage, _) = await FundedAsync(net, Software.Ours);
        await ReplaceAsync(stage, Software.Before);
        await AssertSentAgainAsync(stage, net);
    }

    /// <summary>The chain daemon loses the funding; with the next block it is sent again.</summary>
    private static async Task AssertSentAgainAsync(Stage stage, IRegtest net)
    {
        await net.ForgetMempoolAsync();
        await net.MineAsync(1);
        await stage.AssertFundedAsync(Stage.Price, Stage.Fee);
    }

    private static Task<Stage> SetAsync(IRegtest net, Software software, Action<JsonObject>? with = null) => Stage.SetAsync(net, with, @as: setup => setup with { Software = software });

    /// <summary>Sets up a wallet that holds both parts, and a record that says so.</summary>
    private static async Task<(Stage Stage, SentPart[] Parts)> WithTheWalletAsync(IRegtest net, Software software)
    {
        Stage stage = await SetAsync(net, software);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        await stage.Wallet.ConductAsync(Conduct.Holds);
        SentPart[] parts = await stage.SendAsync(invoice, 2);
        await stage.ReachedAsync(2);
        Assert.Equal("AwaitingSettlement", (string?)Assert.Single(await stage.Provider.ActiveAsync())["phase"]);
        return (stage, parts);
    }

    /// <summary>Sets up a sale whose funding is in the mempool.</summary>
    private static async Task<(Stage Stage, SentPart[] Parts)> FundedAsync(IRegtest net, Software software)
    {
        Stage stage = await SetAsync(net, software);
        SentPart[] parts = await stage.SendAsync(await stage.InvoiceAsync(Stage.Price), 2);
        await Stage.AssertPaidAsync(parts);
        await stage.UntilAsync(async () => (await net.MempoolAsync()).Count == 1 && (await stage.Provider.RecordsAsync(Confirming)).Count == 1, "the funding is out");
        return (stage, parts);
    }

    /// <summary>Stops or kills the provider's node and starts it with the other file; no record needs attention.</summary>
    private static async Task ReplaceAsync(Stage stage, Software software, bool killed = false)
    {
        int before = stage.Provider.PluginLog.Count;
        await (killed ? stage.Provider.KillAsync() : stage.Provider.StopAsync());
        await stage.Provider.StartAgainAsync(software: software);
        await stage.ReconnectAsync();
        Assert.DoesNotContain(stage.Provider.PluginLog.Skip(before), static line => line.Contains("left alone", StringComparison.Ordinal));
    }
}
