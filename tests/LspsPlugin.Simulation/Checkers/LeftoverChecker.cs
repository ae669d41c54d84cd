using System.Text.Json.Nodes;
using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Tests;

namespace LspsPlugin.Simulation.Checkers;

/// <summary>When all is calm nothing is left of any attempt: no session, no reservation, no channel that nobody paid for.</summary>
[Covers("B05", "B10", "B12", "S08")]
public sealed class LeftoverChecker(Book book) : SimChecker
{
    private readonly HashSet<(SimNode Node, string Outpoint)> _reserved = [];

    public override void Observe(SimEvent e)
    {
        if (e.What != "rpc reserveinputs done" || e.Content["result"]?["reservations"] is not JsonArray rows) return;
        foreach (JsonNode? row in rows) _reserved.Add((e.Node, $"{row!["txid"]}:{row["vout"]}"));
    }

    public override void AtEnd(JitWorld world)
    {
        foreach (SimNode node in world.Network.Nodes)
        {
            foreach (Records.Entry entry in Records.Of(node))
            {
                if (entry.Place is "active" or "confirming" && entry.Phase is { } phase && !IsBound(world, node, entry.Channel)) Violated($"the session of {entry.JitScid} is left {phase} ({entry.Place})");
            }

            foreach ((var outpoint, _, uint? until) in node.Wallet.Coins)
            {
                if (until is not null && !Records.Of(node).Any(entry => IsBound(world, node, entry.Channel)) && _reserved.Contains((node, $"{outpoint.TxId}:{outpoint.Index}"))) Violated($"{node} keeps {outpoint} reserved");
            }
        }

        foreach ((SimChannel channel, Sale? sale) in book.JitChannels)
        {
            bool counted = !channel.Withheld && (sale is { OnTrust: true } || book.IsClaimed(channel)); // TrustChecker's case
            if (IsBound(world, channel.Opener, channel.Id.ToString())) continue;
            if (!book.Gone.Contains(channel) && !book.IsPaid(channel) && !counted) Violated($"{channel.Id} is left, {(channel.Withheld ? "withheld" : "released")}, and nobody paid for it");
        }
    }

    /// <summary>
    /// A channel that the client owns a part of without having paid for it waits for room in the operator's bound on losses: where that was set
    /// low, for longer than a run.
    /// </summary>
    private static bool IsBound(JitWorld world, SimNode node, string? channel) => world.MaxLoss < JitWorld.UsualMaxLoss
        && Records.Of(node).Any(entry => entry.Place == "active" && entry.Phase == "Underpaid" && entry.Channel == channel);
}
