using System.Text.Json.Nodes;
using LspsPlugin.Simulation.Model;

namespace LspsPlugin.Simulation.Tests.Scenarios;

/// <summary>Makes of a provider's records what the node's built-in plugin would have written in their place.</summary>
internal static class BuiltInForm
{
    private static readonly string[] Members =
    [
        "peer_id", "opening_fee_params", "expected_payment_size", "channel_capacity_msat", "created_at",
        "channel_id", "funding_psbt", "funding_txid", "preimage", "payment_hash",
    ];

    /// <summary>The provider's node goes down and comes back with such records.</summary>
    /// <param name="change">Further changes to each record.</param>
    /// <param name="gone">What happens while the node is down.</param>
    public static async Task SwitchAsync(Scene scene, Action<JsonObject>? change = null, bool keepFinalized = false, Action? gone = null)
    {
        Task back = scene.RestartAsync(seed: 77);
        Rewrite(scene.Provider, change, keepFinalized);
        gone?.Invoke();
        await back;
    }

    private static void Rewrite(SimNode node, Action<JsonObject>? change = null, bool keepFinalized = false)
    {
        foreach (string place in (string[])["sessions/active", "confirming"])
        {
            foreach ((string scid, JsonObject record) in Records(node, place))
            {
                // What confirms is still active for a plugin that was stopped before it could say that it is over.
                JsonObject theirs = Of(record);

                // The built-in plugin writes the preimage when it sends the funding.
                if ((string?)record["phase"] is "AwaitingSettlement" or "Underpaid") theirs.Remove("preimage");
                if (!node.Channels.Any(channel => channel.Id.ToString() == (string?)theirs["channel_id"])) WithoutPlan(node, theirs);
                change?.Invoke(theirs);
                Delete(node, place, scid);
                if (!keepFinalized) Delete(node, "sessions/finalized", scid);
                Put(node, "sessions/active", scid, theirs);
            }
        }

        foreach (string place in (string[])["offers", "confirming", "released"])
        {
            foreach ((string scid, _) in Records(node, place)) Delete(node, place, scid);
        }
    }

    /// <summary>The node goes down, and comes back with finished sessions as the built-in plugin leaves them, and with nothing of ours.</summary>
    public static async Task FinishAsync(Scene scene, Action<JsonObject>? change = null, Action? gone = null)
    {
        Task back = scene.RestartAsync(seed: 77);
        foreach ((string scid, JsonObject record) in Records(scene.Provider, "sessions/finalized"))
        {
            JsonObject theirs = Of(record);
            foreach (string member in (string[])["outcome", "finalized_at"]) theirs[member] = record[member]!.DeepClone();
            change?.Invoke(theirs);
            Put(scene.Provider, "sessions/finalized", scid, theirs);
        }

        foreach ((string[] key, _) in scene.Provider.Datastore.Under("lsps", "lsps2").Where(static entry => entry.Key[2] != "sessions").ToArray())
        {
            scene.Provider.Datastore.Delete(new JsonObject { ["key"] = new JsonArray([.. key.Select(static part => (JsonNode)part)]) });
        }

        gone?.Invoke();
        await back;
    }

    /// <summary>The built-in plugin records a channel only when it is there, and so makes no plans.</summary>
    private static void WithoutPlan(SimNode node, JsonObject theirs)
    {
        if ((string?)theirs["funding_psbt"] is { } psbt) node.Wallet.UnreserveInputs(new JsonObject { ["psbt"] = psbt, ["reserve"] = 1000UL });
        theirs.Remove("channel_id");
        theirs.Remove("funding_psbt");
    }

    public static JsonObject Of(JsonObject record)
    {
        var theirs = new JsonObject();
        foreach (string member in Members)
        {
            if (record[member] is { } value) theirs[member] = value.DeepClone();
        }

        return theirs;
    }

    public static (string Scid, JsonObject Record)[] Records(SimNode node, string place) =>
    [
        .. from row in node.Datastore.List(new JsonObject { ["key"] = Key(place) })["datastore"]!.AsArray()
           where row!["string"] is not null
           select ((string)row["key"]!.AsArray()[^1]!, JsonNode.Parse((string)row["string"]!)!.AsObject()),
    ];

    public static void Put(SimNode node, string place, string scid, JsonObject record) =>
        node.Datastore.Write(new JsonObject { ["key"] = Key(place, scid), ["string"] = record.ToJsonString(), ["mode"] = "create-or-replace" });

    public static void Delete(SimNode node, string place, string scid)
    {
        if (Records(node, place).Any(record => record.Scid == scid)) node.Datastore.Delete(new JsonObject { ["key"] = Key(place, scid) });
    }

    private static JsonArray Key(string place, params string[] more) => [.. ((string[])["lsps", "lsps2", .. place.Split('/'), .. more]).Select(part => (JsonNode)part!)];
}
