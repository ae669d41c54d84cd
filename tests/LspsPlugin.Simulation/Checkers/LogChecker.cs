using LspsPlugin.Simulation.Model;

namespace LspsPlugin.Simulation.Checkers;

/// <summary>
/// The plugin logs an error, which its operator must act on, only if the node refused it something, or did not answer, or if the operator switched off a role that still
/// owes something. What befell an earlier process is no cause for the one that runs.
/// </summary>
public sealed class LogChecker : SimChecker
{
    private readonly HashSet<SimNode> _refused = [];

    public override void Observe(SimEvent e)
    {
        if (e.What == "plugin started") _refused.Remove(e.Node);
        if (!_refused.Contains(e.Node) && (e.What == SimEvent.Unanswered || e.Content["error"] is not null)) _refused.Add(e.Node);
        if (e.What == "log" && !_refused.Contains(e.Node) && !IsSwitchedOff(e)) Violated($"the plugin of {e.Node} logs an error, but the node refused it nothing: {(string?)e.Content["message"]}");
    }

    private static bool IsSwitchedOff(SimEvent e) => ((string?)e.Content["message"])?.Contains("` is off, but the records contain unfinished obligations", StringComparison.Ordinal) == true;
}
