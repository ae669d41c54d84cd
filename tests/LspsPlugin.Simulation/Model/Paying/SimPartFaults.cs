using LspsPlugin.Simulation.Runs;

namespace LspsPlugin.Simulation.Model.Paying;

/// <summary>What happens to a part that the node sends; several can happen to one.</summary>
[Flags]
public enum PartFault : byte
{
    None = 0,

    /// <summary>The node is killed between the row and the HTLC's first commitment: the row stays pending for ever, and there is no HTLC.</summary>
    Ghost = 1,

    /// <summary>The caller's connection breaks while the part is on its way: row and HTLC stay.</summary>
    AnswerLost = 2,

    /// <summary>The peer commits to the HTLC and never does anything with it.</summary>
    PeerSilent = 4,

    /// <summary>The peer does not commit to the HTLC: the node disconnects it, and the part fails.</summary>
    PeerDead = 8,

    /// <summary>The first channel goes on chain with the part in it.</summary>
    OnChain = 16,

    /// <summary>Autoclean deletes the row as soon as it is final.</summary>
    RowTaken = 32,
}

/// <param name="After">When the fault happens, counted from the sending.</param>
public readonly record struct PartFate(PartFault Faults, TimeSpan After)
{
    public bool Has(PartFault fault) => (Faults & fault) != PartFault.None;
}

/// <summary>Faults of the parts that a node sends. Without an implementation none happens.</summary>
public interface ISimPartFaults
{
    PartFate OnPart(SimSendPay row);

    /// <summary>Kills the node (<see cref="PartFault.Ghost"/>) or breaks the caller's connections (<see cref="PartFault.AnswerLost"/>).</summary>
    void Strike(SimNode node, PartFault fault);
}

/// <summary>Faults that a test sets for the parts it names.</summary>
public sealed class SetPartFaults(Func<SimSendPay, PartFate> fate) : ISimPartFaults
{
    /// <summary>Called instead of the default, which takes the node down.</summary>
    public Action<SimNode, PartFault>? Striking { get; init; }

    public PartFate OnPart(SimSendPay row) => fate(row);

    public void Strike(SimNode node, PartFault fault)
    {
        if (Striking is { } strike) strike(node, fault);
        else if (fault == PartFault.Ghost) node.Network.TakeDown(node);
    }
}

/// <summary>Faults drawn from a seed: each part draws from its own stream, so that one part's faults do not depend on the others.</summary>
/// <param name="per">How many of a hundred parts have each fault.</param>
public sealed class SeededPartFaults(int seed, IReadOnlyDictionary<PartFault, int> per, Action<SimNode, PartFault> strike) : ISimPartFaults
{
    private const int LongestMs = 3000;

    /// <summary>False in the calm after a storm.</summary>
    public bool Enabled { get; set; } = true;

    public PartFate OnPart(SimSendPay row)
    {
        if (!Enabled) return default;
        var random = SimRandom.Of(seed, "parts", (int)row.Id);
        PartFault faults = PartFault.None;
        foreach (PartFault fault in Enum.GetValues<PartFault>().Where(per.ContainsKey))
        {
            if (random.Next(100) < per[fault]) faults |= fault;
        }

        return new PartFate(faults, TimeSpan.FromMilliseconds(random.Next(LongestMs)));
    }

    public void Strike(SimNode node, PartFault fault) => strike(node, fault);
}
