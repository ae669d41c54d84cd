using LspsPlugin.Simulation.Model;

namespace LspsPlugin.Simulation.Checkers;

/// <summary>
/// Nothing that came over an unfunded channel is forwarded over a real one: the wallet's node would pay real coins for an unbacked balance.
/// </summary>
public sealed class UnbackedForwardChecker(Book book) : SimChecker
{
    /// <summary>HTLCs that a plugin answered; while it is down the node decides alone.</summary>
    private readonly HashSet<SimHtlc> _decided = [];

    public override void Observe(SimEvent e)
    {
        if (e is { What: "htlc_accepted answered", Htlc: { } answered }) _decided.Add(answered);
        else if (e is { What: "htlc_accepted dropped", Htlc: { } dropped }) _decided.Remove(dropped);
        else if (e is { What: "htlc forwarded", Htlc: { } htlc } && _decided.Contains(htlc) && book.IsUnbacked(e.Node, htlc)) Violated($"{e.Node} forwarded {htlc.Outgoing!.Amount} for the HTLC {HookChecker.Name(htlc)}, whose channel is unconfirmed");
    }
}
