using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;

namespace LspsPlugin.Simulation.Checkers;

/// <summary>Watches a run and says what should not have happened. It never acts on what it sees.</summary>
public abstract class SimChecker
{
    private readonly List<string> _violations = [];

    public IReadOnlyList<string> Violations => _violations;

    /// <summary>Something happened; see <see cref="SimEvent"/> for what there is.</summary>
    public virtual void Observe(SimEvent e)
    {
    }

    /// <summary>All is calm: what must hold now.</summary>
    public virtual void AtEnd(JitWorld world)
    {
    }

    protected void Violated(string what) => _violations.Add($"{GetType().Name}: {what}");
}
