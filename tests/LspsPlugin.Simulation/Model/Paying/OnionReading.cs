using System.Security.Cryptography;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Simulation.Model.Paying;

/// <summary>How a node reads the encrypted onion of an HTLC that it received.</summary>
internal static class OnionReading
{
    private const string InvalidPayload = "4016", AtTheBeginning = "000000";

    /// <returns>Null if the onion is invalid; the HTLC has then failed.</returns>
    public static SimHop? Of(SimHtlc htlc)
    {
        if (htlc.Layer is null)
        {
            if (Sphinx.Peel(htlc.Packet!, htlc.Hash.ToArray(), SimKey.Of(htlc.To.Index, SimKeyUse.NodeId).SharedSecret, out ushort failure) is not { } layer)
            {
                // update_fail_malformed_htlc: the sender makes the reply.
                htlc.Resolve(new SimOutcome(null, $"{failure:x4}{Convert.ToHexStringLower(SHA256.HashData(htlc.Packet!))}"));
                return null;
            }

            htlc.Layer = layer;
        }

        if (Read(htlc.Layer) is { } hop) return hop;
        htlc.Resolve(new SimOutcome(null, InvalidPayload + AtTheBeginning));
        return null;
    }

    /// <summary>Returns the hop of a layer; null if its payload lacks what BOLT 4 demands of it.</summary>
    public static SimHop? Read(SphinxLayer layer) =>
        TlvStream.TryParse(layer.Payload, out TlvStream? tlvs) && new SimHop(tlvs) is { Amount: not null, Cltv: not null } hop && layer.IsLast == (hop.Next is null) ? hop : null;
}
