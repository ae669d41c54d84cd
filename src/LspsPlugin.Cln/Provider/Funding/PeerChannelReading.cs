using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Provider.Funding;

/// <summary>Interprets a row of listpeerchannels for a session.</summary>
internal static class PeerChannelReading
{
    /// <summary>Returns what a session must know about its channel.</summary>
    /// <param name="row">The channel's current row in listpeerchannels.</param>
    /// <param name="narrowed">Whether the client allows less than before.</param>
    public static ChannelFacts Facts(this PeerChannel row, bool narrowed = false)
    {
        PeerChannelHtlc[] sent = [.. (row.Htlcs ?? []).Where(static htlc => htlc.Direction == "out")];
        ulong underway = sent.Aggregate(0UL, static (sum, htlc) => sum + (htlc.AmountMsat?.Value ?? 0));
        return new ChannelFacts(
            row.SpendableMsat ?? Msat.Zero,
            row.MinimumHtlcOutMsat ?? Msat.One,
            row.MaximumHtlcOutMsat ?? Msat.Max,
            new BlockCount(row.OurToSelfDelay ?? 0),
            row.Alias?.Local,
            row.OurReserveMsat ?? Msat.Zero,
            row.TheirMaxHtlcValueInFlightMsat is { } most ? new Msat(most.Value > underway ? most.Value - underway : 0) : null,
            row.MaxAcceptedHtlcs is { } slots ? (int)Math.Max(0, Math.Min(slots, 483) - sent.Length) : null,
            narrowed);
    }

    /// <summary>Returns the client's balance. We funded the whole channel, so the client was paid whatever is not ours.</summary>
    public static Msat ClientOwns(this PeerChannel row, FundingPlan plan) => row.ToUsMsat is { } ours && ours < plan.Capacity.ToMsat() ? plan.Capacity.ToMsat() - ours : Msat.Zero;

    /// <summary>Returns whether an HTLC could be sent over the channel now.</summary>
    public static bool IsUsable(this PeerChannel row) => row.PeerConnected && row.Reestablished is not false && ChannelStates.CarriesHtlcs(row.State);

    /// <summary>Returns whether the channel can never carry an HTLC again and holds none.</summary>
    public static bool IsDead(this PeerChannel row) => !ChannelStates.IsAlive(row.State) && row.Htlcs is { Length: 0 };

    /// <returns>True also if the node does not answer, as then nothing is known.</returns>
    public static async ValueTask<bool> MayHaveAsync(this NodeClient node, ChannelId channel, CancellationToken stopping)
    {
        var found = await node.ListPeerChannelsAsync(channel, stopping);
        return !found.IsOk || found.Value.Channels.Length > 0;
    }
}
