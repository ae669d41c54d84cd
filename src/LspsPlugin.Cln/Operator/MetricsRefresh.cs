using LspsPlugin.Cln.Metrics;
using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Cln.Provider;
using LspsPlugin.Cln.Provider.Reporting;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Operator;

/// <summary>Keeps the views of <see cref="Gauges"/> fresh, on the loop: what is in memory every few seconds, what only the node knows once a minute.</summary>
/// <param name="provider">Null if the role is off.</param>
/// <param name="livePayments">Returns the number of the payer's payments that are not final, or null if the role is off.</param>
/// <param name="metrics">What is kept fresh.</param>
/// <param name="time">The clock.</param>
/// <param name="log">The host's log.</param>
/// <param name="stopping">Ends it.</param>
internal sealed class MetricsRefresh(ProviderRole? provider, Func<int?> livePayments, PluginMetrics metrics, TimeProvider time, HostLog log, CancellationToken stopping)
{
    /// <summary>How often the loop looks at what is in memory.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromSeconds(5);

    /// <summary>How often the node is asked, at most: it lists all its channels and coins for it.</summary>
    public static readonly TimeSpan Node = TimeSpan.FromSeconds(60);

    private bool _saidSilent;

    /// <summary>Looks at what is in memory until the plugin stops.</summary>
    public async Task WatchMemoryAsync()
    {
        while (true)
        {
            Look();
            await Task.Delay(Memory, time, stopping);
        }
    }

    /// <summary>Asks the node until the plugin stops.</summary>
    public async Task WatchNodeAsync()
    {
        while (true)
        {
            // Until the records are read nothing says what the usual channel is.
            if (provider is { Running: not null }) await AskAsync(new OperatorDesk(provider));
            await Task.Delay(provider is { Running: null } ? Memory : Node, time, stopping);
        }
    }

    private void Look()
    {
        RunningProvider? running = provider?.Running;
        if (running is not null) metrics.Sales.KeepOnly(running.Registry.Running());
        metrics.Gauges.Show(new MemoryView(running?.Registry.Count(), metrics.Sales.OldestPart, running?.Pause.Current is not null, livePayments()));
    }

    private async Task AskAsync(OperatorDesk desk)
    {
        (LiquidityView? view, string? problem) = await LiquidityView.ReadAsync(desk.Node, stopping);
        IReadOnlyList<Finding> findings = (await Checkup.RunAsync(desk, (view, problem))).Findings;
        if (view is null)
        {
            if (!_saidSilent) log.Unusual($"metrics: the node does not say what coins and channels it has: {problem}");
            _saidSilent = true;
            return;
        }

        _saidSilent = false;
        PeerChannel[] ways = [.. view.WaysIn];
        metrics.Gauges.Show(new NodeView(
            time.GetUtcNow(),
            Sum(view.Free),
            Sum(view.Reserved),
            Sum(view.Waiting),
            view.OpeningsLeft(UsualChannel.Of(desk.Provider).Size),
            ways.Length,
            ways.Where(static way => way.PeerConnected).Sum(static way => (long)Math.Min((way.ReceivableMsat ?? Msat.Zero).Value, Msat.AllMoney.Value)),
            [.. findings.GroupBy(static finding => (finding.Code, finding.Urgency)).Select(static group => (group.Key.Code, group.Key.Urgency.ToWord(), group.Count()))]));
    }

    private static long Sum(IEnumerable<FundsOutput> coins) => coins.Sum(static coin => (long)LiquidityView.ValueOf(coin).Value);
}
