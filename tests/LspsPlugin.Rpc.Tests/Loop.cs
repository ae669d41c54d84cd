using LspsPlugin.Simulation.Time;

namespace LspsPlugin.Rpc.Tests;

internal static class Loop
{
    /// <summary>Runs a test on one thread in virtual time: the way in which the product is simulated.</summary>
    public static void Run(Func<TimeProvider, Task> test)
    {
        var loop = new SimLoop(seed: 1);
        loop.Run(
            async () =>
            {
                await test(loop.Clock);
                return 0;
            },
            TimeSpan.FromHours(1));
    }

    public static void Run(Func<Task> test) => Run(_ => test());
}
