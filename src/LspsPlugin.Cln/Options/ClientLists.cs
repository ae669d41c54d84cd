using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Options;

/// <summary>Which clients an operator serves.</summary>
/// <param name="Denied">Clients that are never served.</param>
/// <param name="Allowed">If not empty, only these clients are served.</param>
internal sealed record ClientLists(IReadOnlySet<NodeId> Denied, IReadOnlySet<NodeId> Allowed)
{
    /// <summary>Whether the client is served.</summary>
    public bool Serve(NodeId client) => !Denied.Contains(client) && (Allowed.Count == 0 || Allowed.Contains(client));
}
