using System.Globalization;
using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Scenarios.Network;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Scenarios.Stories;

/// <summary>The operator's limits, and what wallets see of them.</summary>
public static class Guards
{
    private const int ClientRejected = 1;
    private const int UnrecognizedToken = 200;

    [Scenario]
    [Covers("X20")]
    public static async Task A_wallet_whose_channels_come_to_nothing_is_refused_until_it_is_forgiven(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net, options => options["lsps2-max-wasted-openings"] = 1);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        await stage.Wallet.ConductAsync(Conduct.Rejects);
        await stage.AssertGivenBackAsync(await stage.SendAsync(invoice, 2), Failure.UnknownDetails);
        await stage.UntilAsync(async () => (int?)(await MenuAnswerAsync(stage))["code"] == ClientRejected, "the wallet is refused");
        await stage.AssertGivenBackAsync(await stage.SendAsync(invoice, 2), Failure.TemporaryChannel);
        JsonObject client = Assert.Single((await StatusAsync(stage))["clients"]!.AsArray())!.AsObject();
        Assert.Equal((stage.Wallet.Id.ToString(), "refused"), ((string)client["client_id"]!, (string)client["standing"]!));

        JsonObject forgiven = await stage.Provider.CallAsync("lsps-forgive", new JsonObject { ["client_id"] = stage.Wallet.Id.ToString() });
        Assert.True((bool)forgiven["forgiven"]!);
        await stage.Wallet.ConductAsync(Conduct.Settles);
        Assert.Single(await stage.Wallet.MenuAsync(stage.Provider));
        await Stage.AssertPaidAsync(await stage.SendAsync(invoice, 2));
    }

    [Scenario]
    [Covers("X20")]
    public static async Task An_operator_says_whom_the_node_serves(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        await SetAsync(stage.Provider, "lsps2-allow-clients", stage.Payer.Id.ToString());
        Assert.Equal(ClientRejected, (int)(await MenuAnswerAsync(stage))["code"]!);
        await SetAsync(stage.Provider, "lsps2-allow-clients", $"{stage.Payer.Id}, {stage.Wallet.Id}");
        Assert.Single(await stage.Wallet.MenuAsync(stage.Provider));
        await SetAsync(stage.Provider, "lsps2-deny-clients", stage.Wallet.Id.ToString());
        Assert.Equal(ClientRejected, (int)(await MenuAnswerAsync(stage))["code"]!);
    }

    [Scenario]
    public static async Task A_coupon_has_its_price_and_an_unknown_one_is_refused(IRegtest net)
    {
        var cheap = new Msat(7000);
        string file = Path.GetTempFileName();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => File.Delete(file); // not earlier: the provider checks the file with each block
        await File.WriteAllTextAsync(file, """{"tokens":{"friend":[{"min_fee_msat":7000,"fee_ppm":0}]}}""");
        Stage stage = await Stage.SetAsync(net, options => options["lsps2-price-file"] = file);
        Assert.Equal(UnrecognizedToken, (int)(await MenuAnswerAsync(stage, "stranger"))["code"]!);
        JsonObject entry = MenuOf(await MenuAnswerAsync(stage, "friend"));
        Assert.Equal(cheap.Value.ToString(), (string)entry["min_fee_msat"]!);
        Bolt11Invoice invoice = await WithTokenAsync(stage, "friend");
        await stage.AssertSoldAsync(await stage.SendAsync(invoice, 2), Stage.Price, cheap);
    }

    /// <summary>The feerate rises between the sale and the payment, and then falls again.</summary>
    [Scenario]
    public static async Task An_opening_for_which_the_chain_has_become_too_dear_is_put_off_until_it_is_cheaper(IRegtest net)
    {
        const int cheap = 2_500, dear = 60_000;
        Stage stage = await Stage.SetAsync(net, options => Ask(options, cheap));
        Msat fee = await MinimumAsync(stage);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        await RestartAsync(stage, dear);
        Assert.True(await MinimumAsync(stage) > fee, "an offer would cost more now");
        await stage.AssertGivenBackAsync(await stage.SendAsync(invoice, 2), Failure.TemporaryChannel);
        await stage.UntilAsync(async () => (await StatusAsync(stage))["since_start"]!["reasons"]!.ToJsonString() == """{"ChainTooDear":1}""", "the status counts it");
        await RestartAsync(stage, cheap);
        await stage.AssertSoldAsync(await stage.SendAsync(invoice, 2), Stage.Price, fee);

        static void Ask(JsonObject options, int feerate) =>
            (options["force-feerates"], options["lsps2-chain-fee-percent"], options["lsps2-max-shortfall-sat"]) = (feerate, 100, 5_000);

        static async Task<Msat> MinimumAsync(Stage stage) =>
            new(ulong.Parse((string)Assert.Single(await stage.Wallet.MenuAsync(stage.Provider))["min_fee_msat"]!, CultureInfo.InvariantCulture));

        static async Task RestartAsync(Stage stage, int feerate)
        {
            JsonObject options = Stage.ProviderOptions;
            Ask(options, feerate);
            await stage.Provider.StopAsync();
            await stage.Provider.StartAgainAsync(options);
            await stage.ReconnectAsync();
        }
    }

    /// <summary>On-chain fees exceed the promised fee, and the operator decides to accept that.</summary>
    [Scenario]
    public static async Task An_opening_that_costs_more_than_the_operator_bears_is_put_off_until_it_is_borne(IRegtest net)
    {
        var fee = new Msat(1000);
        Stage stage = await Stage.SetAsync(net, options => (options["lsps2-min-fee-msat"], options["lsps2-fee-ppm"], options["lsps2-max-shortfall-sat"]) = (fee.Value, 0, 0));
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        await stage.AssertGivenBackAsync(await stage.SendAsync(invoice, 2), Failure.TemporaryChannel);
        await stage.UntilAsync(async () => (await StatusAsync(stage))["since_start"]!["reasons"]!.ToJsonString() == """{"ChainTooDear":1}""", "the status counts it");
        await SetAsync(stage.Provider, "lsps2-max-shortfall-sat", "50000");
        await stage.AssertSoldAsync(await stage.SendAsync(invoice, 2), Stage.Price, fee);
    }

    [Scenario]
    [Covers("C20")]
    public static async Task A_close_within_the_promised_lifetime_is_refused_unless_it_is_forced(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net, options => options["lsps2-min-lifetime"] = 100);
        await stage.AssertSoldAsync(await stage.SendAsync(await stage.InvoiceAsync(Stage.Price), 2), Stage.Price, Stage.Fee);
        JsonObject channel = Assert.Single(await stage.Provider.ChannelsWithAsync(stage.Wallet));
        string[] names = [(string)channel["channel_id"]!, (string)channel["short_channel_id"]!, (string)channel["alias"]!["local"]!, stage.Wallet.Id.ToString()];
        foreach (string name in names)
        {
            var refused = await Assert.ThrowsAsync<CommandRefusedException>(() => stage.Provider.CallAsync("close", new JsonObject { ["id"] = name }));
            Assert.Contains("with the promise to keep it until height", refused.Message, StringComparison.Ordinal);
        }

        Assert.Single(await stage.Provider.ChannelsWithAsync(stage.Wallet));
        JsonObject closed = await stage.Provider.CallAsync("close", new JsonObject { ["id"] = names[0], ["force_lease_closed"] = true });
        Assert.Equal("mutual", (string)closed["type"]!);
        await stage.UntilAsync(async () => (await stage.Provider.ChannelsWithAsync(stage.Wallet)).All(row => (string?)row["state"] != "CHANNELD_NORMAL"), "the channel is closed");

        // A channel that nobody paid us for can be closed as usual.
        JsonObject ordinary = Assert.Single(await stage.Provider.ChannelsWithAsync(stage.Payer));
        await stage.Provider.CallAsync("close", new JsonObject { ["id"] = (string)ordinary["channel_id"]! });
    }

    [Scenario]
    [Covers("B29")]
    public static async Task One_of_two_wallets_keeps_no_reserve(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net, coins: [new Sat(1_000_000), new Sat(1_000_000)]);
        IRegtestNode other = await net.StartAsync(new NodeSetup("other", Stage.WalletOptions));
        await net.ConnectAsync(other, stage.Provider);
        await SetAsync(stage.Provider, "lsps2-zero-reserve-clients", stage.Wallet.Id.ToString());
        await SetAsync(stage.Wallet, "lsps-client-zero-reserve-lsps", stage.Provider.Id.ToString());
        await Stage.AssertPaidAsync(await stage.SendAsync(await stage.InvoiceAsync(Stage.Price), 2));
        await Stage.AssertPaidAsync(await stage.SendAsync(await other.InvoiceAsync(stage.Provider, Stage.Price, "other"), 2));
        JsonObject without = Assert.Single(await stage.Wallet.ChannelsWithAsync(stage.Provider)), with = Assert.Single(await other.ChannelsWithAsync(stage.Provider));

        // A node's minimum reserve is the dust limit.
        Assert.InRange((ulong)without["our_reserve_msat"]!, 0UL, 546_000UL);
        Assert.InRange((ulong)without["their_reserve_msat"]!, 0UL, 546_000UL);
        ulong percent = (ulong)with["total_msat"]! / 100;
        Assert.InRange((ulong)with["our_reserve_msat"]!, percent - 1000, percent + 1000);
        Assert.InRange((ulong)with["their_reserve_msat"]!, percent - 1000, percent + 1000);
    }

    private static async Task<JsonObject> StatusAsync(Stage stage) => (JsonObject)(await stage.Provider.CallAsync("lsps-status"))["provider"]!;

    private static Task<JsonObject> MenuAnswerAsync(Stage stage, string? token = null)
    {
        var asked = new JsonObject { ["lsp_id"] = stage.Provider.Id.ToString() };
        if (token is not null) asked["token"] = token;
        return stage.Wallet.CallAsync("lsps-lsps2-getinfo", asked);
    }

    private static JsonObject MenuOf(JsonObject answer) => (JsonObject)Assert.Single(answer["opening_fee_params_menu"]!.AsArray())!;

    private static async Task<Bolt11Invoice> WithTokenAsync(Stage stage, string token)
    {
        JsonObject answer = await stage.Wallet.CallAsync("lsps-lsps2-invoice", new JsonObject
        {
            ["lsp_id"] = stage.Provider.Id.ToString(),
            ["amount_msat"] = Stage.Price.Value,
            ["description"] = "a coffee",
            ["label"] = token,
            ["token"] = token,
        });
        return Observations.Read((string)answer["bolt11"]!);
    }

    private static Task SetAsync(IRegtestNode node, string option, string value) =>
        node.CallAsync("setconfig", new JsonObject { ["config"] = option, ["val"] = value, ["transient"] = true });
}
