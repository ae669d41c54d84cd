using System.Text;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model.Paying;
using NBitcoin;

namespace LspsPlugin.Simulation.Model.Offers;

/// <summary>
/// The blinded paths that a node makes to itself (plugins/offers_invreq_hook.c): a public node is its own introduction point, any other is behind the
/// public peer with the largest channel.
/// </summary>
internal static class SimInvoicePaths
{
    /// <summary>Blocks that a payer may add to hide where a path ends.</summary>
    private const uint Slack = 1008;

    /// <summary>The node counts a block for ten minutes until the invoice expires.</summary>
    private const uint SecondsPerBlock = 600;

    private const ulong AllCoins = 2_100_000_000_000_000_000;

    /// <summary>Whether others know the node: it has an announced channel.</summary>
    public static bool IsPublic(SimNode node) => node.Channels.Any(static channel => channel is { IsPrivate: false, State: SimChannel.Normal, RealScid: not null });

    /// <summary>Returns the path of an offer; null for a public node, which announces an address here, and for one that nobody can reach.</summary>
    public static BlindedPath? ForMessages(SimNode node, TlvStream offer) => IsPublic(node) || Best(node, Msat.Zero) is not [var channel, ..]
        ? null
        : BlindedPath.Create(Session(node), [(Key(channel.Other(node)), EncryptedData.To(node.Id)), (Key(node), EncryptedData.For(node.OfferDesk.PathId(offer)))]);

    /// <summary>Returns the paths of an invoice and what each costs; they carry the amount at present.</summary>
    public static IReadOnlyList<(BlindedPath Path, BlindedPayInfo Info)> ForPayment(SimNode node, PaymentHash hash, Msat amount)
    {
        byte[] pathId = new byte[32];
        node.OfferDesk.PathId(hash).CopyTo(pathId);
        TlvStream own = EncryptedData.For(pathId);
        SimChannel[] through = IsPublic(node) ? [] : [.. Best(node, amount).Take(node.OfferDesk.MostPaths)];

        // A node without such a peer writes a path that nobody can reach, and logs it.
        if (through.Length == 0) return [(BlindedPath.Create(Session(node), [(Key(node), own)]), new BlindedPayInfo(0, 0, node.CltvFinal, Msat.Zero, new Msat(AllCoins)))];
        return [.. through.Select(channel => Through(node, channel, own))];
    }

    private static (BlindedPath Path, BlindedPayInfo Info) Through(SimNode node, SimChannel channel, TlvStream own)
    {
        SimNode peer = channel.Other(node);
        SimEnd fees = channel.End(peer);
        uint maxCltv = Slack + node.Network.Chain.Height + (Bolt12Invoice.UsualExpiry / SecondsPerBlock) + peer.CltvDelta + node.CltvFinal;
        TlvStream relay = EncryptedData.To(node.Id).Relay(fees.FeeBase, fees.FeePpm, peer.CltvDelta).Constrain(maxCltv, node.HtlcMinimum);
        return (
            BlindedPath.Create(Session(node), [(Key(peer), relay), (Key(node), own)]),
            new BlindedPayInfo((uint)fees.FeeBase, fees.FeePpm, peer.CltvDelta + node.CltvFinal, node.HtlcMinimum, Most(node, channel)));
    }

    /// <summary>Returns the channels from public and connected peers that can carry the amount, one for each peer, the largest first (find_best_peer).</summary>
    private static SimChannel[] Best(SimNode node, Msat amount) =>
    [
        .. node.Channels
            .Where(channel => channel.State == SimChannel.Normal && node.Network.AreConnected(node, channel.Other(node)) && IsPublic(channel.Other(node)))
            .Where(channel => Most(node, channel) >= amount)
            .OrderByDescending(static channel => channel.Capacity).DistinctBy(channel => channel.Other(node))
    ];

    private static Msat Most(SimNode node, SimChannel channel)
    {
        SimNode peer = channel.Other(node);
        return new Msat(Math.Min(channel.Spendable(peer).Value, channel.InFlightTo(node).Value));
    }

    private static byte[] Session(SimNode node) => node.OfferDesk.Secret("path", Encoding.ASCII.GetBytes($"{++node.OfferDesk.Paths}"));

    private static PubKey Key(SimNode node) => SimKey.Of(node.Index, SimKeyUse.NodeId).Public;
}
