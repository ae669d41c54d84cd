namespace LspsPlugin.Simulation.Model;

/// <summary>How a node's own view differs from that of one that is up to date and stays up.</summary>
public sealed class SimNodeState
{
    /// <summary>The height at which the node's view of the chain stands still; null when it follows.</summary>
    public uint? StandsAt { get; private set; }

    /// <summary>The member of getinfo's answer that says so.</summary>
    public string? Warning { get; private set; }

    /// <summary>The command "graceful" was given: peers without an HTLC are dropped, nobody can connect; until the node starts again.</summary>
    public bool IsGraceful { get; set; }

    /// <summary>No zero-conf channel is used before its funding is in the mempool (a proposed change).</summary>
    public bool AwaitsMempool { get; set; }

    public void FallBehind(string warning, uint at) => (StandsAt, Warning) = (at, warning);

    public void CatchUp() => (StandsAt, Warning) = (null, null);
}
