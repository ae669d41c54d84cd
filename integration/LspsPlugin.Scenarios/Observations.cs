using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Scenarios.Network;

namespace LspsPlugin.Scenarios;

/// <summary>What anybody can see of a node by its commands.</summary>
public static class Observations
{
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(50);

    /// <summary>Waits until <paramref name="holds"/>.</summary>
    /// <exception cref="TimeoutException">It did not come true in time.</exception>
    public static async Task UntilAsync(this IRegtest net, Func<Task<bool>> holds, string what, int seconds = 60)
    {
        long start = net.Time.GetTimestamp();
        while (!await holds())
        {
            if (net.Time.GetElapsedTime(start) > TimeSpan.FromSeconds(seconds)) throw new TimeoutException($"not within {seconds} s: {what}");
            await Task.Delay(Glance, net.Time);
        }
    }

    public static async Task<Bolt11Invoice> InvoiceAsync(this IRegtestNode wallet, IRegtestNode provider, Msat? amount, string label)
    {
        JsonObject answer = await wallet.CallAsync("lsps-lsps2-invoice", new JsonObject
        {
            ["lsp_id"] = provider.Id.ToString(),
            ["amount_msat"] = amount is { } msat ? msat.Value : "any",
            ["description"] = "a coffee",
            ["label"] = label,
        });
        string text = (string?)answer["bolt11"] ?? throw new InvalidOperationException($"no invoice: {answer.ToJsonString()}");
        return Bolt11Invoice.TryParse(text, out Bolt11Invoice? invoice) ? invoice : throw new InvalidOperationException($"not an invoice: {text}");
    }

    public static async Task<PartOutcome[]> OutcomesAsync(this IEnumerable<SentPart> parts) => await Task.WhenAll(parts.Select(part => part.Outcome));

    public static async Task<JsonObject[]> ChannelsAsync(this IRegtestNode node) => Rows(await node.CallAsync("listpeerchannels"), "channels");

    /// <summary>The channels with a peer that are not over.</summary>
    public static async Task<JsonObject[]> ChannelsWithAsync(this IRegtestNode node, IRegtestNode peer) =>
        Rows(await node.CallAsync("listpeerchannels", new JsonObject { ["id"] = peer.Id.ToString() }), "channels");

    /// <summary>Whether a coin of the node is reserved.</summary>
    public static async Task<bool> ReservedAsync(this IRegtestNode node) =>
        Rows(await node.CallAsync("listfunds"), "outputs").Any(output => (bool?)output["reserved"] == true);

    /// <summary>What is on record directly below a key; the text as an object.</summary>
    public static async Task<IReadOnlyList<JsonObject>> RecordsAsync(this IRegtestNode node, params string[] key)
    {
        JsonObject listed = await node.CallAsync("listdatastore", new JsonObject { ["key"] = new JsonArray([.. key.Select(part => (JsonNode)part)]) });
        return [.. Rows(listed, "datastore").Select(row => (string?)row["string"] is { } text && JsonNode.Parse(text) is JsonObject record ? record : row)];
    }

    /// <summary>The outcomes of the sessions that are over.</summary>
    public static async Task<string[]> OutcomesAsync(this IRegtestNode provider) =>
        [.. (await provider.RecordsAsync("lsps", "lsps2", "sessions", "finalized")).Select(record => (string?)record["outcome"] ?? "none")];

    private static JsonObject[] Rows(JsonObject answer, string name) => [.. answer[name]!.AsArray().Select(row => (JsonObject)row!)];
}
