using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Tests;

namespace LspsPlugin.Simulation.Checkers;

/// <summary>
/// Whatever the client settles with the provider, the provider settles with the payer: part by part, at the same amount less the fee.
/// </summary>
[Covers("C02", "X22")]
public sealed class ClaimChecker(Book book) : SimChecker
{
    private readonly HashSet<SimHtlc> _forwarded = [];

    public override void Observe(SimEvent e)
    {
        if (e is { What: "htlc forwarded", Htlc: { } htlc }) _forwarded.Add(htlc);
    }

    public override void AtEnd(JitWorld world)
    {
        foreach (SimHtlc incoming in _forwarded)
        {
            SimHtlc outgoing = incoming.Outgoing!;
            if (outgoing.Amount > incoming.Amount) Violated($"{outgoing.Amount} were forwarded for the part {HookChecker.Name(incoming)} of {incoming.Amount}");
            if (outgoing.IsSettled && !incoming.IsSettled) Violated($"the client settled {outgoing.Amount} for the part {HookChecker.Name(incoming)}, but the part was failed back to the payer");
            if (!outgoing.IsResolved || !incoming.IsResolved) Violated($"the forwarded part {HookChecker.Name(incoming)} is unresolved");
        }

        foreach (Sale sale in book.Sales)
        {
            foreach (SimHtlc part in sale.Parts.Where(part => !part.IsResolved && !_forwarded.Contains(part))) Violated($"the part {HookChecker.Name(part)} is unresolved");
        }
    }
}
