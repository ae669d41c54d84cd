using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Simulation.Model;

/// <summary>
/// Pays an invoice like a node's own commands: in one part if a channel can carry it, otherwise split over the channels; retries with
/// smaller parts if the route returned a temporary error.
/// </summary>
public sealed class SimPayment(SimNode node)
{
    private const int Rounds = 3;
    private const string TemporaryChannelFailure = "1007";

    /// <returns>Null if it is paid; otherwise the error.</returns>
    public async Task<string?> PayAsync(Bolt11Invoice invoice)
    {
        if (invoice.RouteHint is not { } hint) return "the invoice has no route hint";
        if (invoice.Amount is not { } amount) return "the invoice names no amount";
        string? failure = null;
        for (int round = 0; round < Rounds; round++)
        {
            if (Split(hint.Node, amount, round) is not { } parts) return failure ?? "the channels cannot carry it";
            var payer = new SimPayer(node);
            PartResult[] results = await Task.WhenAll(parts.Select(part => payer.SendPartAsync(invoice, part.Over, part.Amount)));
            if (results.All(result => result.Outcome.IsSettled)) return null;
            failure = results.First(result => !result.Outcome.IsSettled).Outcome.Failure!;
            if (!failure.StartsWith(TemporaryChannelFailure, StringComparison.Ordinal)) break;
        }

        return $"failed with {failure}";
    }

    /// <summary>Splits the amount, channels with the most room first; each round halves the maximum part.</summary>
    private List<(SimChannel Over, Msat Amount)>? Split(NodeId to, Msat amount, int round)
    {
        var parts = new List<(SimChannel, Msat)>();
        ulong left = amount.Value, most = (amount.Value >> round) + 1;
        foreach (SimChannel channel in node.Channels.Where(c => c.State == SimChannel.Normal && c.Other(node).Id == to).OrderByDescending(c => c.Spendable(node)))
        {
            // The remainder is for fees.
            ulong room = channel.Spendable(node).Value * 99 / 100;
            while (left > 0 && room > 0)
            {
                ulong part = Math.Min(left, Math.Min(room, most));
                parts.Add((channel, new Msat(part)));
                (left, room) = (left - part, room - part);
            }
        }

        return left == 0 ? parts : null;
    }
}
