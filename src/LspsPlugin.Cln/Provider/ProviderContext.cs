using LspsPlugin.Cln.Metrics;
using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Options;
using LspsPlugin.Cln.Peers;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Cln.Provider.Reporting;
using LspsPlugin.Cln.Provider.Selling;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Provider;

/// <summary>What exists before the provider starts.</summary>
/// <param name="Node">The node's commands.</param>
/// <param name="Options">Returns the current options; running sessions keep those that they began with.</param>
/// <param name="Time">The clock.</param>
/// <param name="Entropy">The source of randomness.</param>
/// <param name="Log">The host's log.</param>
/// <param name="PeerLog">Rate-limits lines that clients can trigger.</param>
/// <param name="News">The topic for events of sessions.</param>
/// <param name="Alarm">How the operator is alerted.</param>
/// <param name="Buyers">Requests of clients that wait for the seller.</param>
/// <param name="Seams">What a test replaces.</param>
/// <param name="Background">Runs tasks that are not awaited.</param>
internal sealed record ProviderContext(
    NodeClient Node,
    Func<ProviderOptions> Options,
    TimeProvider Time,
    IEntropy Entropy,
    HostLog Log,
    PeerLog PeerLog,
    HostTopic News,
    Alarm Alarm,
    StartupQueue<Lsps2Seller> Buyers,
    ProviderSeams Seams,
    Background Background)
{
    /// <summary>Null if metrics are off.</summary>
    public PluginMetrics? Metrics { get; init; }

    public CancellationToken Stopping => Background.Stopping;
}
