using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Scenarios.Network;
using Xunit;

namespace LspsPlugin.Scenarios;

/// <summary>The records of the node's built-in plugins: converts our records to them, and checks that ours can be read as such.</summary>
public static class BuiltInRecords
{
    private static readonly string[] Members =
    [
        "peer_id", "opening_fee_params", "expected_payment_size", "channel_capacity_msat", "created_at",
        "channel_id", "funding_psbt", "funding_txid", "preimage", "payment_hash",
    ];

    private static readonly string[] Sessions = ["lsps", "lsps2", "sessions"];

    /// <summary>
    /// Rewrites a provider's records as the built-in plugin would have written them, with the node's own commands, and deletes what only
    /// our plugin writes. Our plugin must not write anything meanwhile.
    /// </summary>
    public static async Task HandToBuiltInAsync(this IRegtestNode provider, Action<JsonObject>? change = null)
    {
        foreach (string[] place in (string[][])[[.. Sessions, "active"], ["lsps", "lsps2", "confirming"]])
        {
            foreach ((string[] key, JsonObject record) in await provider.EntriesAsync(place))
            {
                // A sale that waits for its confirmation is still active for a plugin that was stopped before it could finish it.
                JsonObject theirs = Only(record, Members);
                change?.Invoke(theirs);
                await provider.DeleteAsync(key);
                await provider.CallAsync("datastore", new JsonObject { ["key"] = Key([.. Sessions, "active", key[^1]]), ["string"] = theirs.ToJsonString(Plain), ["mode"] = "create-or-replace" });
            }
        }

        foreach (string[] place in (string[][])[["lsps", "lsps2", "offers"], ["lsps", "lsps2", "released"], [.. Sessions, "finalized"]])
        {
            foreach ((string[] key, _) in await provider.EntriesAsync(place)) await provider.DeleteAsync(key);
        }
    }

    /// <summary>Does the same for sales that the built-in plugin finished: only their final record is left.</summary>
    public static async Task FinalizeAsBuiltInAsync(this IRegtestNode provider)
    {
        (string[] Key, JsonObject Record)[] sales = await provider.EntriesAsync([.. Sessions, "finalized"]);
        await provider.DeleteBelowAsync("lsps");
        string[] members = [.. Members, "outcome", "finalized_at"];
        foreach ((string[] key, JsonObject record) in sales) await provider.PutAsync(Only(record, members).ToJsonString(Plain), key);
    }

    /// <summary>Rewrites offers in the format of released nodes' plugins, and deletes everything else.</summary>
    public static async Task HandToReleasedAsync(this IRegtestNode provider)
    {
        (string[] Key, JsonObject Record)[] offers = await provider.EntriesAsync([.. Sessions, "active"]);
        await provider.DeleteBelowAsync("lsps");
        foreach ((string[] key, JsonObject record) in offers)
        {
            await provider.PutAsync(Only(record, ["peer_id", "opening_fee_params", "expected_payment_size"]).ToJsonString(Plain), "lsps", "lsps2", key[^1]);
        }
    }

    /// <summary>Deletes the records that the built-in client plugin would not have written.</summary>
    public static async Task ForgetPurchasesAsync(this IRegtestNode wallet)
    {
        foreach ((string[] key, _) in await wallet.EntriesAsync("lsps", "purchases")) await wallet.DeleteAsync(key);
    }

    /// <summary>Returns the one active record, after checking that every member has the form that the built-in plugin requires.</summary>
    public static async Task<JsonObject> ReadableSessionAsync(this IRegtestNode provider)
    {
        JsonObject record = Assert.Single(await provider.RecordsAsync([.. Sessions, "active"]));
        AssertReadable(record);
        return record;
    }

    public static void AssertReadable(JsonObject record)
    {
        Assert.True(NodeId.TryParse(Text(record, "peer_id").AsSpan(), out _));
        JsonObject price = record["opening_fee_params"]!.AsObject();
        foreach (string amount in (string[])["min_fee_msat", "min_payment_size_msat", "max_payment_size_msat"]) AssertAmount(price, amount);
        foreach (string number in (string[])["proportional", "min_lifetime", "max_client_to_self_delay"]) Assert.Equal(JsonValueKind.Number, price[number]!.GetValueKind());
        AssertTime(price, "valid_until");
        Assert.NotNull(Text(price, "promise"));
        AssertAmount(record, "channel_capacity_msat");
        AssertTime(record, "created_at");
        if (record["expected_payment_size"] is not null) AssertAmount(record, "expected_payment_size");
        if (record["channel_id"] is not null) Assert.NotEmpty(Convert.FromBase64String(Text(record, "funding_psbt")));
        foreach (string hex in (string[])["channel_id", "funding_txid", "preimage", "payment_hash"])
        {
            if (record[hex] is not null) Assert.Matches("^[0-9a-f]{64}$", Text(record, hex));
        }

        if (record["outcome"] is null) return;
        Assert.Contains(Text(record, "outcome"), (string[])["Succeeded", "Abandoned", "Failed", "Timeout"]);
        AssertTime(record, "finalized_at");
    }

    private static JsonObject Only(JsonObject record, string[] members) =>
        new(members.Where(member => record[member] is not null).Select(member => KeyValuePair.Create(member, record[member]?.DeepClone())));

    /// <summary>JSON without escapes, as the node requires.</summary>
    private static readonly JsonSerializerOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static string Text(JsonObject record, string name) => record[name]!.GetValue<string>();

    private static void AssertAmount(JsonObject record, string name) => Assert.Matches("^[0-9]+$", Text(record, name));

    private static void AssertTime(JsonObject record, string name) =>
        Assert.True(DateTimeOffset.TryParseExact(Text(record, name), "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", CultureInfo.InvariantCulture, DateTimeStyles.None, out _), name);

    private static async Task<(string[] Key, JsonObject Record)[]> EntriesAsync(this IRegtestNode node, params string[] place)
    {
        JsonObject listed = await node.CallAsync("listdatastore", new JsonObject { ["key"] = Key(place) });
        return
        [
            .. from row in listed["datastore"]!.AsArray()
               where row!["string"] is not null
               select (row["key"]!.AsArray().Select(part => (string)part!).ToArray(), JsonNode.Parse((string)row["string"]!)!.AsObject()),
        ];
    }

    private static async Task DeleteBelowAsync(this IRegtestNode node, params string[] place)
    {
        JsonObject listed = await node.CallAsync("listdatastore", new JsonObject { ["key"] = Key(place) });
        foreach (JsonNode? row in listed["datastore"]!.AsArray())
        {
            string[] key = [.. row!["key"]!.AsArray().Select(part => (string)part!)];
            if (row["string"] is not null || row["hex"] is not null) await node.DeleteAsync(key);
            else if (key.Length > place.Length) await node.DeleteBelowAsync(key);
        }
    }

    private static Task DeleteAsync(this IRegtestNode node, string[] key) => node.CallAsync("deldatastore", new JsonObject { ["key"] = Key(key) });

    private static JsonArray Key(string[] key) => [.. key.Select(part => (JsonNode)part)];
}
