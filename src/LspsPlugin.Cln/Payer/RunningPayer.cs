using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Payer.Commands;
using LspsPlugin.Cln.Payer.Invoices;
using LspsPlugin.Cln.Payer.Routes;
using LspsPlugin.Cln.Payer.Sending;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Payments;
using LspsPlugin.Durable.Payments;

namespace LspsPlugin.Cln.Payer;

/// <summary>The payer once its records are read.</summary>
internal sealed class RunningPayer : IRouteSource
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private readonly PayerParts _parts;
    private readonly ClnRows _rows;
    private readonly ClnRoutes _routes;
    private readonly IRouteSource _source;
    private readonly PaymentTower _tower;
    private readonly RowsMonitor _monitor;

    public RunningPayer(PayerParts parts, NodeSettings self, byte[] key)
    {
        _parts = parts;
        var onions = new OnionMaker(parts.Node, self.Id, key);
        _rows = new ClnRows(parts.Node, onions, () => parts.Tip.Height);
        _routes = new ClnRoutes(parts.Node, self.Id, () => parts.Tip.Height, parts.Log, parts.Background);
        _source = parts.Seams.Routes(_routes);
        _tower = new PaymentTower(
            parts.Seams.Sender(new ClnSendAttempt(parts.Sending, onions, _rows)), this, parts.Journal, parts.Events, parts.Time, static () => PaymentLimits.Default, parts.Background);
        _monitor = new RowsMonitor(parts.Sending, _tower.OnPartSent, OnRowsChanged, parts.Time, parts.Log, parts.Background);
        Desk = new PayerDesk(_tower, _routes, new Bolt12Invoices(parts.Node, self.Id), parts.News, self, () => parts.Tip.Height, parts.Time, parts.Stopping);
    }

    /// <summary>What the commands work on.</summary>
    public PayerDesk Desk { get; }

    /// <summary>The number of payments that are not final.</summary>
    public int LiveCount => _tower.LiveCount;

    /// <summary>Reads what the node has of earlier processes, and removes what they left in its pathfinding.</summary>
    /// <returns>Null on success, else the problem.</returns>
    public async ValueTask<string?> PrepareAsync() => await _rows.StartAsync(_parts.Stopping) ?? await _routes.StartAsync();

    /// <summary>Continues the payments that are not final.</summary>
    public void Load(PaymentJournalContents contents)
    {
        foreach (PaymentRecord payment in contents.Live) _parts.News.OnLoaded(payment);
        _tower.Load(contents, remark => _parts.Log.Error($"payer: {remark}"));
        _monitor.Start();
    }

    /// <summary>Deletes old payments, once a day.</summary>
    public async Task RunAsync()
    {
        _parts.Log.Info($"payer: ready; {LiveCount} payment(s) continue");
        while (true)
        {
            await Task.Delay(Day, _parts.Time, _parts.Stopping);
            if (await _tower.PruneAsync() is { } problem) _parts.Log.Unusual($"payer: old payments were not deleted: {problem}");
        }
    }

    public void OnBlock() => _tower.OnBlock(_parts.Tip.Height);

    /// <inheritdoc/>
    public ValueTask<PaymentInput> FindRoutesAsync(PaymentTerms terms, FindRoutes find, CancellationToken stopping) => _source.FindRoutesAsync(terms, find, stopping);

    /// <inheritdoc/>
    public void Forget(PaymentTerms terms) => _source.Forget(terms);

    private void OnRowsChanged(PaymentHash? hash)
    {
        if (hash is { } one) _tower.OnRowsChanged(one);
        else foreach (PaymentHash live in _parts.News.Live.ToArray()) _tower.OnRowsChanged(live);
    }
}
