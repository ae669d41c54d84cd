using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;

namespace LspsPlugin.Simulation.Checkers;

/// <summary>Watches a run and reports violations. A checker never influences the run.</summary>
public abstract class SimChecker
{
    private readonly List<string> _violations = [];

    public IReadOnlyList<string> Violations => _violations;

    /// <summary>Called for each event; see <see cref="SimEvent"/> for the kinds.</summary>
    public virtual void Observe(SimEvent e)
    {
    }

    /// <summary>Checks the final state of a run.</summary>
    public virtual void AtEnd(JitWorld world)
    {
    }

    protected void Violated(string what) => _violations.Add($"{GetType().Name}: {what}");
}
