using System.Text.Json.Nodes;
using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Tests;

namespace LspsPlugin.Simulation.Checkers;

/// <summary>At the end of a run no attempt has left anything: no session, no reservation, no unpaid channel.</summary>
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
                if (entry.Place is "active" or "confirming" && entry.Phase is { } phase && !IsBound(world, node, entry.Channel)) Violated($"the session of {entry.JitScid} is still in phase {phase} ({entry.Place})");
            }

            foreach ((var outpoint, _, uint? until) in node.Wallet.Coins)
            {
                if (until is not null && !Records.Of(node).Any(entry => IsBound(world, node, entry.Channel)) && _reserved.Contains((node, $"{outpoint.TxId}:{outpoint.Index}"))) Violated($"{outpoint} is still reserved on {node}");
            }
        }

        foreach ((SimChannel channel, Sale? sale) in book.JitChannels)
        {
            bool counted = !channel.Withheld && (sale is { OnTrust: true } || book.IsClaimed(channel)); // covered by TrustChecker
            if (IsBound(world, channel.Opener, channel.Id.ToString())) continue;
            if (!book.Gone.Contains(channel) && !book.IsPaid(channel) && !counted) Violated($"the unpaid channel {channel.Id} still exists; its funding was {(channel.Withheld ? "withheld" : "sent")}");
        }
    }

    /// <summary>
    /// Returns whether a channel waits for room in the operator's loss limit, because the client owns a part of it without having paid for
    /// it. With a low limit this takes longer than a run.
    /// </summary>
    private static bool IsBound(JitWorld world, SimNode node, string? channel) => world.MaxLoss < JitWorld.UsualMaxLoss
        && Records.Of(node).Any(entry => entry.Place == "active" && entry.Phase == "Underpaid" && entry.Channel == channel);
}
