using System.Text;
using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;

namespace LspsPlugin.Simulation.Tests.Scenarios;

/// <summary>What a wallet's user says to the plugin.</summary>
internal static class WalletScene
{
    public static async Task<JsonObject> AskAsync(this Scene scene, string command, JsonObject? parameters = null) =>
        (JsonObject)(await scene.World.WalletPlugin.Link.CallAsync(command, parameters ?? []))!;

    public static Task SetAsync(this Scene scene, string option, string value) => scene.World.WalletPlugin.Link.CallAsync("setconfig", new JsonObject { ["config"] = option, ["val"] = value });

    /// <summary>lsps-lsps2-invoice for the usual price, with more parameters, or others.</summary>
    public static Task<JsonObject> OrderAsync(this Scene scene, JsonObject? more = null)
    {
        var order = new JsonObject
        {
            ["lsp_id"] = scene.Provider.Id.ToString(),
            ["amount_msat"] = Scene.Price.Value,
            ["description"] = "a coffee",
            ["label"] = "invoice",
        };
        foreach ((string name, JsonNode? value) in more ?? []) order[name] = value?.DeepClone();
        return scene.AskAsync("lsps-lsps2-invoice", order);
    }

    /// <summary>The same, and the world knows of the purchase.</summary>
    public static async Task<Bolt11Invoice> BoughtAsync(this Scene scene, JsonObject? more = null)
    {
        Bolt11Invoice invoice = Read(await scene.OrderAsync(more));
        scene.World.Purchases.Add(new SimPurchase(scene.Wallet, invoice, Scene.Price));
        return invoice;
    }

    public static async Task<SimRpcException> RefusedAsync(Task<JsonObject> order) => await Xunit.Assert.ThrowsAsync<SimRpcException>(() => order);

    public static Bolt11Invoice Read(JsonObject made) =>
        Bolt11Invoice.TryParse((string)made["bolt11"]!, out Bolt11Invoice? invoice) ? invoice : throw new InvalidOperationException(made.ToJsonString());

    public static async Task<JsonObject> WalletStatusAsync(this Scene scene) => (JsonObject)(await scene.AskAsync("lsps-status"))["wallet"]!;

    public static bool WalletSaid(this Scene scene, string text) => scene.World.WalletPlugin.Link.Log.Any(line => line.Contains(text, StringComparison.Ordinal));

    /// <summary>
    /// The provider's answers promise to fund at once, which the wallet has no other way to tell before the payment. A test that keeps the
    /// promise for it sends the funding to the chain; the provider, which signs later, then finds it there.
    /// </summary>
    public static void ProviderPromisesToFundAtOnce(this Scene scene) => scene.Provider.Rpc.Intercept = (method, p) =>
    {
        if (method == "signpsbt" && SimPsbt.Read((string?)p["psbt"]) is { } tx && scene.Chain.Find(tx.Id) is { } sent) return new JsonObject { ["signed_psbt"] = SimPsbt.Write(sent, scene.Chain) };
        if (method == "sendcustommsg") p["msg"] = ((string)p["msg"]!).Replace(Hex("\"client_trusts_lsp\":true"), Hex("\"client_trusts_lsp\":false"), StringComparison.Ordinal);
        return null;
    };

    private static string Hex(string text) => Convert.ToHexStringLower(Encoding.UTF8.GetBytes(text));
}
