using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Tests;

namespace LspsPlugin.Simulation.Checkers;

/// <summary>Every hook call is answered once, and a held part is answered early enough before it expires.</summary>
/// <remarks>A second answer to one call kills the model's node, like the real one; the run reports that by itself.</remarks>
[Covers("A21", "C21")]
public sealed class HookChecker(Book book) : SimChecker
{
    /// <summary>The plugin's safety margin: the default of `lsps2-cltv-safety` in the manifest.</summary>
    private const uint Safety = 6;

    /// <summary>Number of blocks by which a block notification may be late.</summary>
    private const uint Late = 3;

    private readonly Dictionary<int, (SimEvent Asked, uint Height)> _open = [];

    public override void Observe(SimEvent e)
    {
        if (e.Call > 0)
        {
            if (e.What.EndsWith(" asked", StringComparison.Ordinal)) _open.Add(e.Call, (e, e.Node.Network.Chain.Height));
            else _open.Remove(e.Call);
        }

        if (e is { What: "htlc_accepted answered", Htlc: { } part }) Answered(e, part);
        else if (e.What == "block_added") TooLong(e.Node);
        else if (e.What == "node down") Forget(e.Node);
    }

    public override void AtEnd(JitWorld world)
    {
        foreach ((SimEvent asked, _) in _open.Values) Violated($"{asked.Node} got no answer to {asked.What[..^6]}{(asked.Htlc is { } part ? $" for the part {Name(part)}" : "")}");
    }

    private void Answered(SimEvent e, SimHtlc part)
    {
        if (Forwarding.Read(part, e.Content) is null || book.SaleOf(e.Node, part) is not { } sale) return;
        uint height = e.Node.Network.Chain.Height;
        if (height + Safety > part.Cltv + Late) Violated($"the part {Name(part)} was forwarded at height {height}, but expires at {part.Cltv}");
        if (book.IsDone(sale)) return;
        uint outgoing = part.Hop?.Cltv ?? 0;
        if (part.Cltv < outgoing + e.Node.CltvDelta) Violated($"the part {Name(part)} was forwarded with a CLTV delta of {(long)part.Cltv - outgoing} blocks; the node requires {e.Node.CltvDelta}");
    }

    private void TooLong(SimNode node)
    {
        uint height = node.Network.Chain.Height;
        foreach ((SimEvent asked, uint since) in _open.Values)
        {
            if (asked.Node != node || asked.Htlc is not { } part || book.SaleOf(node, part) is null) continue;

            // A part that is already late when the node comes back could not have been answered earlier.
            uint latest = Math.Max(part.Cltv - Safety, since) + Late;
            if (height == latest + 1) Violated($"the part {Name(part)} is still held at height {height}, but expires at {part.Cltv}");
        }
    }

    private void Forget(SimNode node)
    {
        foreach (int call in _open.Where(open => open.Value.Asked.Node == node).Select(open => open.Key).ToArray()) _open.Remove(call);
    }

    internal static string Name(SimHtlc part) => $"{part.Channel.NameFor(part.To)}/{part.Id}";
}
