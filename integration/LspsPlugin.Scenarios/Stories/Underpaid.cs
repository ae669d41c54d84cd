using System.Globalization;
using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Scenarios.Network;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Scenarios.Stories;

/// <summary>
/// A wallet that settles only some of the parts: its channel is funded once the settled parts contain the whole opening fee.
/// </summary>
public static class Underpaid
{
    private static readonly Preimage Preimage = Preimage.Parse(new string('5', 64));
    private static readonly Msat Half = new(Stage.Price.Value / 2), Rest = new(10_000_000);

    [Scenario]
    [Covers("C02")]
    public static async Task A_wallet_that_fails_the_part_with_the_fee_has_its_channel_once_it_has_paid_it(IRegtest net)
    {
        Stage stage = await SetAsync(net);
        Bolt11Invoice invoice = await stage.InvoiceByHandAsync(Preimage);
        await KeepFeeAsync(stage, invoice);
        await AssertWithheldAsync(stage);

        // The same holds for a provider that reads the state from its records.
        await stage.Provider.StopAsync();
        await stage.ComeBackAsync();
        await AssertWithheldAsync(stage);

        // Another payer: a node does not pay an invoice again if it has paid a part of it.
        await stage.Wallet.ConductAsync(Conduct.Settles);
        (IRegtestNode other, IReadOnlyList<Scid> channels) = await Stage.PayerAsync(net, stage.Provider, "other");
        await Stage.AssertPaidAsync([await other.SendAsync(new PartOrder(invoice, Rest, channels[0]))]);
        await Stage.BuryAsync(net, fundings: 1);
        await stage.AssertBuriedAsync(Half + Rest, Stage.Fee);
        Assert.Equal(0UL, await LostAsync(stage));
    }

    [Scenario]
    [Covers("C02")]
    public static async Task A_fee_that_is_never_paid_is_borne_within_the_operators_bound(IRegtest net)
    {
        Stage stage = await SetAsync(net, options => options["lsps2-max-loss-sat"] = 0);
        Bolt11Invoice invoice = await stage.InvoiceByHandAsync(Preimage);
        DateTimeOffset until = net.Time.GetUtcNow().AddSeconds(60);
        await stage.Provider.HandToBuiltInAsync(record => record["opening_fee_params"]!["valid_until"] = LspsTime.Write(until));
        await stage.Provider.KillAsync();
        await stage.ComeBackAsync();
        await KeepFeeAsync(stage, invoice);
        await Task.Delay(until.AddSeconds(1) - net.Time.GetUtcNow(), net.Time);
        await AssertWithheldAsync(stage);

        await stage.Provider.CallAsync("setconfig", new JsonObject { ["config"] = "lsps2-max-loss-sat", ["val"] = 50_000.ToString(CultureInfo.InvariantCulture), ["transient"] = true });
        await net.MineAsync(1);
        await Stage.BuryAsync(net, fundings: 1);
        await stage.AssertBuriedAsync(Half, Msat.Zero);
        await stage.UntilAsync(async () => await LostAsync(stage) > 0, "the loss is counted");
    }

    private static Task<Stage> SetAsync(IRegtest net, Action<JsonObject>? with = null) =>
        Stage.SetAsync(net, with, wallet: new NodeSetup("wallet", Stage.WalletOptions) { Claims = Preimage });

    /// <summary>One of two equal parts carries the whole fee: the one that arrived first.</summary>
    private static async Task KeepFeeAsync(Stage stage, Bolt11Invoice invoice)
    {
        await stage.Wallet.ConductAsync(Conduct.KeepsFee);
        PartOutcome[] outcomes = await (await stage.SendAsync(invoice, 2)).OutcomesAsync();
        Assert.Equal(Failure.UnknownDetails, Assert.Single(outcomes, outcome => !outcome.IsPaid).Failure);
    }

    /// <summary>Checks that blocks change nothing, and that the operator can see what is missing.</summary>
    private static async Task AssertWithheldAsync(Stage stage)
    {
        await stage.UntilAsync(async () => await MissingAsync(stage) == Stage.Fee.Value, "the status says what is missing");
        await stage.Net.MineAsync(2);
        await Task.Delay(TimeSpan.FromSeconds(1), stage.Net.Time);
        Assert.Empty(await stage.Net.MempoolAsync());
        Assert.True((bool)Assert.Single(await stage.Provider.ChannelsWithAsync(stage.Wallet))["funding"]!["withheld"]!);
    }

    private static async Task<ulong?> MissingAsync(Stage stage) =>
        (ulong?)Assert.Single((await StatusAsync(stage))["sessions"]!.AsArray())!["missing_fee_msat"];

    private static async Task<ulong> LostAsync(Stage stage) => (ulong)(await StatusAsync(stage))["trust"]!["lost_msat"]!;

    private static async Task<JsonNode> StatusAsync(Stage stage) => (await stage.Provider.CallAsync("lsps-status"))["provider"]!;
}
