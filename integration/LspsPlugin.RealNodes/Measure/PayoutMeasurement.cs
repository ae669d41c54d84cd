using System.Globalization;
using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.RealNodes.Nodes;
using LspsPlugin.Scenarios;
using LspsPlugin.Scenarios.Network;

namespace LspsPlugin.RealNodes.Measure;

/// <summary>A payment that was measured.</summary>
/// <param name="Command">sendpayment or xpay.</param>
/// <param name="Channels">How many channels its amount needs.</param>
/// <param name="Parts">In how many parts it went.</param>
/// <param name="Whole">From the call to the answer.</param>
/// <param name="Tail">From the shop's word that it is paid to the answer.</param>
/// <param name="Calls">What the plugin called meanwhile.</param>
internal sealed record Payout(string Command, int Channels, int Parts, TimeSpan Whole, TimeSpan Tail, IReadOnlyList<string> Calls);

/// <summary>Many payments at a time.</summary>
/// <param name="Command">sendpayment or xpay.</param>
/// <param name="Count">How many there were.</param>
/// <param name="Whole">From the first call to the last answer.</param>
internal sealed record Rush(string Command, int Count, TimeSpan Whole);

/// <summary>Payments that the receiver holds.</summary>
/// <param name="Count">How many there are.</param>
/// <param name="BeforeKb">The plugin's resident memory before them, in KiB.</param>
/// <param name="WithKb">The same with them.</param>
/// <param name="AgainKb">The same after a restart of the node.</param>
/// <param name="Ready">From the start of the node until the plugin continues them.</param>
internal sealed record Held(int Count, long BeforeKb, long WithKb, long AgainKb, TimeSpan Ready);

/// <summary>All figures of payouts.</summary>
internal sealed record PayoutFigures(IReadOnlyList<Payout> Payouts, IReadOnlyList<Rush> Rushes, Held Held);

/// <summary>
/// Measures <c>sendpayment</c> beside the node's own <c>xpay</c>, in turns, from the same node to the same shop over the same channels. A tap between the node and
/// the plugin counts the calls, and slows the plugin by a fraction of a millisecond for each.
/// </summary>
internal sealed class PayoutMeasurement(RealRegtest net)
{
    public const string Tapped = "payer";

    private const int Most = 16, AtOnce = 50, Live = 1000;

    /// <summary>Of a channel, what each of the parts carries at least; the rest is for reserves, fees of commitments, and what the shop does not pay back.</summary>
    private const ulong ChannelSat = 500_000, PartSat = 330_000;

    private static readonly string[] Commands = ["sendpayment", "xpay"];

    private readonly TapFile _tap = new(Path.Combine(net.Directory, Tapped, "tap"));
    private int _labels;

    public async Task<PayoutFigures> RunAsync(int repetitions)
    {
        var options = new JsonObject { ["max-concurrent-htlcs"] = 483 };
        IRegtestNode shop = await net.StartAsync(new NodeSetup("shop", (JsonObject)options.DeepClone()) { WithPlugin = false });
        options["lsps-payer"] = true;
        var payer = (RealNode)await net.StartAsync(new NodeSetup(Tapped, options));
        await net.ConnectAsync(payer, shop);
        // One coin stays: the node keeps some for its anchors.
        await net.FundAsync(payer, [.. Enumerable.Repeat(new Sat(ChannelSat + 20_000), Most + 1)]);
        await OpenAsync(payer, shop);

        var payouts = new List<Payout>();
        foreach (int channels in new[] { 1, 5, Most })
        {
            for (int i = 0; i < repetitions; i++)
            {
                foreach (string command in Commands) payouts.Add(await PayAsync(payer, shop, command, channels));
            }
        }

        var rushes = new List<Rush>();
        foreach (string command in Commands) rushes.Add(await RushAsync(payer, shop, command));
        return new PayoutFigures(payouts, rushes, await HoldAsync(payer, shop));
    }

    /// <summary>Opens all channels. The shop need keep next to nothing, so that it can pay back.</summary>
    private async Task OpenAsync(IRegtestNode payer, IRegtestNode shop)
    {
        for (int i = 0; i < Most; i++)
        {
            await payer.CallAsync("fundchannel", new JsonObject { ["id"] = shop.Id.ToString(), ["amount"] = ChannelSat, ["reserve"] = "1000sat" });
        }

        await net.MineAsync(6);
        foreach (IRegtestNode node in new[] { payer, shop })
        {
            await net.UntilAsync(async () => (await node.ChannelsAsync()).Count(static row => (string?)row["state"] == "CHANNELD_NORMAL" && row["short_channel_id"] is not null) == Most, "the channels can be used");
        }
    }

    private async Task<Payout> PayAsync(IRegtestNode payer, IRegtestNode shop, string command, int channels)
    {
        var amount = new Msat(channels == 1 ? 10_000_000 : (ulong)channels * PartSat * 1000);
        (string label, string invoice, string hash) = await InvoiceAsync(shop, amount);
        int before = (await _tap.ReadAsync()).Count;
        Task<long> paid = AtAsync(shop.CallAsync("waitinvoice", new JsonObject { ["label"] = label }));
        long start = net.Time.GetTimestamp();
        await SendAsync(payer, command, invoice, label);
        long end = net.Time.GetTimestamp();
        var listed = await payer.CallAsync("listsendpays", new JsonObject { ["payment_hash"] = hash });
        TapRecord[] records = [.. (await _tap.ReadAsync()).Skip(before).Where(record => record.Kind == TapKind.Called && record.At <= end)];
        TimeSpan tail = net.Time.GetElapsedTime(await paid, end);

        // The next one needs the same channels.
        if (channels > 1) await BackAsync(payer, shop, channels);
        return new Payout(command, channels, listed["payments"]!.AsArray().Count, net.Time.GetElapsedTime(start, end), tail, [.. records.Select(static record => record.Name)]);
    }

    private async Task<Rush> RushAsync(IRegtestNode payer, IRegtestNode shop, string command)
    {
        var invoices = new List<(string Label, string Invoice, string Hash)>();
        for (int i = 0; i < AtOnce; i++) invoices.Add(await InvoiceAsync(shop, new Msat(1_000_000)));
        long start = net.Time.GetTimestamp();
        await Task.WhenAll(invoices.Select(one => SendAsync(payer, command, one.Invoice, one.Label)));
        return new Rush(command, AtOnce, net.Time.GetElapsedTime(start));
    }

    private async Task<Held> HoldAsync(RealNode payer, IRegtestNode shop)
    {
        await shop.ConductAsync(Conduct.Holds);
        long before = payer.PluginMemory();
        for (int i = 0; i < Live; i++)
        {
            (string label, string invoice, _) = await InvoiceAsync(shop, new Msat(1_000_000));
            await payer.CallAsync("sendpayment", new JsonObject { ["invstring"] = invoice, ["payment_id"] = label, ["retry_for"] = 3600 });
        }

        await net.UntilAsync(async () => (await payer.CallAsync("listpayments", new JsonObject { ["status"] = "in_flight", ["limit"] = Live }))["payments"]!.AsArray().Count == Live, "all are in flight", seconds: 300);
        long with = payer.PluginMemory();
        await payer.StopAsync();
        long start = net.Time.GetTimestamp();
        await payer.StartAgainAsync();
        string ready = string.Create(CultureInfo.InvariantCulture, $"payer: ready; {Live} payment(s) continue");
        await net.UntilAsync(() => Task.FromResult(payer.PluginLog.Any(line => line.EndsWith(ready, StringComparison.Ordinal))), "the plugin continues them", seconds: 300);
        TimeSpan took = net.Time.GetElapsedTime(start);
        await net.ConnectAsync(payer, shop);
        long again = payer.PluginMemory();
        await shop.ConductAsync(Conduct.Settles);
        await net.UntilAsync(async () => (await payer.CallAsync("listpayments", new JsonObject { ["status"] = "in_flight" }))["payments"]!.AsArray().Count == 0, "all are paid", seconds: 600);
        return new Held(Live, before, with, again, took);
    }

    private static async Task SendAsync(IRegtestNode payer, string command, string invoice, string label)
    {
        if (command == "xpay")
        {
            if (await payer.PayAsync(invoice, command) is { } problem) throw new InvalidOperationException($"xpay: {problem}");
            return;
        }

        JsonObject answer = await payer.CallAsync(command, new JsonObject { ["invstring"] = invoice, ["payment_id"] = label, ["wait"] = 120 });
        if ((string?)answer["status"] != "succeeded") throw new InvalidOperationException($"sendpayment: {answer.ToJsonString()}");
    }

    /// <summary>The shop pays back what it can, a channel at a time. What is left of the payer's liquidity must last for the repetitions.</summary>
    private async Task BackAsync(IRegtestNode payer, IRegtestNode shop, int channels)
    {
        for (int i = 0; i < channels; i++)
        {
            (_, string invoice, _) = await InvoiceAsync(payer, new Msat(PartSat * 970));
            await shop.PayAsync(invoice, "xpay");
        }
    }

    private async Task<(string Label, string Invoice, string Hash)> InvoiceAsync(IRegtestNode payee, Msat amount)
    {
        string label = string.Create(CultureInfo.InvariantCulture, $"{payee.Name}-{++_labels}");
        JsonObject made = await payee.CallAsync("invoice", new JsonObject { ["amount_msat"] = amount.Value, ["label"] = label, ["description"] = "tea" });
        return (label, (string)made["bolt11"]!, (string)made["payment_hash"]!);
    }

    private async Task<long> AtAsync(Task<JsonObject> answer)
    {
        await answer;
        return net.Time.GetTimestamp();
    }
}
