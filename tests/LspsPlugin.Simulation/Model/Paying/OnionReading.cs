using System.Security.Cryptography;
using LspsPlugin.Core.Lightning;
using NBitcoin;

namespace LspsPlugin.Simulation.Model.Paying;

/// <summary>How a node reads the encrypted onion of an HTLC that it received.</summary>
internal static class OnionReading
{
    /// <returns>Null if the onion is invalid; the HTLC has then failed.</returns>
    public static SimHop? Of(SimHtlc htlc)
    {
        if (htlc.Layer is null)
        {
            Func<PubKey, byte[]> share = ShareOf(htlc.To);
            if (Peel(htlc.Packet!, htlc.Hash, share, htlc.PathKey, out ushort failure) is not { } layer)
            {
                // update_fail_malformed_htlc: the sender makes the reply.
                htlc.Resolve(new SimOutcome(null, $"{failure:x4}{Convert.ToHexStringLower(SHA256.HashData(htlc.Packet!))}"));
                return null;
            }

            htlc.Take(layer, PayloadDecoding.Decode(layer.Payload, layer.IsLast, htlc.PathKey, share, htlc.Amount, htlc.Cltv));
        }

        if (htlc.Reading is { Hop: null } bad) htlc.Resolve(new SimOutcome(null, bad.Failure));
        return htlc.Hop;
    }

    /// <summary>Reads one layer, as the blinded node that the reader is under a path key.</summary>
    public static SphinxLayer? Peel(byte[] packet, PaymentHash hash, Func<PubKey, byte[]> share, PubKey? pathKey, out ushort failure) =>
        Sphinx.Peel(packet, hash.ToArray(), pathKey is null ? share : RouteBlinding.As(share, pathKey), out failure);

    public static Func<PubKey, byte[]> ShareOf(SimNode node) => SimKey.Of(node.Index, SimKeyUse.NodeId).SharedSecret;
}
