using System.Diagnostics.Metrics;
using LspsPlugin.Durable.Payments;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Cln.Metrics;

/// <summary>The metrics of the process. It exists only if the operator wants metrics somewhere.</summary>
internal sealed class PluginMetrics
{
    private readonly Instruments _instruments = new();

    /// <param name="hooks">The calls of hooks.</param>
    /// <param name="startedAt">When the process started.</param>
    /// <param name="time">The clock.</param>
    public PluginMetrics(HookCounts hooks, DateTimeOffset startedAt, TimeProvider time)
    {
        Sales = new SaleMeter(_instruments, time);
        Gauges = new Gauges(_instruments.Meter, hooks, startedAt, time);
        Calls = new CallMeter(_instruments, time);
    }

    /// <summary>What all instruments belong to.</summary>
    public Meter Meter => _instruments.Meter;

    /// <summary>Measures calls to the node.</summary>
    public CallMeter Calls { get; }

    /// <summary>Receives what happens to sales.</summary>
    public SaleMeter Sales { get; }

    /// <summary>What is read by a scrape.</summary>
    public Gauges Gauges { get; }

    /// <inheritdoc cref="Instruments.ShowZeros"/>
    public void ShowZeros() => _instruments.ShowZeros();

    public ISessionJournal Metered(ISessionJournal journal) => new MeteredJournal(journal, _instruments, Sales);

    public IPaymentEvents Metered(IPaymentEvents events) => new MeteredPayments(events, _instruments);

    /// <param name="method">A method that we serve, or <see cref="RequestOutcomes.Other"/>.</param>
    /// <param name="outcome">A word of <see cref="RequestOutcomes"/>.</param>
    public void OnRequest(string method, string outcome) => _instruments.OnRequest(method, outcome);
}
