using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Payments;

namespace LspsPlugin.Cln.Payer.Sending;

/// <summary>The onion of a part, and what is needed to read the answer to it.</summary>
/// <param name="Packet">1366 bytes in hex.</param>
/// <param name="Secrets">The secrets that are shared with its nodes, this node first. Must not be logged.</param>
/// <param name="Route">The part's route.</param>
/// <param name="Path">The blinded path at the end of the route; null if there is none.</param>
internal sealed record PartOnion(string Packet, Bytes32[] Secrets, Route Route, BlindedPath? Path)
{
    /// <summary>
    /// Returns which node of the route an answer is from: its number from 0, this node; the number of channels is the destination. In the route a blinded path is one
    /// channel behind its introduction point.
    /// </summary>
    /// <param name="origin">The number of the node among those of the onion.</param>
    public int InRoute(int origin)
    {
        int introduction = Route.Hops.Count - 1;
        if (Path is null || origin < introduction) return origin;
        return Path.Hops.Count == 1 ? Route.Hops.Count : introduction;
    }
}
