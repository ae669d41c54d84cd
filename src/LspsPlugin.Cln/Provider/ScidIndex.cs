using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Provider;

/// <summary>Which JIT scids are on record, whatever their records say: enough to know that a forward is somebody else's.</summary>
internal static class ScidIndex
{
    /// <summary>The first is where released nodes keep their offers, beside our folders.</summary>
    private static readonly string[][] Places =
        [["lsps", "lsps2"], ["lsps", "lsps2", "offers"], ["lsps", "lsps2", "sessions", "active"], ["lsps", "lsps2", "confirming"]];

    /// <returns>Null when the node does not say.</returns>
    public static async ValueTask<IReadOnlySet<Scid>?> ReadAsync(NodeClient node, CancellationToken stopping)
    {
        var scids = new HashSet<Scid>();
        foreach (string[] place in Places)
        {
            var listed = await node.ListDatastoreAsync(place, stopping);
            if (!listed.IsOk) return null;
            foreach (DatastoreEntry entry in listed.Value.Datastore)
            {
                if (entry.Key.Length == place.Length + 1 && Scid.TryParse(entry.Key[^1], out Scid scid)) scids.Add(scid);
            }
        }

        return scids;
    }
}
