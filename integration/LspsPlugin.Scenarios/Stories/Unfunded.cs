using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Scenarios.Network;
using Xunit;

namespace LspsPlugin.Scenarios.Stories;

/// <summary>
/// A provider opens the channel that it sold by hand and does not fund it: its balance there is worth nothing. Once the funding is
/// confirmed after all, the same payments succeed.
/// </summary>
public static class Unfunded
{
    private static readonly Sat Size = new(120_000);
    private static readonly Msat Little = new(20_100_000);
    private static readonly BlockCount Delta = new(40);

    [Scenario(Needs = Need.OurWallet)]
    public static async Task What_comes_over_an_unfunded_channel_is_not_forwarded(IRegtest net)
    {
        (Stage stage, Scid unfunded, string psbt) = await SetAsync(net);
        IRegtestNode shop = await net.StartAsync(new NodeSetup("shop", []) { WithPlugin = false });
        await net.FundAsync(stage.Wallet, new Sat(1_100_000));
        await net.ConnectAsync(stage.Wallet, shop);
        Scid real = await net.OpenAsync(stage.Wallet, shop, new Sat(1_000_000));
        ulong before = await HasAsync(stage.Wallet, shop);

        Bolt11Invoice invoice = Observations.Read(await shop.OrdinaryInvoiceAsync(Little, "shoes")) with { RouteHint = Hint(stage.Wallet, real) };
        Assert.Equal(Failure.TemporaryChannel, (await (await stage.Provider.SendAsync(new PartOrder(invoice, Little, unfunded))).Outcome).Failure);
        Assert.Equal(before, await HasAsync(stage.Wallet, shop));
        Assert.Empty(await net.MempoolAsync());

        await FundAsync(net, stage, psbt);
        await Stage.AssertPaidAsync([await stage.Provider.SendAsync(new PartOrder(invoice, Little, unfunded))]);
    }

    [Scenario(Needs = Need.OurWallet)]
    public static async Task An_invoice_of_the_wallets_own_is_not_paid_over_an_unfunded_channel(IRegtest net)
    {
        (Stage stage, Scid unfunded, string psbt) = await SetAsync(net);
        Bolt11Invoice invoice = Observations.Read(await stage.Wallet.OrdinaryInvoiceAsync(Little, "socks")) with { RouteHint = Hint(stage.Provider, unfunded) };
        Assert.False((await (await stage.SendOneAsync(invoice, Little)).Outcome).IsPaid);
        Assert.Equal("unpaid", (string?)(await stage.Wallet.CallAsync("listinvoices", new JsonObject { ["label"] = "socks" }))["invoices"]![0]!["status"]);
        Assert.Empty(await net.MempoolAsync());

        await FundAsync(net, stage, psbt);
        await Stage.AssertPaidAsync([await stage.SendOneAsync(invoice, Little)]);
    }

    [Scenario(Needs = Need.OurWallet)]
    public static async Task One_approval_lets_one_unfunded_channel_in(IRegtest net)
    {
        (Stage stage, _, _) = await SetAsync(net);
        await Assert.ThrowsAsync<CommandRefusedException>(() => OpenByHandAsync(stage.Provider, stage.Wallet));
        Assert.Single(await stage.Wallet.ChannelsWithAsync(stage.Provider));
    }

    /// <returns>The channel by the provider's own alias, and its funding.</returns>
    private static async Task<(Stage Stage, Scid Unfunded, string Psbt)> SetAsync(IRegtest net)
    {
        JsonObject options = Stage.WalletOptions;
        (options["lsps-client-trust"], options["fee-base"], options["fee-per-satoshi"]) = ("never", 0, 0);
        Stage stage = await Stage.SetAsync(net, with => with["lsps2-trust-model"] = "lsp-trusts-client", wallet: new NodeSetup("wallet", options));
        await stage.InvoiceAsync(Stage.Price);
        string psbt = await OpenByHandAsync(stage.Provider, stage.Wallet);
        JsonObject? row = null;
        await stage.UntilAsync(
            async () => (await stage.Wallet.ChannelsWithAsync(stage.Provider)).Any(channel => (string?)channel["state"] == "CHANNELD_NORMAL")
                && (row = (await stage.Provider.ChannelsWithAsync(stage.Wallet)).SingleOrDefault(channel => (string?)channel["state"] == "CHANNELD_NORMAL")) is not null,
            "the unfunded channel can be used");
        await stage.Provider.CallAsync("setchannel", new JsonObject { ["id"] = (string)row!["channel_id"]!, ["feebase"] = 0, ["feeppm"] = 0 });
        return (stage, Scid.Parse((string)row["alias"]!["local"]!), psbt);
    }

    /// <summary>Opens a channel that the wallet approved, and keeps its funding at the provider.</summary>
    private static async Task<string> OpenByHandAsync(IRegtestNode provider, IRegtestNode wallet)
    {
        JsonObject started = await provider.CallAsync("fundchannel_start", new JsonObject
        {
            ["id"] = wallet.Id.ToString(),
            ["amount"] = Size.Value,
            ["announce"] = false,
            ["mindepth"] = 0,
            ["channel_type"] = new JsonArray(12, 46, 50),
        });
        JsonObject funded = await provider.CallAsync("fundpsbt", new JsonObject
        {
            ["satoshi"] = Size.Value,
            ["feerate"] = "1000perkw",
            ["startweight"] = 400,
            ["reserve"] = 72,
            ["excess_as_change"] = true,
        });
        JsonObject whole = await provider.CallAsync("addpsbtoutput", new JsonObject
        {
            ["satoshi"] = Size.Value,
            ["initialpsbt"] = (string)funded["psbt"]!,
            ["destination"] = (string)started["funding_address"]!,
        });
        await provider.CallAsync("fundchannel_complete", new JsonObject { ["id"] = wallet.Id.ToString(), ["psbt"] = (string)whole["psbt"]!, ["withhold"] = true });
        return (string)whole["psbt"]!;
    }

    private static async Task FundAsync(IRegtest net, Stage stage, string psbt)
    {
        JsonObject signed = await stage.Provider.CallAsync("signpsbt", new JsonObject { ["psbt"] = psbt });
        await stage.Provider.CallAsync("sendpsbt", new JsonObject { ["psbt"] = (string)signed["signed_psbt"]! });
        await Stage.BuryAsync(net, fundings: 1);
        await stage.UntilAsync(async () => (await stage.Wallet.ChannelsWithAsync(stage.Provider)).Single()["short_channel_id"] is not null, "the channel is confirmed");
    }

    private static RouteHint Hint(IRegtestNode node, Scid channel) => new(node.Id, channel, 0, new Ppm(0), (ushort)Delta.Value);

    private static async Task<ulong> HasAsync(IRegtestNode node, IRegtestNode peer) => (ulong)Assert.Single(await node.ChannelsWithAsync(peer))["to_us_msat"]!;
}
