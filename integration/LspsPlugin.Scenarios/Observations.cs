using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Scenarios.Network;
using Xunit;

namespace LspsPlugin.Scenarios;

/// <summary>What a node's commands show.</summary>
public static class Observations
{
    private static readonly string[] Over = ["CLOSINGD_COMPLETE", "AWAITING_UNILATERAL", "FUNDING_SPEND_SEEN", "ONCHAIN", "CLOSED"];

    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(50);

    /// <summary>Waits until <paramref name="holds"/> is true.</summary>
    /// <exception cref="TimeoutException">The condition did not become true in time.</exception>
    public static async Task UntilAsync(this IRegtest net, Func<Task<bool>> holds, string what, int seconds = 60)
    {
        long start = net.Time.GetTimestamp();
        while (!await holds())
        {
            if (net.Time.GetElapsedTime(start) > TimeSpan.FromSeconds(seconds)) throw new TimeoutException($"not within {seconds} s: {what}");
            await Task.Delay(Glance, net.Time);
        }
    }

    public static async Task<Bolt11Invoice> InvoiceAsync(this IRegtestNode wallet, IRegtestNode provider, Msat? amount, string label) =>
        Read(await wallet.BuyInvoiceAsync(provider, amount, label));

    /// <summary>Buys a JIT channel and makes its invoice; returns the text for the payer.</summary>
    public static async Task<string> BuyInvoiceAsync(this IRegtestNode wallet, IRegtestNode provider, Msat? amount, string label)
    {
        JsonObject answer = await wallet.CallAsync("lsps-lsps2-invoice", new JsonObject
        {
            ["lsp_id"] = provider.Id.ToString(),
            ["amount_msat"] = amount is { } msat ? msat.Value : "any",
            ["description"] = "a coffee",
            ["label"] = label,
        });
        return (string?)answer["bolt11"] ?? throw new InvalidOperationException($"no invoice: {answer.ToJsonString()}");
    }

    /// <summary>Makes an ordinary invoice in the node; nothing is bought.</summary>
    public static async Task<string> OrdinaryInvoiceAsync(this IRegtestNode wallet, Msat amount, string label) =>
        (string)(await wallet.CallAsync("invoice", new JsonObject { ["amount_msat"] = amount.Value, ["label"] = label, ["description"] = "a second coffee" }))["bolt11"]!;

    /// <summary>
    /// Does the same with a route hint. A node gives no hint for a new channel until its peer has sent its channel_update, so this retries.
    /// </summary>
    public static async Task<string> HintedInvoiceAsync(this IRegtest net, IRegtestNode wallet, Msat amount)
    {
        string bolt11 = "";
        int asked = 0;
        await net.UntilAsync(
            async () => Read(bolt11 = await wallet.OrdinaryInvoiceAsync(amount, $"ordinary-{++asked}")).RouteHint is not null,
            $"{wallet.Name} names a channel in its invoice");
        return bolt11;
    }

    public static Bolt11Invoice Read(string bolt11) =>
        Bolt11Invoice.TryParse(bolt11, out Bolt11Invoice? invoice) ? invoice : throw new InvalidOperationException($"not an invoice: {bolt11}");

    /// <summary>Returns the provider's menu.</summary>
    public static async Task<JsonObject[]> MenuAsync(this IRegtestNode wallet, IRegtestNode provider)
    {
        JsonObject answer = await wallet.CallAsync("lsps-lsps2-getinfo", new JsonObject { ["lsp_id"] = provider.Id.ToString() });
        return answer["opening_fee_params_menu"] is JsonArray menu ? [.. menu.Select(entry => (JsonObject)entry!)] : throw new InvalidOperationException($"no menu: {answer.ToJsonString()}");
    }

    /// <param name="size">Null if the payer chooses the amount.</param>
    public static Task<JsonObject> BuyAsync(this IRegtestNode wallet, IRegtestNode provider, JsonObject feeParams, Msat? size)
    {
        var parameters = new JsonObject { ["lsp_id"] = provider.Id.ToString(), ["opening_fee_params"] = feeParams.DeepClone() };
        if (size is { } given) parameters["payment_size_msat"] = given.Value.ToString();
        return wallet.CallAsync("lsps-lsps2-buy", parameters);
    }

    /// <summary>
    /// Returns the outcomes of sent parts; fails if there are none, as assertions about all parts would then hold trivially.
    /// </summary>
    public static async Task<PartOutcome[]> OutcomesAsync(this IEnumerable<SentPart> parts)
    {
        PartOutcome[] outcomes = await Task.WhenAll(parts.Select(part => part.Outcome));
        Assert.NotEmpty(outcomes);
        return outcomes;
    }

    public static async Task<JsonObject[]> ChannelsAsync(this IRegtestNode node) => Rows(await node.CallAsync("listpeerchannels"), "channels");

    /// <summary>
    /// Returns the channels with a peer that are not over. A node never removes a channel whose peer gave it up without funding it.
    /// </summary>
    public static async Task<JsonObject[]> ChannelsWithAsync(this IRegtestNode node, IRegtestNode peer) =>
        [.. Rows(await node.CallAsync("listpeerchannels", new JsonObject { ["id"] = peer.Id.ToString() }), "channels").Where(channel => !Over.Contains((string?)channel["state"]))];

    /// <summary>Returns whether a coin of the node is reserved.</summary>
    public static async Task<bool> ReservedAsync(this IRegtestNode node) =>
        Rows(await node.CallAsync("listfunds"), "outputs").Any(output => (bool?)output["reserved"] == true);

    /// <summary>Returns the records directly below a key; the text as an object if it is one.</summary>
    public static async Task<IReadOnlyList<JsonObject>> RecordsAsync(this IRegtestNode node, params string[] key)
    {
        JsonObject listed = await node.CallAsync("listdatastore", new JsonObject { ["key"] = new JsonArray([.. key.Select(part => (JsonNode)part)]) });
        return [.. Rows(listed, "datastore").Select(row => (string?)row["string"] is { } text && text.StartsWith('{') ? (JsonObject)JsonNode.Parse(text)! : row)];
    }

    /// <summary>Writes a value like an operator, replacing any existing one.</summary>
    public static Task PutAsync(this IRegtestNode node, string value, params string[] key) => node.CallAsync("datastore", new JsonObject
    {
        ["key"] = new JsonArray([.. key.Select(part => (JsonNode)part)]),
        ["string"] = value,
        ["mode"] = "create-or-replace",
    });

    /// <summary>Returns the purchases and attempts that are not finished.</summary>
    public static Task<IReadOnlyList<JsonObject>> ActiveAsync(this IRegtestNode provider) => provider.RecordsAsync("lsps", "lsps2", "sessions", "active");

    /// <summary>Returns all records of offers, attempts and their ends.</summary>
    public static async Task<IReadOnlyList<JsonObject>> SalesAsync(this IRegtestNode provider) =>
    [
        .. await provider.RecordsAsync("lsps", "lsps2", "offers"),
        .. await provider.ActiveAsync(),
        .. await provider.RecordsAsync("lsps", "lsps2", "sessions", "finalized"),
    ];

    /// <summary>Returns the outcomes of the finished sessions.</summary>
    public static async Task<string[]> OutcomesAsync(this IRegtestNode provider) =>
        [.. (await provider.RecordsAsync("lsps", "lsps2", "sessions", "finalized")).Select(record => (string?)record["outcome"] ?? "none")];

    private static JsonObject[] Rows(JsonObject answer, string name) => [.. answer[name]!.AsArray().Select(row => (JsonObject)row!)];
}
