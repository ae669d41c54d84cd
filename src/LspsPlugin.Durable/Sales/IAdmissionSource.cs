using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Durable.Sales;

/// <summary>What <see cref="AdmissionControl"/> asks of the node and of the operator.</summary>
public interface IAdmissionSource
{
    /// <summary>Whether the operator serves a client at all.</summary>
    bool Serves(NodeId client);

    /// <summary>Looks up an incoming channel, once per scid; null when the node has no data.</summary>
    ValueTask<IncomingChannel?> FindAsync(Scid name, CancellationToken stopping);
}
