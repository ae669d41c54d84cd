using System.Diagnostics.Metrics;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Cln.Metrics;

/// <summary>What is in memory, as it was when the loop last looked.</summary>
/// <param name="Sales">The offers and sessions; null until the provider's records are read.</param>
/// <param name="OldestPart">When the oldest held part came, by <see cref="TimeProvider.GetTimestamp"/>; null if none is held.</param>
/// <param name="IsPaused">Whether the operator has paused the sale.</param>
/// <param name="LivePayments">The payer's payments that are not final; null if the role is off.</param>
internal sealed record MemoryView(SalesCount? Sales, long? OldestPart, bool IsPaused, int? LivePayments);

/// <summary>What the node said when it was last asked.</summary>
/// <param name="At">When that was.</param>
/// <param name="FreeSat">Confirmed coins that nothing holds, in sat.</param>
/// <param name="ReservedSat">Coins that an opening or another program has reserved, in sat.</param>
/// <param name="UnconfirmedSat">Coins that wait for a block, in sat.</param>
/// <param name="OpeningsLeft">How many channels of the usual size the free coins pay for.</param>
/// <param name="WaysIn">The number of usable public channels.</param>
/// <param name="ReceivableMsat">What those of them can receive whose peers are connected, in msat.</param>
/// <param name="Findings">The findings of lsps-checkup, counted.</param>
internal sealed record NodeView(
    DateTimeOffset At, long FreeSat, long ReservedSat, long UnconfirmedSat, int OpeningsLeft, int WaysIn, long ReceivableMsat, IReadOnlyList<(string Code, string Urgency, int Count)> Findings);

/// <summary>
/// The instruments that are read. A scrape runs on a thread of its own, so it gets the views that the loop left here, and neither asks the node nor waits
/// for the loop.
/// </summary>
internal sealed class Gauges
{
    private readonly TimeProvider _time;
    private readonly HookCounts _hooks;
    private readonly DateTimeOffset _startedAt;
    private volatile MemoryView _memory = new(null, null, IsPaused: false, LivePayments: null);
    private volatile NodeView? _node;

    public Gauges(Meter meter, HookCounts hooks, DateTimeOffset startedAt, TimeProvider time)
    {
        (_time, _hooks, _startedAt) = (time, hooks, startedAt);
        meter.CreateObservableUpDownCounter("lsps.sessions", Sessions, "{session}", "Payments in progress, by phase");
        meter.CreateObservableUpDownCounter("lsps.offers", Offers, "{offer}", "Live offers, unpaid and paid");
        meter.CreateObservableUpDownCounter("lsps.held.parts", () => OfSales(static sales => sales.HeldParts), "{part}", "HTLCs that are held");
        meter.CreateObservableUpDownCounter("lsps.held.amount", () => OfSales(static sales => (long)Math.Min(sales.Held.Value, long.MaxValue / 4)), "msat", "Amount that is held");
        meter.CreateObservableGauge("lsps.held.age", HeldAge, "s", "Age of the oldest part that is held; 0 if none is");
        meter.CreateObservableGauge("lsps.paused", () => OfSales(_ => _memory.IsPaused ? 1 : 0), unit: null, "Whether the operator has paused the sale: 1 or 0");
        meter.CreateObservableUpDownCounter("lsps.payer.live", () => _memory.LivePayments is { } live ? [new Measurement<long>(live)] : (Measurement<long>[])[], "{payment}", "Payments of the payer that are not over");
        meter.CreateObservableUpDownCounter("lsps.coins", Coins, "sat", "The wallet's coins: free (confirmed), reserved, unconfirmed");
        meter.CreateObservableGauge("lsps.openings.left", () => OfNode(static node => node.OpeningsLeft), "{opening}", "How many channels of the usual size the free coins pay for");
        meter.CreateObservableUpDownCounter("lsps.inbound.channels", () => OfNode(static node => node.WaysIn), "{channel}", "Usable public channels: the ways in which payments can come");
        meter.CreateObservableUpDownCounter("lsps.inbound.receivable", () => OfNode(static node => node.ReceivableMsat), "msat", "What the usable public channels can receive, if their peers are connected");
        meter.CreateObservableGauge("lsps.findings", Findings, "{finding}", "Findings of lsps-checkup, by code and urgency");
        meter.CreateObservableGauge("lsps.node.refresh.time", () => OfNode(static node => node.At.ToUnixTimeSeconds()), "s", "When the node was last asked for coins, channels and findings, as Unix time");
        meter.CreateObservableCounter("lsps.hooks", Hooks, "{call}", "Calls of the node's hooks; foreign HTLCs are answered at once");
        meter.CreateObservableGauge("process.start.time", () => _startedAt.ToUnixTimeMilliseconds() / 1000.0, "s", "When the plugin started, as Unix time");
        meter.CreateObservableUpDownCounter("process.memory.usage", static () => Environment.WorkingSet, "By", "Resident memory");
        meter.CreateObservableGauge("lsps.build.info", static () => Of("version", PluginVersion.Text, 1), unit: null, "The version that runs");
    }

    /// <summary>Replaces the view of what is in memory.</summary>
    public void Show(MemoryView memory) => _memory = memory;

    /// <summary>Replaces the view of the node.</summary>
    public void Show(NodeView node) => _node = node;

    private Measurement<long>[] OfSales(Func<SalesCount, long> value) => _memory.Sales is { } sales ? [new Measurement<long>(value(sales))] : [];

    private Measurement<long>[] OfNode(Func<NodeView, long> value) => _node is { } node ? [new Measurement<long>(value(node))] : [];

    private Measurement<long>[] Sessions() => _memory.Sales is { } sales
        ? [.. SessionWords.Phases.Words.Where(static word => word != Phase.Ended.ToWord()).Select(word => Of("phase", word, sales.Phases.Where(phase => phase.Key.ToWord() == word).Sum(static phase => phase.Value)))]
        : [];

    private Measurement<long>[] Offers() => _memory.Sales is { } sales ? [Of("state", "unpaid", sales.UnpaidOffers), Of("state", "paid", sales.PaidOffers)] : [];

    private Measurement<double>[] HeldAge()
    {
        MemoryView memory = _memory;
        return memory.Sales is null ? [] : [new Measurement<double>(memory.OldestPart is { } at ? _time.GetElapsedTime(at).TotalSeconds : 0)];
    }

    private Measurement<long>[] Coins() => _node is { } node
        ? [Of("state", "free", node.FreeSat), Of("state", "reserved", node.ReservedSat), Of("state", "unconfirmed", node.UnconfirmedSat)]
        : [];

    private Measurement<long>[] Findings() => _node is { } node
        ? [.. node.Findings.Select(static one => new Measurement<long>(one.Count, new("code", one.Code), new("urgency", one.Urgency)))]
        : [];

    private Measurement<long>[] Hooks() =>
    [
        Of("htlc_accepted", isForeign: true, _hooks.ForeignHtlcs),
        Of("htlc_accepted", isForeign: false, _hooks.Htlcs),
        Of("openchannel", isForeign: false, _hooks.OpenChannels),
        Of("rpc_command", isForeign: false, _hooks.Commands),
        Of("custommsg", isForeign: false, _hooks.Messages),
    ];

    private static Measurement<long> Of(string hook, bool isForeign, long count) => new(count, new("hook", hook), new("concern", isForeign ? "foreign" : "ours"));

    private static Measurement<long> Of(string attribute, string word, long value) => new(value, new KeyValuePair<string, object?>(attribute, word));
}
