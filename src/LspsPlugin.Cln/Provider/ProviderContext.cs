using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Options;
using LspsPlugin.Cln.Peers;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Cln.Provider.Selling;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Provider;

/// <summary>What exists before the provider starts.</summary>
/// <param name="Options">Returns the current options; running sessions keep those that they began with.</param>
/// <param name="PeerLog">Rate-limits lines that clients can trigger.</param>
/// <param name="Buyers">Requests of clients that wait for the seller.</param>
internal sealed record ProviderContext(
    NodeClient Node,
    Func<ProviderOptions> Options,
    TimeProvider Time,
    IEntropy Entropy,
    HostLog Log,
    PeerLog PeerLog,
    HostTopic News,
    StartupQueue<Lsps2Seller> Buyers,
    ProviderSeams Seams,
    Background Background)
{
    public CancellationToken Stopping => Background.Stopping;
}
