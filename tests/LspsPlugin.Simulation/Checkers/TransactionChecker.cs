using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Tests;

namespace LspsPlugin.Simulation.Checkers;

/// <summary>
/// Each funding pays the amount of an opening to the script of its two nodes, is signed for the outputs that it spends, and pays a fee with which it
/// is relayed. Refusals for which the plugin's transaction is not to blame (a full mempool, a coin that the operator spent) do not count.
/// </summary>
[Covers("B09")]
public sealed class TransactionChecker : SimChecker
{
    /// <summary>Refusals of a transaction that is wrong in itself, in the words of the node and of Bitcoin Core.</summary>
    private static readonly string[] Wrong = ["mandatory-script-verify-flag-failed", "bad-txns-in-belowout", "bad-txns (", "min relay fee not met", "Error broadcasting transaction: dust", "not finalizeable"];

    private readonly HashSet<(SimNode Node, string Peer, TxOutput Output)> _asked = [];

    public override void Observe(SimEvent e)
    {
        if (e.What == "rpc fundchannel_start done" && e.Content["result"] is JsonObject started) Asked(e, (JsonObject)e.Content["params"]!, started);
        else if (e.What == "rpc fundchannel_complete") Completed(e);
        else if (e.What == "rpc sendpsbt done" && (string?)e.Content["error"] is { } error && IsToBlame(e.Node, error)) Violated($"{e.Node} sent a funding that no node accepts: {error}");
    }

    /// <summary>A daemon that is made to refuse everything says so of right transactions too.</summary>
    private static bool IsToBlame(SimNode node, string error) => node.Network.Chain.RefuseBroadcast is null && Wrong.Any(word => error.Contains(word, StringComparison.Ordinal));

    private void Asked(SimEvent e, JsonObject parameters, JsonObject started) =>
        _asked.Add((e.Node, (string)parameters["id"]!, new TxOutput(new Sat(parameters.Number("amount")), (string)started["scriptpubkey"]!)));

    private void Completed(SimEvent e)
    {
        string peer = (string)e.Content["id"]!;
        if (SimPsbt.Read((string?)e.Content["psbt"]) is not { } tx) Violated("fundchannel_complete without a transaction");
        else if (tx.Outputs.Count(output => _asked.Contains((e.Node, peer, output))) != 1) Violated($"fundchannel_complete with {tx.Id}, which does not pay to one opening with {peer}");
    }
}
