using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Runtime;

namespace LspsPlugin.Cln.Provider;

/// <summary>Channels that a client has already, for payments that need no new one.</summary>
/// <param name="sessions">Knows which channels wait for a payment of their own; null until it is made.</param>
internal sealed class UsableChannels(NodeClient node, NodeSettings settings, Func<SessionRegistry?> sessions)
{
    /// <summary>The roomiest channel that the client can be paid through now, and that is not another payment's.</summary>
    public async ValueTask<ChannelFound?> FindAsync(NodeId client, Msat toForward, CancellationToken stopping)
    {
        var found = await node.ListPeerChannelsAsync(client, stopping);
        PeerChannel? row = !found.IsOk ? null : found.Value.Channels
            .Where(channel => channel is { Funding.Withheld: not true, ChannelId: { } id } && channel.IsUsable() && channel.SpendableMsat is not null && channel.Facts() is { Slots: not 0 } facts && facts.Room >= toForward
                && sessions()?.Sessions.IsUnpaid(id) is not true)
            .MaxBy(channel => channel.SpendableMsat!.Value);
        return row is null ? null : new ChannelFound(
            new ExistingChannel(row.ChannelId!.Value, row.Alias?.Local, row.FeeBaseMsat ?? settings.FeeBase, new Ppm(row.FeeProportionalMillionths ?? settings.FeeProportional.Value)),
            row.Facts());
    }
}
