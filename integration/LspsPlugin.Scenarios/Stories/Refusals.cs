using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Scenarios.Network;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Scenarios.Stories;

/// <summary>Payments that do not lead to a channel: every part is failed back, and nothing is left over.</summary>
public static class Refusals
{
    [Scenario]
    [Covers("A08")]
    public static async Task An_incomplete_payment_is_given_back_and_the_retry_succeeds(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net, options => options["dev-lsps2-collect-timeout"] = 5);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        await stage.AssertGivenBackAsync(await stage.SendAsync(invoice, parts: 10, sent: 1), Failure.TemporaryChannel);
        await stage.AssertOutcomesAsync("Failed");
        await stage.AssertSoldAsync(await stage.SendAsync(invoice, 2), Stage.Price, Stage.Fee);
    }

    [Scenario]
    [Covers("B05")]
    public static async Task A_provider_without_coins_gives_the_parts_back_for_a_later_try(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net, coins: []);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        await stage.AssertGivenBackAsync(await stage.SendAsync(invoice, 2), Failure.TemporaryChannel);
        await net.FundAsync(stage.Provider, new Sat(1_000_000));
        await stage.AssertSoldAsync(await stage.SendAsync(invoice, 2), Stage.Price, Stage.Fee);
    }

    [Scenario]
    [Covers("B01")]
    public static async Task A_wallet_that_is_away_is_waited_for_and_then_the_parts_are_given_back(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net, options => options["dev-lsps2-collect-timeout"] = 5);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        await net.DisconnectAsync(stage.Wallet, stage.Provider);
        await stage.AssertGivenBackAsync(await stage.SendAsync(invoice, 2), Failure.TemporaryChannel);
    }

    [Scenario]
    [Covers("B01")]
    public static async Task A_wallet_that_comes_back_in_time_is_paid(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        await net.DisconnectAsync(stage.Wallet, stage.Provider);
        SentPart[] parts = await stage.SendAsync(invoice, 2);
        await stage.HeldAsync(2);
        await Task.Delay(TimeSpan.FromSeconds(1), net.Time);
        await net.ConnectAsync(stage.Wallet, stage.Provider);
        await stage.AssertSoldAsync(parts, Stage.Price, Stage.Fee);
    }

    [Scenario]
    [Covers("C03", "C19")]
    public static async Task A_wallet_that_rejects_the_payment_gets_no_channel(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        await stage.Wallet.ConductAsync(Conduct.Rejects);
        await stage.AssertGivenBackAsync(await stage.SendAsync(invoice, 4), Failure.UnknownDetails);
        await stage.AssertOutcomesAsync("Abandoned");
    }

    [Scenario(Needs = Need.OurWallet)]
    [Covers("B03", "X29")]
    public static async Task A_wallet_that_approved_nothing_takes_no_unconfirmed_channel(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        JsonObject bought = await stage.Wallet.BuyAsync(stage.Provider, (await stage.Wallet.MenuAsync(stage.Provider))[0], Stage.Price);
        var hint = new RouteHint(stage.Provider.Id, Scid.Parse((string)bought["jit_channel_scid"]!), 0, new Ppm(0), (ushort)bought["lsp_cltv_expiry_delta"]!);
        Bolt11Invoice invoice = Observations.Read(await stage.Wallet.OrdinaryInvoiceAsync(Stage.Price, "not approved")) with { RouteHint = hint };
        await stage.AssertGivenBackAsync(await stage.SendAsync(invoice, 2), Failure.UnknownNextPeer);
    }

    [Scenario]
    [Covers("A18")]
    public static async Task A_chosen_amount_above_the_offer_is_refused_for_good(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net, options => options["lsps2-max-payment-msat"] = Stage.Price.Value);
        Bolt11Invoice invoice = await stage.InvoiceAsync(amount: null);
        await stage.AssertGivenBackAsync([await stage.SendOneAsync(invoice, Stage.Price + Stage.Price)], Failure.UnknownNextPeer);
    }

    [Scenario]
    [Covers("B11")]
    public static async Task A_wallet_that_is_never_ready_is_not_waited_for_until_the_parts_expire(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(
            net, options => options["lsps2-channel-ready-timeout"] = 5, wallet: new NodeSetup("wallet", Stage.WalletOptions) { NeverReady = true });
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        await stage.AssertGivenBackAsync(await stage.SendAsync(invoice, 1), Failure.TemporaryChannel);
        await stage.AssertOutcomesAsync("Failed");
    }

    /// <summary>One block more than a node accepts from its peer by default.</summary>
    [Scenario]
    public static async Task A_wallet_that_demands_too_long_a_delay_gets_no_channel(IRegtest net)
    {
        JsonObject options = Stage.WalletOptions;
        options["watchtime-blocks"] = 2017;
        Stage stage = await Stage.SetAsync(net, wallet: new NodeSetup("wallet", options));
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        await stage.AssertGivenBackAsync(await stage.SendAsync(invoice, 2), Failure.UnknownNextPeer);
        await stage.AssertOutcomesAsync("Failed");
    }

    [Scenario]
    public static async Task A_part_over_another_jit_scid_of_the_wallet_does_not_count(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net, options => options["dev-lsps2-collect-timeout"] = 10);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price, "paid"), other = await stage.InvoiceAsync(Stage.Price, "not paid");
        SentPart first = await stage.SendOneAsync(invoice, new Msat(40_000_000), part => part with { PartId = 1 });
        await stage.HeldAsync(1);
        int before = stage.Provider.PluginLog.Count;
        SentPart astray = await stage.SendOneAsync(invoice, new Msat(30_000_000), part => part with { PartId = 2, Hop = other.RouteHint!.Scid });
        await stage.HeldAsync(1, before);
        SentPart rest = await stage.SendOneAsync(invoice, new Msat(60_000_000), part => part with { PartId = 3 });
        await Stage.AssertPaidAsync([first, rest]);
        Assert.Equal(Failure.TemporaryChannel, (await astray.Outcome).Failure);
        await Stage.BuryAsync(net, fundings: 1);
        await stage.AssertBuriedAsync(Stage.Price, Stage.Fee);
    }

    [Scenario]
    [Covers("A21")]
    public static async Task Parts_are_given_back_before_they_expire(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net, options =>
        {
            options["dev-lsps2-collect-timeout"] = 600;
            options["cltv-delta"] = 6;
            options["lsps2-cltv-expiry-delta"] = 20;
        });
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        SentPart[] parts = await stage.SendAsync(invoice, parts: 2, sent: 1);
        await stage.HeldAsync(1);

        // The part has twenty blocks more than the wallet requires, plus a payer's three.
        await stage.MineUntilDecidedAsync(parts, most: (int)invoice.MinFinalCltv.Value + 23);
        await stage.AssertGivenBackAsync(parts, Failure.TemporaryChannel);
        await stage.AssertOutcomesAsync("Failed");
    }

    [Scenario(Needs = Need.OurWallet)]
    [Covers("A23", "C01")]
    public static async Task A_wallet_that_holds_until_the_deadline_loses_the_channel_and_nobody_else_anything(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        await stage.Wallet.ConductAsync(Conduct.Holds);
        SentPart[] parts = await stage.SendAsync(invoice, 2);
        await stage.ReachedAsync(2);
        await stage.MineUntilDecidedAsync(parts, most: (int)invoice.MinFinalCltv.Value + 10);
        await stage.AssertGivenBackAsync(parts, Failure.PermanentChannel);
        await stage.AssertOutcomesAsync("Abandoned");
    }
}
