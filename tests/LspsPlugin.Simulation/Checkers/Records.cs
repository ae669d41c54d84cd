using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;

namespace LspsPlugin.Simulation.Checkers;

/// <summary>The plugin's current records, read from the datastore by code that is independent of the plugin's own.</summary>
public static class Records
{
    private static readonly string[] Sold = ["lsps", "lsps2"];

    /// <summary>The reading of an entry that is no record.</summary>
    private static readonly object NoRecord = new();

    public static IEnumerable<Entry> Of(SimNode node)
    {
        foreach (SimDatastore.Stored stored in node.Datastore.StoredUnder(Sold))
        {
            if ((stored.Reading ??= Read(stored)) is Entry entry) yield return entry;
        }
    }

    private static object Read(SimDatastore.Stored stored) =>
        Scid.TryParse(stored.Key[^1], out Scid scid) && stored.Content is { } content ? new Entry(scid, stored.Key[^2], content) : NoRecord;

    /// <param name="Place">offers, active, confirming or finalized.</param>
    public sealed record Entry(Scid JitScid, string Place, JsonObject Content)
    {
        public string? Phase => (string?)Content["phase"];

        public string? Channel => (string?)Content["channel_id"] ?? (string?)Content["alias_of"] ?? (string?)Content["over_channel_id"];

        public string? PlannedTx { get; } = (string?)Content["planned_txid"];

        /// <summary>Returns whether the record says that this part is forwarded to the client.</summary>
        public bool Forwards(Scid incoming, ulong id) => Content["forwards"] is JsonArray rows && rows.Any(row =>
            row!["id"]!.GetValue<ulong>() == id && (string?)row["channel"] == incoming.ToString());
    }
}
