using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Scenarios.Network;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Scenarios.Stories;

public static class Payments
{
    [Scenario]
    [Covers("A01")]
    public static Task One_part_opens_one_channel(IRegtest net) => SellAsync(net, parts: 1);

    [Scenario]
    [Covers("A02")]
    public static Task Two_parts_open_one_channel(IRegtest net) => SellAsync(net, parts: 2);

    [Scenario]
    [Covers("A02")]
    public static Task Five_parts_open_one_channel(IRegtest net) => SellAsync(net, parts: 5);

    [Scenario]
    [Covers("A02")]
    public static Task Ten_parts_over_two_channels_open_one_channel(IRegtest net) => SellAsync(net, parts: 10, channels: 2);

    [Scenario]
    [Covers("A03")]
    public static async Task Two_channels_with_equal_htlc_ids_are_told_apart(IRegtest net)
    {
        Stage stage = await SellAsync(net, parts: 2, channels: 2);
        JsonObject[] forwards = [.. (await stage.Provider.CallAsync("listforwards"))["forwards"]!.AsArray().Select(row => (JsonObject)row!)];
        Assert.All(forwards, row => Assert.Equal("settled", (string?)row["status"]));
        Assert.Equal([0UL, 0UL], forwards.Select(row => (ulong)row["in_htlc_id"]!));
        Assert.Equal(2, forwards.Select(row => (string?)row["in_channel"]).Distinct().Count());
    }

    [Scenario]
    public static async Task An_amount_that_the_payer_chooses_comes_in_one_htlc(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        Bolt11Invoice invoice = await stage.InvoiceAsync(amount: null);
        Assert.DoesNotContain(17, invoice.Features);
        var chosen = new Msat(50_000_000);
        await stage.AssertSoldAsync([await stage.SendOneAsync(invoice, chosen)], chosen, Stage.Fee);
    }

    [Scenario]
    public static async Task Each_part_that_arrives_is_told_in_the_log(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        SentPart[] parts = await stage.SendAsync(invoice, parts: 4, sent: 3);
        for (int held = 1; held <= 3; held++) await stage.HeldAsync(held);
        parts = [.. parts, .. await stage.SendAsync(invoice, parts: 4, sent: 1, first: 4)];
        await stage.HeldAsync(4);
        await stage.AssertSoldAsync(parts, Stage.Price, Stage.Fee);
    }

    [Scenario]
    [Covers("A12", "X27")]
    public static async Task A_part_after_the_payment_goes_over_the_same_channel_and_the_wallet_fails_it(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        await stage.AssertSoldAsync(await stage.SendAsync(invoice, 2), Stage.Price, Stage.Fee);

        // Another payer: a node does not pay an invoice again that it has paid.
        (IRegtestNode other, IReadOnlyList<Scid> channels) = await Stage.PayerAsync(net, stage.Provider, "other");
        SentPart late = await other.SendAsync(new PartOrder(invoice, new Msat(5_000_000), channels[0]) { PartId = 1 });
        PartOutcome outcome = await late.Outcome;

        // A wallet that forgets what it was paid waits for the rest, which does not arrive.
        Assert.Contains(outcome.Failure, (ushort[])[Failure.UnknownDetails, Failure.MppTimeout]);
        Assert.Single(await stage.Wallet.ChannelsWithAsync(stage.Provider));
        Assert.Empty(await net.MempoolAsync());
    }

    private static async Task<Stage> SellAsync(IRegtest net, int parts, int channels = 1)
    {
        Stage stage = await Stage.SetAsync(net, channels: channels);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        await stage.AssertSoldAsync(await stage.SendAsync(invoice, parts), Stage.Price, Stage.Fee);
        return stage;
    }
}
