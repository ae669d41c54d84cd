using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Peers;

/// <summary>
/// Sends answers to peers: limits their number as the quotas say, and sends each only on the connection that asked. A wallet that restarted
/// meanwhile does not know the request, and one that uses rust-lightning ignores peers that answer requests it did not make.
/// </summary>
internal sealed class PeerAnswers(NodeClient node, ClientQuotas quotas, PeerLog peerLog, CancellationToken stopping)
{
    private readonly HashSet<Talk> _talks = [];

    public async Task ServeAsync(NodeId peer, Func<ValueTask<byte[]>> answer)
    {
        if (!quotas.TryBegin(peer))
        {
            peerLog.Debug("too many at once", peer, $"provider: a message of {peer} is dropped: {ClientQuotas.MostAtOncePerPeer} of its requests, or {ClientQuotas.MostAtOnce} of all peers, are being answered");
            return;
        }

        var talk = new Talk(peer);
        _talks.Add(talk);
        try
        {
            byte[] body = await answer();
            if (talk.IsOver) peerLog.Debug("gone", peer, $"provider: {peer} disconnected before it was answered");
            else if (await node.SendCustomMsgAsync(peer, body, stopping) is { IsOk: false, Error: var error }) peerLog.Debug("unreachable", peer, $"provider: an answer did not reach {peer}: {error}");
        }
        finally
        {
            _talks.Remove(talk);
            quotas.End(peer);
        }
    }

    public void OnDisconnect(NodeId peer)
    {
        foreach (Talk talk in _talks)
        {
            if (talk.Peer == peer) talk.IsOver = true;
        }
    }

    private sealed class Talk(NodeId peer)
    {
        public NodeId Peer => peer;

        public bool IsOver { get; set; }
    }
}
