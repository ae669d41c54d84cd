using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Scenarios.Network;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Scenarios.Stories;

/// <summary>The provider's operator stops the node and starts it again.</summary>
public static class Restarts
{
    [Scenario]
    [Covers("S08")]
    public static async Task A_restart_while_parts_are_collected_goes_on_collecting(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        SentPart[] parts = await stage.SendAsync(invoice, parts: 5, sent: 4);
        await stage.HeldAsync(4);
        int before = stage.Provider.PluginLog.Count;
        await stage.Provider.StopAsync();
        await stage.ComeBackAsync();
        await stage.HeldAsync(4, before);
        parts = [.. parts, .. await stage.SendAsync(invoice, parts: 5, sent: 1, first: 5)];
        await stage.AssertSoldAsync(parts, Stage.Price, Stage.Fee);
        await stage.AssertOutcomesAsync("Succeeded");
    }

    [Scenario]
    public static async Task A_restart_while_the_wallet_holds_what_it_settles_later_ends_in_a_sale(IRegtest net)
    {
        (Stage stage, SentPart[] parts) = await HeldByTheWalletAsync(net);
        await stage.Wallet.ConductAsync(Conduct.Settles);
        await stage.AssertSoldAsync(parts, Stage.Price, Stage.Fee);
        await stage.AssertOutcomesAsync("Succeeded");
    }

    [Scenario]
    public static async Task A_restart_while_the_wallet_holds_what_it_rejects_later_releases_everything(IRegtest net)
    {
        (Stage stage, SentPart[] parts) = await HeldByTheWalletAsync(net);
        await stage.Wallet.ConductAsync(Conduct.Rejects);
        await stage.AssertGivenBackAsync(parts, Failure.UnknownDetails);
        await stage.AssertOutcomesAsync("Abandoned");
    }

    [Scenario(Needs = Need.OurWallet)]
    public static async Task A_restart_while_the_wallet_holds_until_the_deadline_releases_everything(IRegtest net)
    {
        (Stage stage, SentPart[] parts) = await HeldByTheWalletAsync(net);
        await stage.MineUntilDecidedAsync(parts, most: (int)parts[0].Order.Invoice.MinFinalCltv.Value + 10);
        await stage.AssertGivenBackAsync(parts, Failure.PermanentChannel);
        await stage.AssertOutcomesAsync("Abandoned");
    }

    /// <summary>The node disconnects peers without HTLCs: a wallet whose payment is being collected cannot be reached any more.</summary>
    [Scenario]
    public static async Task A_node_that_goes_down_gracefully_gives_back_what_it_collects(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        SentPart[] parts = await stage.SendAsync(invoice, parts: 2, sent: 1);
        await stage.HeldAsync(1);
        Task<JsonObject> graceful = stage.Provider.CallAsync("graceful", new JsonObject { ["timeout"] = 20 });
        Assert.Equal(Failure.TemporaryChannel, (await parts[0].Outcome.WaitAsync(TimeSpan.FromSeconds(30), net.Time)).Failure);
        await stage.AssertOutcomesAsync("Failed");
        await graceful;
        await stage.Provider.StopAsync();
        await stage.ComeBackAsync();
        await stage.AssertSoldAsync(await stage.SendAsync(invoice, 2), Stage.Price, Stage.Fee);
    }

    /// <summary>Sets up a wallet that holds every part, a record that names the channel, and a restarted provider.</summary>
    private static async Task<(Stage Stage, SentPart[] Parts)> HeldByTheWalletAsync(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        await stage.Wallet.ConductAsync(Conduct.Holds);
        SentPart[] parts = await stage.SendAsync(invoice, 2);
        await stage.ReachedAsync(2);
        JsonObject channel = Assert.Single(await stage.Provider.ChannelsWithAsync(stage.Wallet));
        JsonObject record = Assert.Single(await stage.Provider.ActiveAsync());
        Assert.Equal((string?)channel["channel_id"], (string?)record["channel_id"]);
        await stage.Provider.StopAsync();
        await stage.ComeBackAsync();
        return (stage, parts);
    }
}
