using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Tests;

namespace LspsPlugin.Simulation.Checkers;

/// <summary>
/// The mining fees of unpaid fundings, less what was earned, never exceed the operator's limits, per client and in total, for either trust
/// model; each funding that is never paid for is counted. On trust, no funding is signed before the payment is complete.
/// </summary>
[Covers("X31")]
public sealed class TrustChecker(Book book) : SimChecker
{
    private readonly Dictionary<SimChannel, ulong> _unpaid = [];
    private readonly Dictionary<string, ulong> _mostOfClient = [];
    private readonly HashSet<Scid> _signed = [];
    private ulong _most;

    public override void Observe(SimEvent e)
    {
        if (e.What == "broadcast") Broadcast(e.Node, (string?)e.Content["txid"]);
        else if (e.What == "htlc resolved") Forget();
        else if (e.What == "rpc datastore") Signed(e);
    }

    public override void AtEnd(JitWorld world)
    {
        if (_most > world.MaxLoss) Violated($"{_most} sat were at risk on unpaid channels; the limit is {world.MaxLoss}");
        foreach ((string client, ulong most) in _mostOfClient)
        {
            if (most > world.MaxLossPerClient) Violated($"{most} sat were at risk on unpaid channels of {client}; the limit is {world.MaxLossPerClient}");
        }

        foreach (SimChannel channel in _unpaid.Keys)
        {
            Sale sale = book.JitChannels[channel]!;
            if (!Records.Of(sale.Seller).Any(entry => entry.Place == "losses" && entry.JitScid == sale.JitScid)) Violated($"{channel.Id} was not paid for, but no loss is recorded");
        }
    }

    private void Broadcast(SimNode node, string? txid)
    {
        foreach ((SimChannel channel, Sale? sale) in book.JitChannels)
        {
            if (channel.Funding.TxId.ToString() != txid || sale is null || IsCovered(node, channel) || _unpaid.ContainsKey(channel)) continue;
            _unpaid.Add(channel, MiningFee(node, channel.FundingTx!) - (book.Earned(channel) / 1000));
            _most = Math.Max(_most, _unpaid.Values.Aggregate(0UL, static (sum, one) => sum + one));
            ulong ofClient = _unpaid.Where(one => book.JitChannels[one.Key]!.Client == sale.Client).Aggregate(0UL, static (sum, one) => sum + one.Value);
            _mostOfClient[sale.Client] = Math.Max(_mostOfClient.GetValueOrDefault(sale.Client), ofClient);
        }
    }

    /// <summary>Once its signature is stored, a funding may be broadcast.</summary>
    private void Signed(SimEvent e)
    {
        if (e.Content["key"] is not JsonArray { Count: 5 } key || (string?)key[3] != "active" || !Scid.TryParse((string?)key[4], out Scid scid)) return;
        if (book.Sales.FirstOrDefault(sale => sale.Seller == e.Node && sale.JitScid == scid) is not { OnTrust: true } sale) return;
        if (JsonNode.Parse((string)e.Content["string"]!)?["signed_psbt"] is null || !_signed.Add(scid)) return;
        ulong there = sale.Parts.Where(Sale.IsLive).Aggregate(0UL, static (sum, part) => sum + (part.Hop?.Amount?.Value ?? 0));
        if (there < (sale.Size ?? sale.Smallest)) Violated($"the funding for {scid} is signed on trust while only {there}msat of the payment are held");
    }

    private void Forget()
    {
        foreach (SimChannel channel in _unpaid.Keys.Where(channel => IsCovered(channel.Opener, channel)).ToArray()) _unpaid.Remove(channel);
    }

    private bool IsCovered(SimNode node, SimChannel channel) => book.IsPaid(channel) || book.Earned(channel) / 1000 >= MiningFee(node, channel.FundingTx!);

    private static ulong MiningFee(SimNode node, SimTx tx) =>
        tx.Inputs.Aggregate(0UL, (sum, input) => sum + node.Network.Chain.Find(input.TxId)!.Outputs[(int)input.Index].Amount.Value)
        - tx.Outputs.Aggregate(0UL, static (sum, output) => sum + output.Amount.Value);
}
