using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Provider;

/// <summary>What payers can send to this node over its public channels (R52-36). Looked at once in a while: a node with thousands of channels has much to list.</summary>
internal sealed class IncomingLiquidity(NodeClient node, TimeProvider time)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(30);

    private Msat _receivable;
    private long? _lookedAt;

    /// <summary>All that could arrive, if a payment is larger; null when it fits. A node that does not answer is no reason to refuse.</summary>
    public async ValueTask<Msat?> FallsShortOfAsync(Msat payment, CancellationToken stopping)
    {
        if (_lookedAt is { } at && time.GetElapsedTime(at) < Fresh) return Short(payment);
        var listed = await node.ListPeerChannelsAsync(stopping);
        if (!listed.IsOk) return null;
        ulong sum = 0;
        foreach (PeerChannel channel in listed.Value.Channels)
        {
            bool open = channel is { Private: false, PeerConnected: true } && ChannelStates.CarriesHtlcs(channel.State);
            if (open && channel.ReceivableMsat is { } receivable) sum = unchecked(sum + receivable.Value);
        }

        (_receivable, _lookedAt) = (new Msat(sum), time.GetTimestamp());
        return Short(payment);
    }

    private Msat? Short(Msat payment) => _receivable < payment ? _receivable : null;
}
