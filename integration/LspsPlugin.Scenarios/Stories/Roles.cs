using LspsPlugin.Core.Lightning;
using LspsPlugin.Scenarios.Network;

namespace LspsPlugin.Scenarios.Stories;

public static class Roles
{
    [Scenario]
    public static async Task A_provider_buys_from_another_while_it_sells(IRegtest net)
    {
        Stage lower = await Stage.SetAsync(net, options => options["experimental-lsps-client"] = true);
        IRegtestNode top = await net.StartAsync(new NodeSetup("top", Stage.ProviderOptions));
        await net.FundAsync(top, new Sat(5_000_000));
        (IRegtestNode payer, IReadOnlyList<Scid> channels) = await Stage.PayerAsync(net, top, "patron");
        await net.ConnectAsync(lower.Provider, top);
        var upper = new Stage(net, lower.Provider, top, payer, channels);

        Bolt11Invoice bought = await upper.InvoiceAsync(Stage.Price, "bought"), sold = await lower.InvoiceAsync(Stage.Price, "sold");
        SentPart[] first = [.. await upper.SendAsync(bought, parts: 2, sent: 1), .. await lower.SendAsync(sold, parts: 2, sent: 1)];
        SentPart[] second = [.. await upper.SendAsync(bought, parts: 2, sent: 1, first: 2), .. await lower.SendAsync(sold, parts: 2, sent: 1, first: 2)];
        await Stage.AssertPaidAsync([.. first, .. second]);
        await Stage.BuryAsync(net, fundings: 2);
        await upper.AssertBuriedAsync(Stage.Price, Stage.Fee);
        await lower.AssertBuriedAsync(Stage.Price, Stage.Fee);
    }
}
