using LspsPlugin.Cln.Protocol;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;

namespace LspsPlugin.Cln.Peers;

/// <summary>Decides for each LSPS0 message of a peer whether the node reads it as a provider or as a client.</summary>
/// <param name="server">Null if nothing is sold.</param>
/// <param name="client">Null if nothing is bought.</param>
/// <param name="watch">Runs the answer to a request, which may wait for the node.</param>
internal sealed class Lsps0Router(Lsps0Server? server, Lsps0Client? client, Watch watch)
{
    /// <param name="peer">The peer.</param>
    /// <param name="body">The message without its type.</param>
    public void OnMessage(NodeId peer, ReadOnlyMemory<byte> body)
    {
        Admission admission = Admit(peer, body.Length);
        if (admission == Admission.Dropped) return;
        Lsps0Message parsed = Lsps0Message.Parse(body);
        if (admission == Admission.Admitted) OnAdmitted(peer, parsed);
        else if (parsed is Lsps0Request flood && server is not null) watch(server.OnFloodAsync(peer, flood));
    }

    public void OnDisconnect(NodeId peer)
    {
        server?.OnDisconnect(peer);
        client?.OnDisconnect(peer);
    }

    /// <summary>
    /// Checks the limit for a message: while we wait for a peer's answer, the limit for answers; otherwise the peer's quota.
    /// </summary>
    private Admission Admit(NodeId peer, int bytes)
    {
        if (client is not null && client.IsWaitingFor(peer)) return client.AdmitAnswer(peer) ? Admission.Admitted : Admission.Dropped;
        return server?.Admit(peer, bytes) ?? client?.Admit(peer, bytes) ?? Admission.Dropped;
    }

    private void OnAdmitted(NodeId peer, Lsps0Message parsed)
    {
        // If we asked this peer something, we are its client, and clients ignore bad messages (R50-07). Otherwise we are the provider
        // (R50-10).
        Lsps0Server? provider = client?.IsWaitingFor(peer) is true ? null : server;
        switch (parsed)
        {
            case Lsps0Request request:
                if (server is not null) watch(server.OnRequestAsync(peer, request));
                break;
            case Lsps0Response response:
                // No role ever answers a response: otherwise two nodes could answer each other's errors for ever.
                client?.OnResponse(peer, response);
                break;
            case Lsps0InvalidRequest invalid:
                if (provider is not null) watch(provider.OnInvalidRequestAsync(peer, invalid));
                else client?.OnBadFormat(peer, invalid.Reason);
                break;
            case Lsps0Malformed malformed:
                if (provider is not null) watch(provider.OnBadFormatAsync(peer, malformed.Reason));
                else client?.OnBadFormat(peer, malformed.Reason);
                break;
            case Lsps0Notification notification:
                client?.OnNotification(peer, notification); // never answered (R50-41)
                break;
            default:
                break;
        }
    }
}
