using LspsPlugin.Core.Lightning;
using LspsPlugin.Scenarios.Network;
using Xunit;

namespace LspsPlugin.Scenarios.Stories;

/// <summary>The node fails a part that the plugin has forwarded, without an event and without a row in its list.</summary>
public static class Silence
{
    private static readonly Preimage Preimage = Preimage.Parse(new string('5', 64));
    private static readonly Msat Crumb = new(1000);

    [Scenario]
    public static async Task A_payment_that_the_node_dropped_is_given_up_and_the_next_attempt_is_paid(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        await DropAsync(stage, invoice);
        await GivenUpAsync(stage);
        await stage.AssertOutcomesAsync("Abandoned");
        await stage.AssertSoldAsync(await stage.SendAsync(invoice, 2), Stage.Price, Stage.Fee);
    }

    /// <summary>
    /// If the node may have dropped a part, nobody knows whether it carried the fee: later parts must not be forwarded in full.
    /// </summary>
    [Scenario]
    public static async Task A_crumb_behind_a_payment_that_the_node_dropped_funds_nothing(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(
            net, options => options["dev-lsps2-collect-timeout"] = 5, wallet: new NodeSetup("wallet", Stage.WalletOptions) { Claims = Preimage });
        (IRegtestNode stranger, IReadOnlyList<Scid> channels) = await Stage.PayerAsync(net, stage.Provider, "stranger");
        Bolt11Invoice invoice = await stage.InvoiceByHandAsync(Preimage);
        await DropAsync(stage, invoice);
        for (int crumb = 1; crumb <= 2; crumb++)
        {
            // The first while the session still waits for the dropped part, the second after that.
            Assert.Equal(Failure.TemporaryChannel, (await (await stranger.SendAsync(new PartOrder(invoice, Crumb, channels[0]))).Outcome).Failure);
            await GivenUpAsync(stage);
        }

        Assert.Empty(await net.MempoolAsync());
        Assert.Empty(await stage.Provider.ChannelsWithAsync(stage.Wallet));
        await Stage.AssertPaidAsync(await stage.SendAsync(invoice, 2));
        await Stage.BuryAsync(net, fundings: 1);
        await stage.AssertBuriedAsync(Stage.Price, Stage.Fee);
    }

    /// <summary>The plugin waits for some time for the node to report the parts.</summary>
    private static Task GivenUpAsync(Stage stage) => stage.UntilAsync(async () => await stage.DebrisAsync() is null, "the payment is given up", seconds: 120);

    /// <summary>The payer has both parts back while the provider's plugin still considers them in progress.</summary>
    private static async Task DropAsync(Stage stage, Bolt11Invoice invoice)
    {
        await stage.Provider.ConductAsync(Conduct.DropsForwards);
        Assert.All(await (await stage.SendAsync(invoice, 2)).OutcomesAsync(), outcome => Assert.Equal(Failure.TemporaryChannel, outcome.Failure));
        Assert.Single(await stage.Provider.ChannelsWithAsync(stage.Wallet));
        await stage.Provider.ConductAsync(Conduct.Settles);
    }
}
