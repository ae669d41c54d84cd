using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;

namespace LspsPlugin.Simulation.Checkers;

/// <summary>The plugin's current records, read from the datastore by code that is independent of the plugin's own.</summary>
public static class Records
{
    public static IEnumerable<Entry> Of(SimNode node)
    {
        foreach ((string[] key, string value) in node.Datastore.Under("lsps", "lsps2"))
        {
            if (Scid.TryParse(key[^1], out Scid scid) && Parse(value) is { } content) yield return new Entry(scid, key[^2], content);
        }
    }

    private static JsonObject? Parse(string value)
    {
        if (!value.StartsWith('{')) return null; // an index entry

        try
        {
            return JsonNode.Parse(value) as JsonObject;
        }
        catch (System.Text.Json.JsonException)
        {
            return null; // an entry that a test broke on purpose
        }
    }

    /// <param name="Place">offers, active, confirming or finalized.</param>
    public sealed record Entry(Scid JitScid, string Place, JsonObject Content)
    {
        public string? Phase => (string?)Content["phase"];

        public string? Channel => (string?)Content["channel_id"] ?? (string?)Content["alias_of"] ?? (string?)Content["over_channel_id"];

        public string? PlannedTx => (string?)Content["planned_txid"];

        /// <summary>Returns whether the record says that this part is forwarded to the client.</summary>
        public bool Forwards(Scid incoming, ulong id) => Content["forwards"] is JsonArray rows && rows.Any(row =>
            row!["id"]!.GetValue<ulong>() == id && (string?)row["channel"] == incoming.ToString());
    }
}
