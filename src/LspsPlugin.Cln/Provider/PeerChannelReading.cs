using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Cln.Provider;

/// <summary>What a row of listpeerchannels means for a session.</summary>
internal static class PeerChannelReading
{
    public static ChannelFacts Facts(this PeerChannel row) => new(
        row.SpendableMsat ?? Msat.Zero, row.MinimumHtlcOutMsat ?? Msat.One, row.MaximumHtlcOutMsat ?? Msat.Max, new BlockCount(row.OurToSelfDelay ?? 0), row.Alias?.Local);

    /// <summary>We funded all of the channel: what is not ours in it, the client was paid.</summary>
    public static bool IsPaid(this PeerChannel row, FundingPlan plan) => row.ToUsMsat is { } ours && ours < plan.Capacity.ToMsat();

    /// <summary>Whether an HTLC could go out over the channel at this moment.</summary>
    public static bool IsUsable(this PeerChannel row) => row.PeerConnected && row.Reestablished is not false && ChannelStates.CarriesHtlcs(row.State);

    /// <summary>No HTLC will ever go out over it again, and none is left in it.</summary>
    public static bool IsDead(this PeerChannel row) => !ChannelStates.IsAlive(row.State) && row.Htlcs is { Length: 0 };

    /// <returns>True also when the node does not answer: then nothing may be concluded.</returns>
    public static async ValueTask<bool> MayHaveAsync(this NodeClient node, ChannelId channel, CancellationToken stopping)
    {
        var found = await node.ListPeerChannelsAsync(channel, stopping);
        return !found.IsOk || found.Value.Channels.Length > 0;
    }
}
