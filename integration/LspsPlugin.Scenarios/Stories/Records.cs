using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Scenarios.Network;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Scenarios.Stories;

/// <summary>The records of purchases and sessions in the node's datastore, which operators' tools read.</summary>
public static class Records
{
    private static readonly string[] Active = ["lsps", "lsps2", "sessions", "active"], Finalized = ["lsps", "lsps2", "sessions", "finalized"], Offers = ["lsps", "lsps2", "offers"];

    [Scenario]
    public static async Task A_sold_channel_is_on_record_with_its_funding(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        await stage.AssertSoldAsync(await stage.SendAsync(invoice, 2), Stage.Price, Stage.Fee);
        JsonObject record = Assert.Single(await stage.Provider.RecordsAsync(Finalized));
        JsonObject channel = Assert.Single(await stage.Provider.ChannelsWithAsync(stage.Wallet));
        Assert.Equal("Succeeded", (string?)record["outcome"]);
        Assert.Equal((string?)channel["channel_id"], (string?)record["channel_id"]);
        Assert.Equal((string?)channel["funding_txid"], (string?)record["funding_txid"]);
        Assert.NotEmpty((string)record["funding_psbt"]!);
        Assert.Equal(invoice.PaymentHash, Preimage.Parse((string)record["preimage"]!).Hash());
        Assert.Empty(await stage.Provider.ActiveAsync());
    }

    /// <summary>Chain daemons have different error texts for a transaction that is already in the chain.</summary>
    [Scenario]
    public static async Task A_sale_ends_when_its_funding_is_buried_whatever_the_chain_daemon_says(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        await Stage.AssertPaidAsync(await stage.SendAsync(await stage.InvoiceAsync(Stage.Price), 2));
        await stage.UntilAsync(async () => (await net.MempoolAsync()).Count == 1, "the funding is in the mempool");
        int before = stage.Provider.PluginLog.Count;
        for (int block = 1; block <= 8; block++)
        {
            await net.MineAsync(1);
            await Task.Delay(TimeSpan.FromMilliseconds(200), net.Time);
        }

        await stage.UntilAsync(async () => (await stage.Provider.RecordsAsync("lsps", "lsps2", "confirming")).Count == 0, "nothing is followed any more");
        await stage.AssertOutcomesAsync("Succeeded");
        Assert.DoesNotContain(stage.Provider.PluginLog.Skip(before), line => line.StartsWith("warn ", StringComparison.Ordinal) || line.StartsWith("error ", StringComparison.Ordinal));
    }

    [Scenario]
    public static async Task What_stands_where_an_attempt_ends_is_replaced(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net, options => options["dev-lsps2-collect-timeout"] = 5);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        await stage.Provider.PutAsync("no record at all", [.. Finalized, invoice.RouteHint!.Scid.ToString()]);
        SentPart[] parts = await stage.SendAsync(invoice, parts: 10, sent: 1);
        Assert.Equal(Failure.TemporaryChannel, (await parts[0].Outcome).Failure);
        await stage.UntilAsync(async () => (await stage.Provider.RecordsAsync(Finalized)).Any(record => (string?)record["outcome"] == "Failed"), "the attempt is on record");
        Assert.Single(await stage.Provider.RecordsAsync(Finalized));
        await stage.UntilAsync(async () => (await stage.Provider.ActiveAsync()).Count == 0, "nothing is active");
    }

    [Scenario]
    public static async Task A_purchase_that_ran_out_while_the_node_was_down_ends_as_a_timeout(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        string scid = invoice.RouteHint!.Scid.ToString();
        JsonObject record = Assert.Single(await stage.Provider.RecordsAsync([.. Active, scid]));
        record["opening_fee_params"]!["valid_until"] = LspsTime.Write(net.Time.GetUtcNow().AddMinutes(-1));
        await stage.Provider.PutAsync(record.ToJsonString(), [.. Active, scid]);
        await stage.Provider.StopAsync();
        await stage.ComeBackAsync();
        await stage.UntilAsync(async () => (await stage.Provider.OutcomesAsync()).SequenceEqual(["Timeout"]), "the purchase is on record as over");
        await stage.UntilAsync(async () => (await stage.Provider.ActiveAsync()).Count == 0, "nothing is active");
        await stage.AssertGivenBackAsync(await stage.SendAsync(invoice, 1), Failure.UnknownNextPeer);
    }

    [Scenario]
    [Covers("A25", "S05")]
    public static async Task An_offer_that_runs_out_with_parts_held_fails_them_for_good(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        await stage.Provider.HandToBuiltInAsync(record => record["opening_fee_params"]!["valid_until"] = LspsTime.Write(net.Time.GetUtcNow().AddSeconds(20)));
        await stage.Provider.KillAsync();
        await stage.ComeBackAsync();
        SentPart[] parts = await stage.SendAsync(invoice, parts: 2, sent: 1);
        await stage.HeldAsync(1);
        await stage.AssertGivenBackAsync(parts, Failure.UnknownNextPeer);
        await stage.AssertOutcomesAsync("Timeout");
        await stage.UntilAsync(async () => (await stage.Provider.RecordsAsync(Offers)).Count == 0, "the offer is forgotten");
    }
}
