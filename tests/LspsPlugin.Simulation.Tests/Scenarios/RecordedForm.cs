using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Scenarios;

/// <summary>
/// Puts records of the version before in place of those of this run: their members, forms and words as recorded, with the ids and amounts of this run.
/// </summary>
internal static class RecordedForm
{
    private static readonly string[] Words = ["phase", "outcome", "reason", "format"];

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The node goes down and comes back with such records, and its plugin reads all of them.</summary>
    /// <param name="records">The key above each record, which must be the only one below it, and the name of the recorded one.</param>
    public static async Task UpgradeAsync(Scene scene, SimNode node, params (string Place, string Recorded)[] records)
    {
        Task back = scene.World.CrashAsync(node, withNode: true, TimeSpan.FromSeconds(5), seed: 77);
        foreach ((string place, string recorded) in records)
        {
            (string[] key, string current) = Assert.Single(node.Datastore.Under(place.Split('/')));
            node.Datastore.Put(key, Of(RecordedRecord.Of(recorded).Text, current));
        }

        await back;
        await scene.WaitAsync(1000);
        Assert.DoesNotContain(scene.World.PluginOf(node).Link.Log, static line => line.Contains("left alone", StringComparison.Ordinal));
    }

    /// <summary>The same with the provider's records, below lsps/lsps2.</summary>
    public static Task UpgradeAsync(Scene scene, params (string Place, string Recorded)[] records) =>
        UpgradeAsync(scene, scene.Provider, [.. records.Select(static record => ($"lsps/lsps2/{record.Place}", $"provider/{record.Recorded}"))]);

    private static string Of(string recorded, string current)
    {
        JsonObject form = JsonNode.Parse(recorded)!.AsObject(), values = JsonNode.Parse(current)!.AsObject();
        foreach (string word in Words) Assert.Equal((string?)form[word]?.ToString(), values[word]?.ToString());
        Fill(form, values);
        return form.ToJsonString(Relaxed);
    }

    private static void Fill(JsonObject form, JsonObject values)
    {
        foreach ((string name, JsonNode? recorded) in form.ToArray())
        {
            if (values[name] is not { } value) continue;
            if (recorded is JsonObject inner) Fill(inner, value.AsObject());
            else if (recorded is JsonArray { Count: > 0 } rows) form[name] = Rows(rows[0]!.AsObject(), value.AsArray());
            else form[name] = recorded!.GetValueKind() == JsonValueKind.String ? (JsonNode)value.ToString() : value.DeepClone();
        }
    }

    private static JsonArray Rows(JsonObject form, JsonArray values)
    {
        var rows = new JsonArray();
        foreach (JsonNode? value in values)
        {
            JsonObject row = form.DeepClone().AsObject();
            Fill(row, value!.AsObject());
            rows.Add(row);
        }

        return rows;
    }
}
