using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using LspsPlugin.Simulation.Canaries;
using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Simulation.Time;

namespace LspsPlugin.Simulation.Runs;

/// <param name="Outcome">What the run did and how it ended.</param>
/// <param name="Violation">What went wrong; null if everything held.</param>
public sealed record RunResult(string Outcome, string? Violation)
{
    /// <summary>The faults and events of the run, with their counts.</summary>
    public IReadOnlyDictionary<string, int> Storm { get; init; } = new Dictionary<string, int>();
}

/// <summary>
/// Whole runs of all plugins in virtual time: the seed determines what happens, and the invariants are checked afterwards.
/// </summary>
public static class SimulationRuns
{
    private static readonly TimeSpan Horizon = TimeSpan.FromHours(12);

    /// <summary>Executes one run; <paramref name="tell"/> receives its trace.</summary>
    /// <param name="sabotage">Answers commands of the provider's node wrongly, to prove that a violation is detected.</param>
    /// <param name="tamper">Breaks the world in another way once all plugins run, for the same purpose.</param>
    [SuppressMessage("Design", "CA1031", Justification = "whatever ends a run is its violation")]
    public static RunResult One(int seed, Action<string>? tell, Func<string, JsonNode?>? sabotage = null, Action<JitWorld>? tamper = null)
    {
        var loop = new SimLoop(seed);
        try
        {
            RunResult provider = loop.Run(() => new StormRun(seed, loop.Clock, tell, sabotage, tamper).RunAsync(), Horizon);
            return provider.Violation is not null || sabotage is not null || tamper is not null ? provider : OfTheWallet(seed, tell, provider);
        }
        catch (Exception failure)
        {
            tell?.Invoke(failure.ToString());
            return new RunResult("broken off", $"{failure.GetType().Name}: {failure.Message}");
        }
        finally
        {
            SimPsbt.Forget();
        }
    }

    /// <summary>Executes one run of a payer of ours, in a world of its own.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "whatever ends a run is its violation")]
    public static RunResult OfThePayer(int seed, Action<string>? tell)
    {
        var loop = new SimLoop(seed);
        try
        {
            (IReadOnlyList<string> violations, StormTally tally) = loop.Run(() => PayerStorm.RunAsync(seed, loop.Clock, new SimBuild(), tell), Horizon);
            return new RunResult("payments made", violations.Count > 0 ? violations[0] : null) { Storm = tally.Counts };
        }
        catch (Exception failure)
        {
            tell?.Invoke(failure.ToString());
            return new RunResult("broken off", $"{failure.GetType().Name}: {failure.Message}");
        }
        finally
        {
            SimPsbt.Forget();
        }
    }

    /// <summary>Runs the wallet's side, in a world of its own.</summary>
    private static RunResult OfTheWallet(int seed, Action<string>? tell, RunResult provider)
    {
        tell?.Invoke("* a hostile provider");
        var loop = new SimLoop(seed);
        (IReadOnlyList<string> violations, StormTally tally) = loop.Run(() => WalletStorm.RunAsync(seed, loop.Clock, new SimBuild(), tell), Horizon);
        tally.Add(provider.Storm);
        return provider with { Violation = violations.Count > 0 ? violations[0] : null, Storm = tally.Counts };
    }
}
