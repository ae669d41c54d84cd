using System.Globalization;
using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.RealNodes.Nodes;
using LspsPlugin.Scenarios;
using LspsPlugin.Scenarios.Network;

namespace LspsPlugin.RealNodes.Measure;

/// <summary>One measured JIT payment.</summary>
/// <param name="Calls">Commands from the wallet's purchase to the record that waits for the funding's confirmations.</param>
/// <param name="Payer">Time from sending the last part until the payer knew the outcome of all parts.</param>
internal sealed record Sale(int Parts, Opening Opening, IReadOnlyList<string> Calls, TimeSpan Payer);

/// <param name="Calls">Calls to the node while the forwards passed.</param>
/// <param name="Answers">Time from each hook call to its answer.</param>
internal sealed record Foreign(int Calls, IReadOnlyList<TimeSpan> Answers);

/// <summary>Measures JIT payments and others' forwards on real nodes, with a tap between the provider's node and its plugin.</summary>
internal sealed class Measurement(RealRegtest net)
{
    public const string Tapped = "provider";

    private const int ForeignForwards = 20;

    private static readonly Msat ForeignAmount = new(1_000_000);

    private static readonly TimeSpan QuietTime = TimeSpan.FromSeconds(1);

    private readonly TapFile _tap = new(Path.Combine(net.Directory, Tapped, "tap"));

    public async Task<(IReadOnlyList<Sale> Sales, Foreign Foreign)> RunAsync(int repetitions, params int[] parts)
    {
        Stage stage = await Stage.SetAsync(net, coins: [new Sat(10_000_000)]);
        var sales = new List<Sale>();
        for (int i = 0; i < repetitions; i++)
        {
            foreach (int count in parts) sales.Add(await SellAsync(stage, count, $"{count}-{i}"));
        }

        return (sales, await ForwardAsync(stage));
    }

    private async Task<Sale> SellAsync(Stage stage, int parts, string label)
    {
        int before = (await _tap.ReadAsync()).Count;
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price, label);
        SentPart[] first = parts == 1 ? [] : await stage.SendAsync(invoice, parts, sent: parts - 1);
        long start = net.Time.GetTimestamp();
        SentPart[] last = await stage.SendAsync(invoice, parts, sent: 1, first: parts);
        PartOutcome[] outcomes = await first.Concat(last).OutcomesAsync();
        TimeSpan payer = net.Time.GetElapsedTime(start);
        if (!outcomes.All(outcome => outcome.IsPaid)) throw new InvalidOperationException($"{label}: a part failed");

        IReadOnlyList<TapRecord> records = [];
        int end = 0;
        await net.UntilAsync(
            async () =>
            {
                records = [.. (await _tap.ReadAsync()).Skip(before)];
                string? waits = records.FirstOrDefault(record => record.Kind == TapKind.Called && record.Note.StartsWith("lsps/lsps2/confirming/", StringComparison.Ordinal))?.Id;
                end = waits is null ? 0 : records.ToList().FindIndex(record => record.Kind == TapKind.Replied && record.Id == waits) + 1;
                return end > 0;
            },
            "the payment waits for its funding to be buried");
        string[] calls = [.. records.Take(end).Where(record => record.Kind == TapKind.Called).Select(record => record.Name)];
        await net.UntilAsync(async () => (await net.MempoolAsync()).Count == 1, "the funding is in the mempool");
        await net.MineAsync(6);
        await net.UntilAsync(async () => (await stage.Provider.RecordsAsync("lsps", "lsps2", "confirming")).Count == 0, "the session is over");
        await Task.Delay(QuietTime, net.Time); // later calls must not count for the next sale
        return new Sale(parts, Opening.Of(records, invoice.PaymentHash.ToString(), net.Time), calls, payer);
    }

    /// <summary>Measures payments through the provider that are not the plugin's, once its own work is done.</summary>
    private async Task<Foreign> ForwardAsync(Stage stage)
    {
        IRegtestNode neighbour = await net.StartAsync(new NodeSetup("neighbour", []) { WithPlugin = false });
        await net.ConnectAsync(neighbour, stage.Provider);
        await net.FundAsync(neighbour, new Sat(1_000_000));
        Scid onward = await net.OpenAsync(stage.Provider, neighbour, new Sat(1_000_000));
        await Task.Delay(TimeSpan.FromSeconds(2), net.Time);
        int before = (await _tap.ReadAsync()).Count;
        for (int i = 0; i < ForeignForwards; i++) await PayThroughAsync(stage, neighbour, onward, i);
        await Task.Delay(TimeSpan.FromSeconds(1), net.Time);

        TapRecord[] records = [.. (await _tap.ReadAsync()).Skip(before)];
        var answers = new List<TimeSpan>();
        foreach (TapRecord asked in records.Where(record => record is { Kind: TapKind.Asked, Name: "htlc_accepted" }))
        {
            answers.Add(net.Time.GetElapsedTime(asked.At, records.Single(record => record.Kind == TapKind.Answered && record.Id == asked.Id).At));
        }

        if (answers.Count != ForeignForwards) throw new InvalidOperationException($"{answers.Count} of {ForeignForwards} forwards passed the tap");
        return new Foreign(records.Count(record => record.Kind == TapKind.Called), answers);
    }

    private async Task PayThroughAsync(Stage stage, IRegtestNode payee, Scid onward, int number)
    {
        JsonObject invoice = await payee.CallAsync("invoice", new JsonObject { ["amount_msat"] = ForeignAmount.Value, ["label"] = number.ToString(CultureInfo.InvariantCulture), ["description"] = "tea" });
        ulong withFee = ForeignAmount.Value + 1000 + (ForeignAmount.Value * 10 / 1_000_000);
        await stage.Payer.CallAsync("sendpay", new JsonObject
        {
            ["route"] = new JsonArray(Hop(stage.Provider, stage.Channels[0], withFee, 40), Hop(payee, onward, ForeignAmount.Value, 20)),
            ["payment_hash"] = (string)invoice["payment_hash"]!,
            ["payment_secret"] = (string)invoice["payment_secret"]!,
        });
        await stage.Payer.CallAsync("waitsendpay", new JsonObject { ["payment_hash"] = (string)invoice["payment_hash"]! });
    }

    private static JsonObject Hop(IRegtestNode node, Scid channel, ulong amount, int delay) =>
        new() { ["id"] = node.Id.ToString(), ["channel"] = channel.ToString(), ["amount_msat"] = amount, ["delay"] = delay };
}
