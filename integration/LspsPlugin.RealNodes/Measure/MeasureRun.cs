using LspsPlugin.RealNodes.Nodes;
using LspsPlugin.RealNodes.Runs;

namespace LspsPlugin.RealNodes.Measure;

/// <summary>Measures on a network of its own, and prints the results.</summary>
internal static class MeasureRun
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(20);

    public static async Task<int> PlayAsync(Tools tools, int repetitions, TextWriter output, string? page, CancellationToken cancelled)
    {
        TimeProvider time = TimeProvider.System;
        string scratch = Directory.CreateTempSubdirectory("lsps-regtest-").FullName, description = await Runner.DescribeAsync(tools);
        try
        {
            await using RealRegtest net = await RealRegtest.CreateAsync(tools, description, Path.Combine(scratch, "m"), time, Measurement.Tapped, withHelper: false);
            (IReadOnlyList<Sale> sales, Foreign foreign) = await new Measurement(net).RunAsync(repetitions, 1, 5).WaitAsync(Limit, time, cancelled);
            string report = MeasureReport.Write(description, sales, foreign);
            output.Write(report);
            if (page is not null) Page.Write(page, "measured on real nodes", report);
            foreach (string complaint in net.Complaints) output.WriteLine(complaint);
            return net.Complaints.Count == 0 ? 0 : 1;
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }
}
