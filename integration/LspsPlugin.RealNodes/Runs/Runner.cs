using System.Globalization;
using LspsPlugin.RealNodes.Nodes;
using LspsPlugin.Scenarios;
using LspsPlugin.Scenarios.Network;
using Spectre.Console;

namespace LspsPlugin.RealNodes.Runs;

/// <summary>Runs scenarios, some in parallel, and prints their results.</summary>
internal sealed class Runner(Tools tools, IAnsiConsole console, TimeProvider time)
{
    public int Jobs { get; init; } = 1;

    public bool KeepsAll { get; init; }

    /// <summary>The node whose messages with its plugin are kept with the logs.</summary>
    public string? Tapped { get; init; }

    /// <summary>The page that receives the results.</summary>
    public string? Report { get; init; }

    public async Task<IReadOnlyList<RunResult>> PlayAsync(IReadOnlyList<Scenario> wanted, CancellationToken cancelled)
    {
        string description = await DescribeAsync(tools), scratch = Directory.CreateTempSubdirectory("lsps-regtest-").FullName;

        // A database server runs as another user, which must be able to reach its directory.
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

        // List each one that is left out; otherwise it would seem to have been run.
        foreach (Scenario scenario in wanted.Where(scenario => !offers.HasFlag(scenario.Needs))) results.Add(new RunResult(scenario, TimeSpan.Zero, Fault: null) { LeftOut = $"needs {scenario.Needs & ~offers}" });
        int failed = results.Count(result => result.Fault is not null), left = results.Count(result => result.LeftOut is not null), unplayed = wanted.Count - results.Count;
        console.WriteLine($"{results.Count - failed - left} passed, {failed} failed, {left} left out, {unplayed} not run{(cancelled.IsCancellationRequested ? " (interrupted)" : "")}");
        if (Report is not null) Tabulate(Report, description, results);
        return results;
    }

    public static async Task<string> DescribeAsync(Tools tools) =>
        $"{await Tools.VersionAsync(tools.Bitcoind)}; lightningd {await Tools.VersionAsync(tools.Lightningd)}{(tools.Wallet is null ? "" : $"; wallet: {await Tools.VersionAsync(tools.Wallet)}")}";

    private static void Tabulate(string page, string description, IReadOnlyList<RunResult> results)
    {
        const string place = "results on real nodes";
        ResultTable table = ResultTable.Read(Page.Read(page, place));
        table.Put(description, results);
        Page.Write(page, place, table.Write(Scenario.All));
    }

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
        string word = result.LeftOut is not null ? "[yellow]left out[/]" : result.Fault is null ? "[green]passed[/]" : "[red]failed[/]";
        console.MarkupLine($"{word} {seconds,6} s  [grey]{result.Scenario.Group.EscapeMarkup()}:[/] {result.Scenario.ToString().EscapeMarkup()}");
        if (result.LeftOut is { } because) console.WriteLine($"    {because}");
        if (result.Fault is null) return;
        TextWriter output = console.Profile.Out.Writer;
        foreach (string line in result.Fault.Split('\n')) output.WriteLine($"    {line}");
        output.WriteLine($"    logs: artifacts/regtest/{result.Scenario.Name}");
    }
}
