using LspsPlugin.Simulation.Runs;
using LspsPlugin.Simulation.Time;

namespace LspsPlugin.Simulation.Canaries;

/// <summary>Runs a build on the payer's node in a storm.</summary>
public static class PayerTrial
{
    private static readonly TimeSpan Horizon = TimeSpan.FromHours(12);

    /// <returns>The violations, each with the checker that saw it; empty if there are none.</returns>
    public static IReadOnlyList<string> Run(int seed, SimBuild build)
    {
        var loop = new SimLoop(seed);
        try
        {
            return loop.Run(async () => (await PayerStorm.RunAsync(seed, loop.Clock, build, null)).Violations, Horizon);
        }
        catch (Exception failure)
        {
            return [$"the trial was aborted: {failure.GetType().Name}: {failure.Message}"];
        }
    }
}
