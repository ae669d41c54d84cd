using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Options;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Cln.Provider.Guards;

/// <summary>Which clients the options allow, and what the node knows of incoming channels.</summary>
internal sealed class ClnAdmissionSource(NodeClient node, Func<ProviderOptions> options) : IAdmissionSource
{
    public bool Serves(NodeId client) => options().Sells && options().Clients.Serve(client);

    public async ValueTask<IncomingChannel?> FindAsync(Scid name, CancellationToken stopping)
    {
        var found = await node.ListPeerChannelsAsync(name, stopping);
        return found.IsOk && found.Value.Channels.FirstOrDefault() is { ChannelId: { } id, MaxAcceptedHtlcs: { } slots, TotalMsat: { } total }
            ? new IncomingChannel(id, (int)Math.Min(slots, int.MaxValue), total)
            : null;
    }
}
