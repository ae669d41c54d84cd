using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;

namespace LspsPlugin.Simulation.Checkers;

/// <summary>What the plugin has on record at this moment, read from the datastore by other code than the plugin's own.</summary>
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
        if (!value.StartsWith('{')) return null; // a word of an index

        try
        {
            return JsonNode.Parse(value) as JsonObject;
        }
        catch (System.Text.Json.JsonException)
        {
            return null; // an entry that is broken on purpose
        }
    }

    /// <param name="Place">offers, active, confirming or finalized.</param>
    public sealed record Entry(Scid JitScid, string Place, JsonObject Content)
    {
        public string? Phase => (string?)Content["phase"];

        public string? Channel => (string?)Content["channel_id"] ?? (string?)Content["alias_of"] ?? (string?)Content["over_channel_id"];

        public string? PlannedTx => (string?)Content["planned_txid"];

        /// <summary>Whether the record says that this part goes to the client.</summary>
        public bool Forwards(Scid incoming, ulong id) => Content["forwards"] is JsonArray rows && rows.Any(row =>
            row!["id"]!.GetValue<ulong>() == id && (string?)row["channel"] == incoming.ToString());
    }
}
