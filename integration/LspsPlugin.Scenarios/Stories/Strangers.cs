using LspsPlugin.Core.Lightning;
using LspsPlugin.Scenarios.Network;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Scenarios.Stories;

/// <summary>What anybody who saw an invoice can send to its JIT scid.</summary>
public static class Strangers
{
    /// <summary>Much shorter than the timeout of an incomplete collection.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [Scenario]
    [Covers("A34")]
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
    [Covers("A35")]
    public static async Task A_part_that_fills_its_message_is_forwarded_all_the_same(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        SentPart part = await stage.SendOneAsync(invoice, Stage.Price, order => order with { FillsMessage = true });
        await stage.AssertSoldAsync([part], Stage.Price, Stage.Fee);
    }
    /// <summary>Tiny parts with unknown hashes: as many as one offer may collect, and more.</summary>
    [Scenario]
    [Covers("A40")]
    public static async Task Crumbs_with_hashes_of_their_own_do_not_keep_a_payment_out(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net, options => options["dev-lsps2-collect-timeout"] = 45);
        (IRegtestNode stranger, IReadOnlyList<Scid> channels) = await Stage.PayerAsync(net, stage.Provider, "stranger");
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        var crumbs = new List<SentPart>();
        for (int number = 1; number <= 6; number++)
        {
            Bolt11Invoice made = invoice with { PaymentHash = Preimage.Parse($"{number:x64}").Hash() };
            crumbs.Add(await stranger.SendAsync(new PartOrder(made, new Msat(1), channels[0])));
        }

        await stage.HeldAsync(1);
        SentPart[] parts = await stage.SendAsync(invoice, 2);
        Assert.All(await parts.OutcomesAsync().WaitAsync(Soon, net.Time), outcome => Assert.True(outcome.IsPaid, $"failed with {outcome.Failure:x4}"));
        Assert.All(await crumbs.OutcomesAsync(), outcome => Assert.Equal(Failure.TemporaryChannel, outcome.Failure));
        await stage.AssertFundedAsync(Stage.Price, Stage.Fee);
    }

    /// <summary>The wallet could settle it, and would own a part of a channel whose funding was never broadcast.</summary>
    [Scenario]
    public static async Task What_is_sent_straight_to_a_channel_that_is_not_paid_for_does_not_reach_the_wallet(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        (IRegtestNode stranger, IReadOnlyList<Scid> channels) = await Stage.PayerAsync(net, stage.Provider, "stranger");
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        await stage.Wallet.ConductAsync(Conduct.Holds);
        SentPart[] parts = await stage.SendAsync(invoice, 2);
        await stage.ReachedAsync(2);
        var alias = Scid.Parse((string)Assert.Single(await stage.Provider.ChannelsWithAsync(stage.Wallet))["alias"]!["local"]!);
        SentPart crumb = await stranger.SendAsync(new PartOrder(invoice, new Msat(1000), channels[0]) { Hop = alias });
        Assert.Equal(Failure.TemporaryChannel, (await crumb.Outcome.WaitAsync(Soon, net.Time)).Failure);
        await stage.Wallet.ConductAsync(Conduct.Settles);
        await stage.AssertSoldAsync(parts, Stage.Price, Stage.Fee);
    }
    /// <summary>
    /// Payers may send up to twice the amount. The channel for it is still bounded, and what does not fit is failed back.
    /// </summary>
    [Scenario]
    [Covers("A09", "A39")]
    public static async Task Twice_the_amount_opens_no_channel_above_the_operators_limit(IRegtest net)
    {
        var limit = new Sat(130_000);
        Stage stage = await Stage.SetAsync(net, options => options["lsps2-max-channel-sat"] = limit.Value);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        SentPart almost = await stage.SendOneAsync(invoice, Stage.Price - new Msat(1_000_000), part => part with { PartId = 1 });
        await stage.HeldAsync(1);
        SentPart whole = await stage.SendOneAsync(invoice, Stage.Price, part => part with { PartId = 2 });
        Assert.Equal(Failure.TemporaryChannel, (await almost.Outcome).Failure);
        await stage.AssertSoldAsync([whole], Stage.Price, Stage.Fee);
        Assert.InRange((ulong)Assert.Single(await stage.Provider.ChannelsWithAsync(stage.Wallet))["total_msat"]!, 1UL, limit.ToMsat().Value);
    }
}
