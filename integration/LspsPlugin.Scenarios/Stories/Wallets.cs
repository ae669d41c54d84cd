using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Scenarios.Network;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Scenarios.Stories;

/// <summary>The choices of a wallet's user, and the messages that the user gets.</summary>
public static class Wallets
{
    private static readonly Msat Small = new(5_000_000);

    [Scenario]
    public static async Task The_cheaper_of_two_providers_sells(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        IRegtestNode dear = await AnotherAsync(stage, Stage.Fee + Stage.Fee);
        JsonObject made = await stage.Wallet.OrderAsync($"{dear.Id},{stage.Provider.Id}");
        Assert.Equal(stage.Provider.Id.ToString(), (string?)made["lsp_id"]);
        Assert.Equal([Stage.Fee.Value, (Stage.Fee + Stage.Fee).Value], made["offers"]!.AsArray().Select(offer => (ulong)offer!["fee_msat"]!));
        await stage.AssertSoldAsync(await stage.SendAsync(Observations.Read((string)made["bolt11"]!), 2), Stage.Price, Stage.Fee);
    }

    [Scenario]
    public static async Task When_the_cheapest_provider_fails_to_sell_the_next_one_does(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);

        // It cannot receive, as it has no channel. Its answer to the purchase says so, its menu does not.
        IRegtestNode cheap = await AnotherAsync(stage, new Msat(1000));
        await stage.Wallet.SetAsync("lsps-client-lsps", $"{cheap.Id},{stage.Provider.Id}");
        JsonObject made = await stage.Wallet.OrderAsync("any");
        Assert.Equal(stage.Provider.Id.ToString(), (string?)made["lsp_id"]);
        Assert.Equal((cheap.Id.ToString(), true), ((string?)made["offers"]![0]!["lsp_id"], made["offers"]![0]!["passed_over"] is not null));
        await stage.AssertSoldAsync(await stage.SendAsync(Observations.Read((string)made["bolt11"]!), 2), Stage.Price, Stage.Fee);
    }

    [Scenario]
    public static async Task Nothing_is_bought_for_more_than_the_user_allows(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net, wallet: Wallet("lsps-client-max-fee-sat", 999));
        var refused = await Assert.ThrowsAsync<CommandRefusedException>(() => stage.Wallet.OrderAsync(stage.Provider.Id.ToString()));
        Assert.Contains("999000msat that you allow", refused.Message, StringComparison.Ordinal);
        Assert.Empty(await stage.Provider.SalesAsync());
        JsonObject made = await stage.Wallet.OrderAsync(stage.Provider.Id.ToString(), new JsonObject { ["max_fee_msat"] = Stage.Fee.Value });
        Assert.Equal(Stage.Fee.Value, (ulong)made["opening_fee_msat"]!);
    }

    [Scenario]
    public static async Task An_invoice_over_a_description_hash_is_paid_like_any_other(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        JsonObject made = await stage.Wallet.OrderAsync(stage.Provider.Id.ToString(), new JsonObject { ["deschashonly"] = true, ["expiry"] = 600 });
        Bolt11Invoice invoice = Observations.Read((string)made["bolt11"]!);
        Assert.Equal((null, Bolt11Invoice.HashOf("a coffee"), TimeSpan.FromMinutes(10)), (invoice.Description, invoice.DescriptionHash, invoice.Expiry));
        await stage.AssertSoldAsync(await stage.SendAsync(invoice, 2), Stage.Price, Stage.Fee);
    }

    /// <summary>The last part may arrive in the invoice's last second, and opening a channel takes time.</summary>
    [Scenario(Needs = Need.OurWallet)]
    public static async Task An_invoice_that_runs_out_while_the_channel_opens_is_paid(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        Bolt11Invoice invoice = Observations.Read((string)(await stage.Wallet.OrderAsync(stage.Provider.Id.ToString(), new JsonObject { ["expiry"] = 20 }))["bolt11"]!);
        IHeldCommand opening = await stage.Provider.HoldNextAsync("fundchannel_start");
        SentPart[] parts = await stage.SendAsync(invoice, 2);
        await opening.Asked;
        await Task.Delay(TimeSpan.FromSeconds(22), net.Time);
        await opening.GoOnAsync();
        await stage.AssertSoldAsync(parts, Stage.Price, Stage.Fee);
    }

    /// <summary>Nothing is owed for it, and no channel is accepted any more.</summary>
    [Scenario(Needs = Need.OurWallet)]
    public static async Task A_payment_over_a_channel_that_was_there_ends_the_purchase(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        await stage.AssertSoldAsync(await stage.SendAsync(await stage.InvoiceAsync(Stage.Price), 2), Stage.Price, Stage.Fee);
        JsonObject channel = Assert.Single(await stage.Provider.ChannelsWithAsync(stage.Wallet));
        await stage.Provider.CallAsync("setchannel", new JsonObject { ["id"] = (string)channel["channel_id"]!, ["feebase"] = 0, ["feeppm"] = 0 });
        JsonObject made = await stage.Wallet.OrderAsync(stage.Provider.Id.ToString(), new JsonObject { ["amount_msat"] = Small.Value, ["label"] = "second" });
        var alias = Scid.Parse((string)channel["alias"]!["local"]!);
        await Stage.AssertPaidAsync([await stage.SendOneAsync(Observations.Read((string)made["bolt11"]!), Small, part => part with { Hop = alias })]);
        await stage.UntilAsync(async () => (await stage.Wallet.CallAsync("lsps-lsps2-listapprovals"))["approvals"]!.AsArray().Count == 0, "the purchase is over");
        Assert.Empty(await OwedAsync(stage));
        Assert.Single(await stage.Wallet.ChannelsWithAsync(stage.Provider));
        Assert.Empty(await net.MempoolAsync());
    }

    /// <summary>A nostr client's zap is longer than a description may be.</summary>
    [Scenario(Needs = Need.OurWallet)]
    public static async Task A_description_of_any_length_is_paid_by_its_hash(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        string zap = new('z', 1581);
        JsonObject made = await stage.Wallet.OrderAsync(stage.Provider.Id.ToString(), new JsonObject { ["deschashonly"] = true, ["description"] = zap });
        Bolt11Invoice invoice = Observations.Read((string)made["bolt11"]!);
        Assert.Equal(Bolt11Invoice.HashOf(zap), invoice.DescriptionHash);
        await stage.AssertSoldAsync(await stage.SendAsync(invoice, 2), Stage.Price, Stage.Fee);
    }

    [Scenario(Needs = Need.OurWallet)]
    public static async Task An_amount_may_be_written_as_for_the_nodes_own_invoice(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        foreach ((string text, Msat? amount) in new (string, Msat?)[] { ("ANY", null), ("Any", null), ("0.001btc", Stage.Price), ("100000sat", Stage.Price), ("100000000msat", Stage.Price) })
        {
            JsonObject made = await stage.Wallet.OrderAsync(stage.Provider.Id.ToString(), new JsonObject { ["amount_msat"] = text, ["label"] = text });
            Assert.Equal(amount, Observations.Read((string)made["bolt11"]!).Amount);
        }
    }

    [Scenario(Needs = Need.OurWallet)]
    public static async Task A_text_that_the_node_would_not_take_is_said_before_anything_is_bought(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        foreach (string text in new[] { "a\0coffee", "a\acoffee" })
        {
            foreach (string member in new[] { "description", "label" })
            {
                await Assert.ThrowsAsync<CommandRefusedException>(() => stage.Wallet.OrderAsync(stage.Provider.Id.ToString(), new JsonObject { [member] = text }));
            }
        }

        Assert.Empty(await stage.Provider.SalesAsync());
        JsonObject made = await stage.Wallet.OrderAsync(stage.Provider.Id.ToString(), new JsonObject { ["description"] = "ein Käffchen \U0001F600" });
        Assert.Equal("ein Käffchen \U0001F600", Observations.Read((string)made["bolt11"]!).Description);
    }

    [Scenario(Needs = Need.OurWallet)]
    public static async Task A_label_in_use_is_said_before_anything_is_bought(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        await stage.Wallet.OrdinaryInvoiceAsync(Small, "invoice");
        var refused = await Assert.ThrowsAsync<CommandRefusedException>(() => stage.Wallet.OrderAsync(stage.Provider.Id.ToString()));
        Assert.Equal(900, refused.Code);
        Assert.Empty(await stage.Provider.SalesAsync());
    }

    [Scenario]
    public static async Task A_revoked_approval_opens_nothing(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        Assert.Single((await stage.Wallet.CallAsync("lsps-lsps2-listapprovals"))["approvals"]!.AsArray());
        JsonObject revoked = await stage.Wallet.CallAsync(
            "lsps-lsps2-revoke", new JsonObject { ["lsp_id"] = stage.Provider.Id.ToString(), ["jit_channel_scid"] = invoice.RouteHint!.Scid.ToString() });
        Assert.True((bool)revoked["invoice_deleted"]!);
        Assert.Empty((await stage.Wallet.CallAsync("lsps-lsps2-listapprovals"))["approvals"]!.AsArray());
        Assert.Empty((await stage.Wallet.CallAsync("listinvoices"))["invoices"]!.AsArray());
        Assert.Empty(await stage.Wallet.RecordsAsync("lsps"));
        await stage.AssertGivenBackAsync(await stage.SendAsync(invoice, 2), Failure.UnknownNextPeer);
    }

    [Scenario]
    public static async Task A_later_invoice_names_the_new_channel_and_nothing_is_bought(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        await stage.AssertSoldAsync(await stage.SendAsync(await stage.InvoiceAsync(Stage.Price), 2), Stage.Price, Stage.Fee);
        await stage.UntilAsync(async () => (ulong)(await stage.Provider.ChannelsWithAsync(stage.Wallet)).Single()["fee_base_msat"]! > 0, "the channel has its usual fees");
        await net.HintedInvoiceAsync(stage.Wallet, Small);
        JsonObject channel = Assert.Single(await stage.Wallet.ChannelsWithAsync(stage.Provider));
        JsonObject made = await stage.Wallet.OrderAsync(stage.Provider.Id.ToString(), new JsonObject { ["amount_msat"] = Small.Value, ["label"] = "later", ["reuse"] = true });
        Assert.Equal((string?)channel["channel_id"], (string?)made["reused_channel"]);

        // The provider's alias, with the fees that it charges on that channel.
        RouteHint hint = Observations.Read((string)made["bolt11"]!).RouteHint!;
        Assert.Equal((string?)channel["alias"]!["remote"], hint.Scid.ToString());
        JsonObject there = Assert.Single(await stage.Provider.ChannelsWithAsync(stage.Wallet));
        Assert.Equal(((ulong)there["fee_base_msat"]!, (ulong)there["fee_proportional_millionths"]!), (hint.FeeBase, hint.FeeProportional.Value));
        Assert.Null(await stage.Payer.PayAsync((string)made["bolt11"]!, "pay"));
    }

    [Scenario]
    public static async Task A_wallet_that_trusts_nobody_buys_nothing_from_who_wants_to_be_trusted(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net, wallet: Wallet("lsps-client-trust", "never"));
        var refused = await Assert.ThrowsAsync<CommandRefusedException>(() => stage.Wallet.OrderAsync(stage.Provider.Id.ToString()));
        Assert.Contains("funds the channel only after the payment is accepted", refused.Message, StringComparison.Ordinal);
        Assert.Empty(await stage.Wallet.RecordsAsync("lsps"));
        await stage.Wallet.SetAsync("lsps-client-trust", "ask");
        JsonObject made = await stage.Wallet.OrderAsync(stage.Provider.Id.ToString(), new JsonObject { ["client_trusts_lsp"] = true });
        await stage.AssertSoldAsync(await stage.SendAsync(Observations.Read((string)made["bolt11"]!), 2), Stage.Price, Stage.Fee);
    }

    [Scenario]
    public static async Task A_wallet_that_trusts_nobody_takes_the_payment_when_its_channel_is_confirmed(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net, options => options["lsps2-trust-model"] = "lsp-trusts-client", wallet: Wallet("lsps-client-trust", "never"));
        JsonObject made = await stage.Wallet.OrderAsync(stage.Provider.Id.ToString());
        Assert.Equal((false, true), ((bool)made["client_trusts_lsp"]!, (bool)made["awaits_confirmation"]!));
        SentPart[] parts = await stage.SendAsync(Observations.Read((string)made["bolt11"]!), 2);
        await stage.UntilAsync(() => Task.FromResult(stage.Wallet.PluginLog.Any(line => line.Contains("waits for the confirmation", StringComparison.Ordinal))), "the payment waits");
        await net.UntilAsync(async () => (await net.MempoolAsync()).Count == 1, "the funding is in the mempool");
        await Task.Delay(TimeSpan.FromSeconds(2), net.Time);
        Assert.All(parts, part => Assert.False(part.Outcome.IsCompleted));

        // A restarted node holds the payment as before.
        await stage.Wallet.KillAsync();
        await stage.Wallet.StartAgainAsync();
        await net.ConnectAsync(stage.Wallet, stage.Provider);
        await stage.UntilAsync(() => Task.FromResult(stage.Wallet.PluginLog.Count(line => line.Contains("waits for the confirmation", StringComparison.Ordinal)) == 2), "the payment waits again");
        Assert.All(parts, part => Assert.False(part.Outcome.IsCompleted));
        await net.MineAsync(1);
        await Stage.AssertPaidAsync(parts);
        await net.MineAsync(6);
        await stage.AssertBuriedAsync(Stage.Price, Stage.Fee);
        Assert.Empty(await OwedAsync(stage));
    }

    [Scenario]
    [Covers("X26")]
    public static async Task A_provider_that_is_paid_and_does_not_fund_is_told_of_until_it_does(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        IHeldCommand held = await stage.Provider.HoldNextAsync("sendpsbt");
        SentPart[] parts = await stage.SendAsync(invoice, 2);
        await held.Asked;
        await Stage.AssertPaidAsync(parts);
        await stage.UntilAsync(async () => (await OwedAsync(stage)).Length == 1, "the wallet knows that the funding is owed");
        Assert.Equal((Stage.Price - Stage.Fee).Value, (ulong)(await OwedAsync(stage))[0]["amount_msat"]!);
        await net.MineAsync(7);
        await stage.UntilAsync(async () => (bool)(await OwedAsync(stage))[0]["overdue"]!, "the wallet finds the funding overdue");
        var refused = await Assert.ThrowsAsync<CommandRefusedException>(() => stage.Wallet.OrderAsync(stage.Provider.Id.ToString(), new JsonObject { ["label"] = "second" }));
        Assert.Contains("has not funded that channel", refused.Message, StringComparison.Ordinal);

        await held.GoOnAsync();
        await stage.AssertFundedAsync(Stage.Price, Stage.Fee);
        await stage.UntilAsync(async () => (await OwedAsync(stage)).Length == 0, "nothing is owed any more");
        await stage.Wallet.OrderAsync(stage.Provider.Id.ToString(), new JsonObject { ["label"] = "third" });
    }

    private static NodeSetup Wallet(string option, JsonNode value)
    {
        JsonObject options = Stage.WalletOptions;
        options[option] = value;
        return new NodeSetup("wallet", options);
    }

    /// <summary>Starts another provider that the wallet is connected to.</summary>
    private static async Task<IRegtestNode> AnotherAsync(Stage stage, Msat minFee)
    {
        JsonObject options = Stage.ProviderOptions;
        options["lsps2-min-fee-msat"] = minFee.Value;
        options["lsps2-fee-ppm"] = 0;
        IRegtestNode provider = await stage.Net.StartAsync(new NodeSetup("another", options));
        await stage.Net.ConnectAsync(stage.Wallet, provider);
        return provider;
    }

    private static async Task<JsonObject[]> OwedAsync(Stage stage) =>
        [.. (await stage.Wallet.CallAsync("lsps-status"))["wallet"]!["owed_channels"]!.AsArray().Select(row => (JsonObject)row!)];

    private static Task SetAsync(this IRegtestNode node, string option, string value) => node.CallAsync("setconfig", new JsonObject { ["config"] = option, ["val"] = value });

    /// <summary>Calls lsps-lsps2-invoice for the standard price, with more or other parameters.</summary>
    private static Task<JsonObject> OrderAsync(this IRegtestNode wallet, string providers, JsonObject? more = null)
    {
        var order = new JsonObject { ["lsp_id"] = providers, ["amount_msat"] = Stage.Price.Value, ["description"] = "a coffee", ["label"] = "invoice" };
        foreach ((string name, JsonNode? value) in more ?? []) order[name] = value?.DeepClone();
        return wallet.CallAsync("lsps-lsps2-invoice", order);
    }
}
