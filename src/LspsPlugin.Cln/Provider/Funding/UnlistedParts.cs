using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Cln.Provider.Funding;

/// <summary>
/// Parts that were passed to the node but are missing from `listforwards`. The node adds a row only with the first commitment. A part that
/// fails earlier (channeld died, the peer did not commit within 30 s, the node rejected the payload, a later plugin failed it) leaves only
/// one trace: its HTLC is gone from the incoming channel.
/// </summary>
internal sealed class UnlistedParts(NodeClient node)
{
    /// <returns>
    /// The parts that are gone and those that are still there; a part whose channel the node does not list is in neither.
    /// </returns>
    public async ValueTask<(ValueList<HtlcKey> Gone, ValueList<HtlcKey> Waiting)> FindAsync(ValueList<HtlcKey> handed, ValueList<ForwardSeen> rows, CancellationToken stopping)
    {
        List<HtlcKey> gone = [], waiting = [];

        // A row may use another name of the incoming channel: a part that shares its HTLC id with a row is not examined.
        foreach (IGrouping<Scid, HtlcKey> parts in handed.Where(part => !rows.Any(row => row.Htlc.Id == part.Id)).GroupBy(static part => part.Channel))
        {
            var found = await node.ListPeerChannelsAsync(parts.Key, stopping);
            if (!found.IsOk || found.Value.Channels.FirstOrDefault() is not { Htlcs: { } there }) continue;
            foreach (HtlcKey part in parts) (there.Any(htlc => htlc.Id == part.Id && IsLive(htlc)) ? waiting : gone).Add(part);
        }

        return ([.. gone], [.. waiting]);
    }

    /// <summary>Returns whether an HTLC is incoming and undecided: from SENT_REMOVE_HTLC on the node has decided it.</summary>
    private static bool IsLive(PeerChannelHtlc htlc) => htlc.Direction == "in" && htlc.State?.Contains("REMOVE", StringComparison.Ordinal) is not true;
}
