using LspsPlugin.Simulation.Runs;
using LspsPlugin.Simulation.Time;

namespace LspsPlugin.Simulation.Canaries;

/// <summary>A build on the wallet's node, against hostile providers.</summary>
public static class WalletTrial
{
    private static readonly TimeSpan Horizon = TimeSpan.FromHours(12);

    /// <returns>What was violated, by whom it was seen; nothing when all held.</returns>
    public static IReadOnlyList<string> Run(int seed, SimBuild build)
    {
        var loop = new SimLoop(seed);
        try
        {
            return loop.Run(async () => (await WalletStorm.RunAsync(seed, loop.Clock, build, null)).Violations, Horizon);
        }
        catch (Exception failure)
        {
            return [$"the run broke off: {failure.GetType().Name}: {failure.Message}"];
        }
    }
}
