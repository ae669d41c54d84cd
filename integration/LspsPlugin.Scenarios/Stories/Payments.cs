using LspsPlugin.Core.Lightning;
using LspsPlugin.Scenarios.Network;
using LspsPlugin.Tests;

namespace LspsPlugin.Scenarios.Stories;

public static class Payments
{
    private const ushort TemporaryChannelFailure = 0x1007;

    [Scenario]
    [Covers("A02")]
    public static async Task Five_parts_open_one_channel(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        await stage.AssertSoldAsync(await stage.SendAsync(invoice, 5), Stage.Price, Stage.Fee);
    }

    [Scenario]
    [Covers("A08")]
    public static async Task An_incomplete_payment_is_given_back_and_the_retry_succeeds(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net, options => options["dev-lsps2-collect-timeout"] = 5);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        await stage.AssertGivenBackAsync(await stage.SendAsync(invoice, parts: 10, sent: 1), TemporaryChannelFailure);
        await stage.AssertSoldAsync(await stage.SendAsync(invoice, 2), Stage.Price, Stage.Fee);
    }
}
