using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Wallet.Receiving;

/// <summary>What the node says about the funding of some channels.</summary>
internal enum FundingSight : byte
{
    /// <summary>The node does not answer.</summary>
    Unknown,

    /// <summary>At least one of the channels is not confirmed.</summary>
    Unconfirmed,

    /// <summary>All of them are confirmed.</summary>
    Confirmed,

    /// <summary>At least one of the channels cannot carry HTLCs any more.</summary>
    Gone,
}

/// <summary>
/// Checks whether the funding of channels opened to us is confirmed and is as agreed (R52-02). The node itself verifies this: from the
/// opening on it watches for an output with the channel's own 2-of-2 script, at the agreed outpoint, with the agreed amount (lightningd's
/// watch_scriptpubkey), and only a block with that output gives the channel its short_channel_id (channel_funding_found). So a
/// short_channel_id in listpeerchannels means one confirmation of the right script and value. The node does not remove it if that block is
/// reorganized away; we do not wait for more than one confirmation.
/// </summary>
internal sealed class FundingCheck(NodeClient node, CancellationToken stopping)
{
    /// <summary>Asks the node about channels of a provider (listpeerchannels).</summary>
    /// <param name="provider">The provider's node id.</param>
    /// <param name="names">The channels, by short channel id or our alias.</param>
    public async ValueTask<FundingSight> AtAsync(NodeId provider, IReadOnlyCollection<Scid> names)
    {
        var listed = await node.ListPeerChannelsAsync(provider, stopping);
        if (!listed.IsOk) return FundingSight.Unknown;
        FundingSight all = FundingSight.Confirmed;
        foreach (Scid name in names)
        {
            PeerChannel? channel = listed.Value.Channels.FirstOrDefault(row => IsNamed(row, name));
            if (channel is null || !ChannelStates.IsAlive(channel.State)) return FundingSight.Gone;
            if (channel.ShortChannelId is null) all = FundingSight.Unconfirmed;
        }

        return all;
    }

    /// <summary>Whether the scid is the channel's real one or our alias.</summary>
    public static bool IsNamed(PeerChannel channel, Scid name) => channel.ShortChannelId == name || channel.Alias?.Local == name;
}
