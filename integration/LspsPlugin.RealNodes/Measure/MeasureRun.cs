using LspsPlugin.RealNodes.Nodes;
using LspsPlugin.RealNodes.Runs;
using LspsPlugin.Scenarios.Network;

namespace LspsPlugin.RealNodes.Measure;

/// <summary>Measures on a network of its own, and prints the results.</summary>
internal static class MeasureRun
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(20);

    /// <summary>Measures JIT payments.</summary>
    public static Task<int> PlayAsync(Tools tools, int repetitions, TextWriter output, string? page, CancellationToken cancelled) => PlayAsync(
        tools,
        Measurement.Tapped,
        static _ => false,
        "measured on real nodes",
        async (net, description) =>
        {
            (IReadOnlyList<Sale> sales, Foreign foreign) = await new Measurement(net).RunAsync(repetitions, 1, 5);
            return MeasureReport.Write(description, sales, foreign);
        },
        output,
        page,
        cancelled);

    /// <summary>Measures payouts beside the node's own xpay.</summary>
    public static Task<int> PlayPayoutsAsync(Tools tools, int repetitions, TextWriter output, string? page, CancellationToken cancelled) => PlayAsync(
        tools,
        PayoutMeasurement.Tapped,
        static setup => setup.Name != PayoutMeasurement.Tapped,
        "payouts measured on real nodes",
        async (net, description) => PayoutReport.Write(description, await new PayoutMeasurement(net).RunAsync(repetitions)),
        output,
        page,
        cancelled);

    private static async Task<int> PlayAsync(
        Tools tools, string tapped, Func<NodeSetup, bool> hasHelper, string region, Func<RealRegtest, string, Task<string>> measure, TextWriter output, string? page, CancellationToken cancelled)
    {
        TimeProvider time = TimeProvider.System;
        string scratch = Directory.CreateTempSubdirectory("lsps-regtest-").FullName, description = await Runner.DescribeAsync(tools);
        try
        {
            await using RealRegtest net = await RealRegtest.CreateAsync(tools, description, Path.Combine(scratch, "m"), time, tapped, hasHelper);
            string report = await measure(net, description).WaitAsync(Limit, time, cancelled);
            output.Write(report);
            if (page is not null) Page.Write(page, region, report);
            foreach (string complaint in net.Complaints) output.WriteLine(complaint);
            return net.Complaints.Count == 0 ? 0 : 1;
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }
}
