using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Wallet;

internal enum FundingSight : byte
{
    /// <summary>The node does not say.</summary>
    Unknown,

    /// <summary>At least one of the channels is not in the chain.</summary>
    Unconfirmed,

    Confirmed,

    /// <summary>At least one of the channels can carry nothing any more.</summary>
    Gone,
}

/// <summary>
/// Whether the funding of channels that were opened to us is in the chain, and is what was promised (R52-02). The node itself checks that:
/// from the opening on it watches for an output with the channel's own 2-of-2 script, at the agreed outpoint, over the agreed amount
/// (lightningd's watch_scriptpubkey), and only the block with that very output gives the channel its short_channel_id
/// (channel_funding_found). So a short_channel_id in listpeerchannels is one confirmation of the right script and value. It is not taken
/// back when that block is reorganized away; more than one confirmation is not waited for.
/// </summary>
internal sealed class FundingLook(NodeClient node, CancellationToken stopping)
{
    /// <param name="names">The channels, by short channel id or by our alias.</param>
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

    public static bool IsNamed(PeerChannel channel, Scid name) => channel.ShortChannelId == name || channel.Alias?.Local == name;
}
