using LspsPlugin.Core.Lightning;
using LspsPlugin.Scenarios.Network;
using Xunit;

namespace LspsPlugin.Scenarios.Stories;

/// <summary>What anybody who saw an invoice can send to its JIT scid.</summary>
public static class Strangers
{
    /// <summary>Much sooner than a collection that is not completed is given back.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [Scenario]
    public static async Task A_part_whose_hop_is_blinded_is_given_back_and_opens_nothing(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        (IRegtestNode stranger, IReadOnlyList<Scid> channels) = await Stage.PayerAsync(net, stage.Provider, "stranger");
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        SentPart blinded = await stranger.SendAsync(new PartOrder(invoice, Stage.Price, channels[0]) { IsBlinded = true });
        Assert.False((await blinded.Outcome.WaitAsync(Soon, net.Time)).IsPaid);
        Assert.Null(await stage.DebrisAsync());
        Assert.Empty(await stage.Provider.ChannelsWithAsync(stage.Wallet));
        await stage.AssertSoldAsync(await stage.SendAsync(invoice, 2), Stage.Price, Stage.Fee);
    }

    [Scenario]
    public static async Task A_part_that_fills_its_message_is_forwarded_all_the_same(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        SentPart part = await stage.SendOneAsync(invoice, Stage.Price, order => order with { FillsMessage = true });
        await stage.AssertSoldAsync([part], Stage.Price, Stage.Fee);
    }
}
