using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Cln.Provider.Funding;

/// <summary>Existing channels of a client, for payments that need no new channel.</summary>
/// <param name="node">The node's commands.</param>
/// <param name="settings">The node's CLTV delta and fees.</param>
/// <param name="sessions">Knows which channels wait for their own payment.</param>
internal sealed class UsableChannels(NodeClient node, NodeSettings settings, LiveSessions sessions)
{
    /// <summary>
    /// Returns the channel with the largest spendable amount that can carry the payment now and that no other payment waits for.
    /// </summary>
    public async ValueTask<ChannelFound?> FindAsync(NodeId client, Msat toForward, CancellationToken stopping)
    {
        var found = await node.ListPeerChannelsAsync(client, stopping);
        PeerChannel? row = !found.IsOk ? null : found.Value.Channels
            .Where(channel => channel is { Funding.Withheld: not true, ChannelId: { } id } && channel.IsUsable() && channel.SpendableMsat is not null && channel.Facts() is { Slots: not 0 } facts && facts.Room >= toForward
                && !sessions.IsUnpaid(id))
            .MaxBy(channel => channel.SpendableMsat!.Value);
        return row is null ? null : new ChannelFound(
            new ExistingChannel(row.ChannelId!.Value, row.Alias?.Local, row.FeeBaseMsat ?? settings.FeeBase, new Ppm(row.FeeProportionalMillionths ?? settings.FeeProportional.Value)),
            row.Facts());
    }
}
