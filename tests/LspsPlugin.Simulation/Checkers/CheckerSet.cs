using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;

namespace LspsPlugin.Simulation.Checkers;

/// <summary>All that watches one run: told every event from the first one on, asked once when all is calm.</summary>
public sealed class CheckerSet(params IReadOnlyList<SimChecker> checkers)
{
    /// <summary>Every checker there is, fresh for one run.</summary>
    public CheckerSet()
        : this([])
    {
    }

    public string? FirstViolation => checkers.SelectMany(checker => checker.Violations).FirstOrDefault();

    /// <summary>Before anything happens: the world's own setup is seen too.</summary>
    public void Attach(SimNetwork network) => network.Observed += Observe;

    public void AtEnd(JitWorld world)
    {
        foreach (SimChecker checker in checkers) checker.AtEnd(world);
    }

    private void Observe(SimEvent happened)
    {
        foreach (SimChecker checker in checkers) checker.Observe(happened);
    }
}
