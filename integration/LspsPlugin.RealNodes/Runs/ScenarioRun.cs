using System.Globalization;
using LspsPlugin.RealNodes.Nodes;
using LspsPlugin.Scenarios;
using LspsPlugin.Scenarios.Network;

namespace LspsPlugin.RealNodes.Runs;

/// <summary>How a scenario ended.</summary>
/// <param name="Fault">Null if it passed.</param>
internal sealed record RunResult(Scenario Scenario, TimeSpan Took, string? Fault)
{
    /// <summary>Why it was not run, or not to its end: then it has neither passed nor failed.</summary>
    public string? LeftOut { get; init; }
}

/// <summary>Runs one scenario on its own network.</summary>
internal sealed class ScenarioRun(Tools tools, string description, string scratch, TimeProvider time)
{
    /// <summary>Longer than any scenario takes; the waits inside have shorter timeouts.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    /// <summary>The directory for the logs of failed scenarios.</summary>
    private static readonly string Evidence = Path.GetFullPath(Path.Combine("artifacts", "regtest"));

    private int _played;

    public bool KeepsAll { get; init; }

    /// <summary>The node whose messages with its plugin are kept with the logs.</summary>
    public string? Tapped { get; init; }

    public async Task<RunResult> PlayAsync(Scenario scenario, CancellationToken cancelled)
    {
        long start = time.GetTimestamp();

        // A socket's path may have only about a hundred characters: use a number, not the name.
        string directory = Path.Combine(scratch, (++_played).ToString(CultureInfo.InvariantCulture));
        (string? fault, string? leftOut) = await FaultAsync(scenario, directory, cancelled);
        TimeSpan took = time.GetElapsedTime(start);
        if (fault is not null || KeepsAll) Keep(scenario, directory, fault);
        Directory.Delete(directory, recursive: true);
        return new RunResult(scenario, took, fault) { LeftOut = leftOut };
    }

    private async Task<(string? Fault, string? LeftOut)> FaultAsync(Scenario scenario, string directory, CancellationToken cancelled)
    {
        var faults = new List<string>();
        string? leftOut = null;
        RealRegtest? net = null;
        try
        {
            // Not cancelled during the start: whatever is started must be known, so that it can be stopped.
            net = await RealRegtest.CreateAsync(tools, description, directory, time, Tapped);
            await scenario.Play(net).WaitAsync(Limit, time, cancelled);
            if (tools.Wallet is not null && !net.HadForeignWallet) leftOut = "no wallet takes part";
        }
        catch (Exception e) when (NotOnOfferException.Within(e) is { } lacking)
        {
            leftOut = lacking.Message;
        }
        catch (Exception e)
        {
            // Any exception makes this scenario fail; the others continue.
            faults.Add(e.ToString());
        }

        if (net is null) return (faults[0], null);
        try
        {
            await net.DisposeAsync();
        }
        catch (Exception e)
        {
            faults.Add($"the network did not stop cleanly: {e}");
        }

        if (leftOut is not null) return (null, leftOut);
        faults.AddRange(net.Complaints);
        return (faults.Count == 0 ? null : string.Join('\n', faults), null);
    }

    private static void Keep(Scenario scenario, string directory, string? fault)
    {
        string kept = Path.Combine(Evidence, scenario.Name);
        if (Directory.Exists(kept)) Directory.Delete(kept, recursive: true);
        Directory.CreateDirectory(kept);
        if (fault is not null) File.WriteAllText(Path.Combine(kept, "fault"), fault);
        foreach (string node in Directory.EnumerateDirectories(directory))
        {
            foreach (string file in new[] { "log", "out", "tap", Path.Combine("regtest", "debug.log") }.Select(name => Path.Combine(node, name)).Where(File.Exists))
            {
                File.Copy(file, Path.Combine(kept, $"{Path.GetFileName(node)}.{Path.GetFileName(file)}"));
            }
        }
    }
}
