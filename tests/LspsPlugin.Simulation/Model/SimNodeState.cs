namespace LspsPlugin.Simulation.Model;

/// <summary>How a node's state differs from that of one that is up to date and not shutting down.</summary>
public sealed class SimNodeState
{
    /// <summary>The height at which the node's view of the chain stopped; null if it follows the chain.</summary>
    public uint? StandsAt { get; private set; }

    /// <summary>The member of getinfo's answer that reports it.</summary>
    public string? Warning { get; private set; }

    /// <summary>
    /// Whether the command "graceful" was given: until the node's restart, peers without an HTLC are disconnected and nobody can connect.
    /// </summary>
    public bool IsGraceful { get; set; }

    /// <summary>Number of times that the node came up. What was under way in an earlier life has no effect on this one.</summary>
    public int Starts { get; set; }

    /// <summary>Whether the node uses no zero-conf channel before its funding is in the mempool (a proposed change).</summary>
    public bool AwaitsMempool { get; set; }

    public void FallBehind(string warning, uint at) => (StandsAt, Warning) = (at, warning);

    public void CatchUp() => (StandsAt, Warning) = (null, null);
}
