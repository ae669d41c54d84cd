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
                if (entry.Place is "active" or "confirming" && entry.Phase is { } phase) Violated($"the session of {entry.JitScid} is left {phase} ({entry.Place})");
            }

            foreach ((var outpoint, _, uint? until) in node.Wallet.Coins)
            {
                if (until is not null && _reserved.Contains((node, $"{outpoint.TxId}:{outpoint.Index}"))) Violated($"{node} keeps {outpoint} reserved");
            }
        }

        foreach ((SimChannel channel, Sale? sale) in book.JitChannels)
        {
            bool counted = sale is { OnTrust: true } && !channel.Withheld; // TrustChecker's case
            if (!book.Gone.Contains(channel) && !book.IsPaid(channel) && !counted) Violated($"{channel.Id} is left, {(channel.Withheld ? "withheld" : "released")}, and nobody paid for it");
        }
    }
}
