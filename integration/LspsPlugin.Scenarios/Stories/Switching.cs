using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Scenarios.Network;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Scenarios.Stories;

/// <summary>Switching from the node's built-in plugins to ours with sales in progress, and what a switch back finds.</summary>
public static class Switching
{
    private const ushort PermanentChannelFailure = 0x4008;
    private const ushort UnknownPaymentDetails = 0x400f;

    [Scenario]
    [Covers("S05")]
    public static async Task An_offer_of_the_built_in_plugin_is_paid(IRegtest net)
    {
        Stage stage = await BuiltInStage.SetAsync(net);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        await stage.GoOnWithOursAsync(killed: false);
        await stage.AssertSoldAsync(await stage.SendAsync(invoice, 2), Stage.Price, BuiltInStage.FeeOf(net));
    }

    [Scenario]
    [Covers("S05")]
    public static async Task A_payment_that_the_built_in_plugin_was_collecting_is_completed(IRegtest net)
    {
        Stage stage = await BuiltInStage.SetAsync(net);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        SentPart[] first = await stage.SendAsync(invoice, 2, sent: 1);
        await stage.UntilAsync(async () => (await stage.Provider.ChannelsWithAsync(stage.Payer)).Any(Holds(1)), "the first part is held");
        await stage.GoOnWithOursAsync(killed: true, record => record["payment_hash"] = invoice.PaymentHash.ToString());
        SentPart[] second = await stage.SendAsync(invoice, 2, sent: 1, first: 2);
        await stage.AssertSoldAsync([.. first, .. second], Stage.Price, BuiltInStage.FeeOf(net));
    }

    [Scenario]
    [Covers("S05")]
    public static async Task Parts_that_the_built_in_plugin_forwarded_are_settled_and_their_channel_is_funded(IRegtest net)
    {
        (Stage stage, SentPart[] parts) = await WithTheWalletAsync(BuiltInStage.SetAsync(net));
        await stage.GoOnWithOursAsync(killed: true);
        AssertWentOnAs(stage, "AwaitingSettlement");
        await stage.Wallet.ConductAsync(Conduct.Settles);
        await stage.AssertSoldAsync(parts, Stage.Price, BuiltInStage.FeeOf(net));
    }

    [Scenario]
    [Covers("S05")]
    public static async Task Parts_that_the_built_in_plugin_forwarded_are_rejected_and_their_channel_is_released(IRegtest net)
    {
        (Stage stage, SentPart[] parts) = await WithTheWalletAsync(BuiltInStage.SetAsync(net));
        await stage.GoOnWithOursAsync(killed: true);
        await stage.Wallet.ConductAsync(Conduct.Rejects);
        await stage.AssertGivenBackAsync(parts, UnknownPaymentDetails);
        Assert.Equal(["Abandoned"], await stage.Provider.OutcomesAsync());
    }

    [Scenario]
    [Covers("S05")]
    public static async Task A_channel_of_the_built_in_plugin_that_died_meanwhile_is_over(IRegtest net)
    {
        (Stage stage, SentPart[] parts) = await WithTheWalletAsync(Stage.SetAsync(net));
        await stage.Provider.KillPluginAsync();
        await stage.Provider.HandToBuiltInAsync();
        JsonObject channel = Assert.Single(await stage.Provider.ChannelsWithAsync(stage.Wallet));
        await stage.Provider.CallAsync("close", new JsonObject { ["id"] = (string)channel["channel_id"]!, ["unilateraltimeout"] = 1 });
        await stage.Provider.KillAsync();
        await stage.ComeBackAsync();
        await stage.AssertGivenBackAsync(parts, PermanentChannelFailure);
        Assert.Equal(["Abandoned"], await stage.Provider.OutcomesAsync());
    }

    [Scenario]
    [Covers("S05")]
    public static async Task A_claimed_payment_whose_funding_the_built_in_plugin_did_not_send_is_funded(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        IHeldCommand sending = await stage.Provider.HoldNextAsync("sendpsbt");
        SentPart[] parts = await stage.SendAsync(invoice, 2);
        await sending.Asked;
        Assert.All(await parts.OutcomesAsync(), outcome => Assert.True(outcome.IsPaid));
        await stage.Provider.HandToBuiltInAsync();
        await stage.Provider.KillAsync();
        Assert.Empty(await net.MempoolAsync());
        await stage.ComeBackAsync();
        AssertWentOnAs(stage, "Broadcasting");
        await stage.AssertSoldAsync(parts, Stage.Price, Stage.Fee);
    }

    [Scenario]
    [Covers("S05")]
    public static async Task A_funding_that_the_built_in_plugin_sent_is_followed_until_it_is_buried(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        SentPart[] parts = await stage.SendAsync(invoice, 2);
        Assert.All(await parts.OutcomesAsync(), outcome => Assert.True(outcome.IsPaid));
        await stage.UntilAsync(async () => (await net.MempoolAsync()).Count == 1 && (await stage.Provider.OutcomesAsync()).Length == 1, "the funding is out");
        await net.MineAsync(2);
        await stage.Provider.HandToBuiltInAsync();
        await stage.Provider.KillAsync();
        await stage.ComeBackAsync();
        AssertWentOnAs(stage, "Broadcasting"); // the wallet no longer signs spent inputs: the node's own copy is sent again
        await net.MineAsync(6);
        await stage.UntilAsync(async () => (await stage.Provider.OutcomesAsync()).SequenceEqual(["Succeeded"]), "the session is on record as succeeded");
        await stage.UntilAsync(async () => (await stage.Provider.RecordsAsync("lsps", "lsps2", "confirming")).Count == 0, "the funding is buried");
        Assert.Null(await stage.DebrisAsync());
    }

    [Scenario]
    [Covers("S05")]
    public static async Task An_offer_of_the_built_in_plugin_that_ran_out_is_a_timeout(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        await stage.InvoiceAsync(Stage.Price);
        await stage.Provider.HandToBuiltInAsync(record => record["opening_fee_params"]!["valid_until"] = "2020-01-01T00:00:00Z");
        await stage.Provider.KillAsync();
        await stage.ComeBackAsync();
        await stage.UntilAsync(async () => (await stage.Provider.OutcomesAsync()).SequenceEqual(["Timeout"]), "the purchase is over");
        await stage.UntilAsync(async () => (await stage.Provider.RecordsAsync("lsps", "lsps2", "sessions", "active")).Count == 0, "nothing is active");
    }

    /// <summary>The plugins of released nodes store their offers under other keys, and without a size for the channel.</summary>
    [Scenario]
    public static async Task An_offer_of_a_released_node_is_paid(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        await stage.Provider.HandToReleasedAsync();
        await stage.Provider.StopAsync();
        await stage.ComeBackAsync();
        await stage.AssertSoldAsync(await stage.SendAsync(invoice, 1), Stage.Price, Stage.Fee);
    }

    [Scenario]
    public static async Task A_funding_that_the_built_in_plugin_finalized_is_sent_again_when_the_chain_forgot_it(IRegtest net)
    {
        (Stage stage, _) = await FinalizedAsync(net);
        await net.ForgetMempoolAsync();
        await stage.StartOursAsync();
        await stage.AssertFundedAsync(Stage.Price, BuiltInStage.FeeOf(net));
    }

    [Scenario]
    public static async Task A_sale_that_the_built_in_plugin_finalized_keeps_its_lifetime(IRegtest net)
    {
        (Stage stage, _) = await FinalizedAsync(net);
        await stage.StartOursAsync();
        await stage.UntilAsync(async () => (await stage.Provider.RecordsAsync("lsps", "lsps2", "lifetimes")).Count == 1, "the lifetime is on record");
        await stage.AssertFundedAsync(Stage.Price, BuiltInStage.FeeOf(net));
        JsonObject channel = Assert.Single(await stage.Provider.ChannelsWithAsync(stage.Wallet));
        var refused = await Assert.ThrowsAsync<CommandRefusedException>(() => stage.Provider.CallAsync("close", new JsonObject { ["id"] = (string)channel["channel_id"]! }));
        Assert.Contains("with the promise to keep it until height", refused.Message, StringComparison.Ordinal);
    }

    [Scenario]
    public static async Task A_sale_that_the_built_in_plugin_finalized_is_in_the_history(IRegtest net)
    {
        (Stage stage, _) = await FinalizedAsync(net);
        await stage.StartOursAsync();
        await stage.UntilAsync(async () => (await stage.Provider.RecordsAsync("lsps", "lsps2", "history")).Count == 1, "it will be forgotten one day");
        await stage.AssertFundedAsync(Stage.Price, BuiltInStage.FeeOf(net));
    }

    /// <summary>The built-in client leaves an approval and its invoice, but no purchase.</summary>
    [Scenario]
    [Covers("S05")]
    public static async Task An_invoice_of_the_built_in_client_is_paid(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        Bolt11Invoice invoice = await stage.InvoiceByHandAsync(Preimage.Parse(new string('5', 64)));
        await stage.Wallet.ForgetPurchasesAsync();
        await stage.Wallet.KillAsync();
        await stage.Wallet.StartAgainAsync();
        await net.ConnectAsync(stage.Wallet, stage.Provider);
        await stage.AssertSoldAsync(await stage.SendAsync(invoice, 2), Stage.Price, Stage.Fee);
    }

    /// <summary>The same with the built-in client itself, and back to it.</summary>
    [Scenario(Needs = Need.BuiltInClient)]
    public static async Task An_invoice_that_the_built_in_client_made_itself_is_paid(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net, wallet: new NodeSetup("wallet", Stage.WalletOptions) { Software = Software.BuiltIn });
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        await stage.Wallet.KillAsync();
        await stage.Wallet.StartAgainAsync(software: Software.Ours);
        await net.ConnectAsync(stage.Wallet, stage.Provider);
        await stage.AssertSoldAsync(await stage.SendAsync(invoice, 2), Stage.Price, Stage.Fee);
    }

    [Scenario(Needs = Need.BuiltInClient)]
    public static async Task An_invoice_over_a_chosen_amount_is_paid_with_the_built_in_client(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        Bolt11Invoice invoice = await stage.InvoiceAsync(amount: null);
        await stage.Wallet.StopAsync();
        await stage.Wallet.StartAgainAsync(software: Software.BuiltIn);
        await net.ConnectAsync(stage.Wallet, stage.Provider);
        await Stage.AssertPaidAsync([await stage.SendOneAsync(invoice, Stage.Price)]);
        await Stage.BuryAsync(net, fundings: 1);
        await stage.AssertBuriedAsync(Stage.Price, Stage.Fee);
    }

    /// <summary>The built-in plugin continues what our plugin left.</summary>
    [Scenario(Needs = Need.BuiltInService)]
    public static async Task Parts_that_were_held_are_paid_by_the_built_in_plugin(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        SentPart[] first = await stage.SendAsync(invoice, 3, sent: 2);
        await stage.HeldAsync(2);
        await stage.Provider.StopAsync();
        await stage.Provider.StartAgainAsync(BuiltInStage.Options(), Software.BuiltIn);
        await stage.ReconnectAsync();
        await Stage.AssertPaidAsync([.. first, .. await stage.SendAsync(invoice, 3, sent: 1, first: 3)]);
        await Stage.BuryAsync(net, fundings: 1);
        Assert.Equal((Stage.Price - Stage.Fee).Value, (ulong)Assert.Single(await stage.Wallet.ChannelsWithAsync(stage.Provider))["to_us_msat"]!);
    }

    [Scenario]
    [Covers("S05")]
    public static async Task What_is_on_record_has_the_built_in_plugins_form_at_every_step(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        await stage.Wallet.ConductAsync(Conduct.Holds);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        Assert.Null((await stage.Provider.ReadableSessionAsync())["channel_id"]);
        SentPart[] parts = await stage.SendAsync(invoice, 2);
        await HeldByTheWalletAsync(stage);
        JsonObject forwarded = await stage.Provider.ReadableSessionAsync();
        Assert.Equal((string?)Assert.Single(await stage.Provider.ChannelsWithAsync(stage.Wallet))["channel_id"], (string?)forwarded["channel_id"]);
        Assert.Equal((invoice.PaymentHash.ToString(), null, null), ((string?)forwarded["payment_hash"], (string?)forwarded["preimage"], (string?)forwarded["funding_txid"]));

        IHeldCommand sending = await stage.Provider.HoldNextAsync("sendpsbt");
        await stage.Wallet.ConductAsync(Conduct.Settles);
        await sending.Asked;
        JsonObject claimed = await stage.Provider.ReadableSessionAsync();
        Assert.Equal(invoice.PaymentHash, Preimage.Parse((string)claimed["preimage"]!).Hash());
        Assert.Null(claimed["funding_txid"]);

        await sending.GoOnAsync();
        await stage.AssertSoldAsync(parts, Stage.Price, Stage.Fee);
        JsonObject finalized = Assert.Single(await stage.Provider.RecordsAsync("lsps", "lsps2", "sessions", "finalized"));
        BuiltInRecords.AssertReadable(finalized);
        Assert.Equal("Succeeded", (string?)finalized["outcome"]);
        Assert.Equal((string?)Assert.Single(await stage.Provider.ChannelsWithAsync(stage.Wallet))["funding_txid"], (string?)finalized["funding_txid"]);
        Assert.Empty(await stage.Provider.RecordsAsync("lsps", "lsps2", "sessions", "active"));
    }

    private static async Task<(Stage Stage, SentPart[] Parts)> WithTheWalletAsync(Task<Stage> setting)
    {
        Stage stage = await setting;
        await stage.Wallet.ConductAsync(Conduct.Holds);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        SentPart[] parts = await stage.SendAsync(invoice, 2);
        await HeldByTheWalletAsync(stage);
        return (stage, parts);
    }

    /// <summary>Sets up a stopped provider whose funding is unconfirmed; the only record of the sale is that it succeeded.</summary>
    private static async Task<(Stage Stage, Bolt11Invoice Paid)> FinalizedAsync(IRegtest net)
    {
        Stage stage = await BuiltInStage.SetAsync(net, options => options["lsps2-min-lifetime"] = 2016);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        await Stage.AssertPaidAsync(await stage.SendAsync(invoice, 2));
        await stage.UntilAsync(async () => (await net.MempoolAsync()).Count == 1 && (await stage.Provider.OutcomesAsync()).Length == 1, "the funding is out");
        if (!BuiltInStage.HasService(net)) await stage.Provider.FinalizeAsBuiltInAsync();
        await stage.Provider.KillAsync();
        return (stage, invoice);
    }

    private static Task HeldByTheWalletAsync(Stage stage) => stage.UntilAsync(
        async () => (await stage.Wallet.ChannelsWithAsync(stage.Provider)).Any(Holds(2)),
        "the wallet holds both parts");

    /// <summary>Matches a channel over which so many HTLCs have irrevocably arrived.</summary>
    private static Func<JsonObject, bool> Holds(int htlcs) =>
        channel => channel["htlcs"] is JsonArray held && held.Count == htlcs && held.All(htlc => (string?)htlc!["state"] == "RCVD_ADD_ACK_REVOCATION");

    private static void AssertWentOnAs(Stage stage, string phase) =>
        Assert.Contains(stage.Provider.PluginLog, line => line.EndsWith($"continues as {phase}", StringComparison.Ordinal));
}
