using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Cln.Provider;

/// <summary>
/// Parts that were handed to the node and that `listforwards` does not name. The node makes a row with the first commitment only: a part that it
/// fails before (channeld died, the peer did not commit within 30 s, the payload was not to its taste, a later plugin failed it) leaves no
/// trace but one: its HTLC is gone from the channel that it came in over.
/// </summary>
internal sealed class UnlistedParts(NodeClient node)
{
    /// <returns>Those that are gone, and those that are still there; a part whose channel the node does not list is in neither.</returns>
    public async ValueTask<(ValueList<HtlcKey> Gone, ValueList<HtlcKey> Waiting)> FindAsync(ValueList<HtlcKey> handed, ValueList<ForwardSeen> rows, CancellationToken stopping)
    {
        List<HtlcKey> gone = [], waiting = [];

        // A row may name the incoming channel otherwise: one with the same id is not looked into any further.
        foreach (IGrouping<Scid, HtlcKey> parts in handed.Where(part => !rows.Any(row => row.Htlc.Id == part.Id)).GroupBy(static part => part.Channel))
        {
            var found = await node.ListPeerChannelsAsync(parts.Key, stopping);
            if (!found.IsOk || found.Value.Channels.FirstOrDefault() is not { Htlcs: { } there }) continue;
            foreach (HtlcKey part in parts) (there.Any(htlc => htlc.Id == part.Id && IsLive(htlc)) ? waiting : gone).Add(part);
        }

        return ([.. gone], [.. waiting]);
    }

    /// <summary>Incoming, and not on its way back: from SENT_REMOVE_HTLC on the node has decided it.</summary>
    private static bool IsLive(PeerChannelHtlc htlc) => htlc.Direction == "in" && htlc.State?.Contains("REMOVE", StringComparison.Ordinal) is not true;
}
