using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Provider.Selling;

/// <summary>
/// The amount that payers can send to this node over its public channels (R52-36). Cached for a while, because a node with thousands of
/// channels lists slowly.
/// </summary>
internal sealed class IncomingLiquidity(NodeClient node, TimeProvider time)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(30);

    private Msat _receivable;
    private long? _lookedAt;

    /// <summary>Returns the total that can arrive, if a payment exceeds it; null if the payment fits or the node does not answer.</summary>
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
