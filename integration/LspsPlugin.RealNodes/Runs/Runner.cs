using System.Globalization;
using LspsPlugin.RealNodes.Nodes;
using LspsPlugin.Scenarios;
using LspsPlugin.Scenarios.Network;
using Spectre.Console;

namespace LspsPlugin.RealNodes.Runs;

/// <summary>Plays scenarios, some at a time, and tells how they ended.</summary>
internal sealed class Runner(Tools tools, IAnsiConsole console, TimeProvider time)
{
    public int Jobs { get; init; } = 1;

    public bool KeepsAll { get; init; }

    /// <summary>The node whose talk with its plugin is kept with the logs.</summary>
    public string? Tapped { get; init; }

    /// <summary>A page that gets the results.</summary>
    public string? Report { get; init; }

    public async Task<IReadOnlyList<RunResult>> PlayAsync(IReadOnlyList<Scenario> wanted, CancellationToken cancelled)
    {
        string description = await DescribeAsync(tools), scratch = Directory.CreateTempSubdirectory("lsps-regtest-").FullName;

        // A database server runs as another user, and must get through to its own folder.
        File.SetUnixFileMode(scratch, (UnixFileMode)0b111_101_101);
        Need offers = RealRegtest.OffersOf(tools);
        console.WriteLine(description);
        var results = new List<RunResult>();
        try
        {
            var run = new ScenarioRun(tools, description, scratch, time) { KeepsAll = KeepsAll, Tapped = Tapped };
            var queue = new Queue<Scenario>(wanted.Where(scenario => offers.HasFlag(scenario.Needs)));
            await Task.WhenAll(Enumerable.Range(0, Jobs).Select(_ => WorkAsync(queue, run, results, cancelled)));
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }

        Scenario[] left = [.. wanted.Where(scenario => results.All(result => result.Scenario != scenario))];
        int failed = results.Count(result => result.Fault is not null);
        string because = left.Length == 0 ? "" : cancelled.IsCancellationRequested ? " (interrupted)" : $" ({string.Join(", ", left.Select(scenario => scenario.Needs).Distinct())} is not on offer here)";
        console.WriteLine($"{results.Count - failed} passed, {failed} failed, {left.Length} not run{because}");
        if (Report is not null) Page.Write(Report, "results on real nodes", ResultReport.Write(description, wanted, results));
        return results;
    }

    public static async Task<string> DescribeAsync(Tools tools) =>
        $"{await Tools.VersionAsync(tools.Bitcoind)}; lightningd {await Tools.VersionAsync(tools.Lightningd)}";

    private async Task WorkAsync(Queue<Scenario> queue, ScenarioRun run, List<RunResult> results, CancellationToken cancelled)
    {
        while (!cancelled.IsCancellationRequested && queue.TryDequeue(out Scenario? scenario))
        {
            RunResult result = await run.PlayAsync(scenario, cancelled);
            if (cancelled.IsCancellationRequested) return;
            results.Add(result);
            Tell(result);
        }
    }

    private void Tell(RunResult result)
    {
        string seconds = result.Took.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture);
        console.MarkupLine($"{(result.Fault is null ? "[green]passed[/]" : "[red]failed[/]")} {seconds,6} s  [grey]{result.Scenario.Group.EscapeMarkup()}:[/] {result.Scenario.ToString().EscapeMarkup()}");
        if (result.Fault is null) return;
        TextWriter output = console.Profile.Out.Writer;
        foreach (string line in result.Fault.Split('\n')) output.WriteLine($"    {line}");
        output.WriteLine($"    logs: artifacts/regtest/{result.Scenario.Name}");
    }
}
