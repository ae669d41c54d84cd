using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Scenarios.Network;
using Xunit;

namespace LspsPlugin.Scenarios;

/// <summary>The standard setup, with this plugin in its payer's role on the payer's node.</summary>
public sealed class PayoutStage
{
    /// <summary>The usual payment's id.</summary>
    public const string Id = "payout-1";

    private PayoutStage(Stage sale) => Sale = sale;

    public Stage Sale { get; }

    /// <param name="with">Changes the provider's options.</param>
    public static async Task<PayoutStage> SetAsync(IRegtest net, Action<JsonObject>? with = null, int channels = 1) =>
        new(await Stage.SetAsync(net, options => Allow(options, with), channels, payer: new NodeSetup("payer", new JsonObject { ["lsps-payer"] = true })));

    /// <summary>Buys a JIT channel for the wallet; returns the invoice.</summary>
    public Task<string> InvoiceAsync(Msat amount) => Sale.Wallet.BuyInvoiceAsync(Sale.Provider, amount, "payout");

    /// <param name="invoice">The invoice, or an offer.</param>
    /// <param name="wait">How long the call waits for the end, in seconds.</param>
    /// <param name="retryFor">How long new parts go out, in seconds.</param>
    /// <param name="id">The payment's id.</param>
    public Task<JsonObject> SendAsync(string invoice, int wait = 0, int retryFor = 60, string id = Id) =>
        Sale.Payer.CallAsync("sendpayment", new JsonObject { ["invstring"] = invoice, ["payment_id"] = id, ["retry_for"] = retryFor, ["wait"] = wait });

    /// <summary>Sends a part over one of the payer's channels and the JIT channel, in the form of sendpay's routes.</summary>
    public Task<JsonObject> SendPartAsync(string invoice, Msat amount, Scid over)
    {
        Bolt11Invoice paid = Observations.Read(invoice);
        RouteHint hint = paid.RouteHint!;
        ulong sent = amount.Value + hint.FeeBase + (amount.Value * hint.FeeProportional.Value / 1_000_000);
        uint delay = paid.MinFinalCltv.Value;
        return Sale.Payer.CallAsync("sendpartialpay", new JsonObject
        {
            ["route"] = new JsonArray(
                new JsonObject { ["id"] = hint.Node.ToString(), ["channel"] = over.ToString(), ["amount_msat"] = sent, ["delay"] = delay + hint.CltvExpiryDelta },
                new JsonObject { ["id"] = Sale.Wallet.Id.ToString(), ["channel"] = hint.Scid.ToString(), ["amount_msat"] = amount.Value, ["delay"] = delay }),
            ["payment_hash"] = paid.PaymentHash.ToString(),
            ["intended_msat"] = paid.Amount!.Value.Value,
            ["payment_secret"] = paid.PaymentSecret.ToHex(),
            ["payment_id"] = Id,
        });
    }

    public async Task<JsonObject> PaymentAsync()
    {
        JsonObject listed = await Sale.Payer.CallAsync("listpayments", new JsonObject { ["payment_id"] = Id });
        return (JsonObject)Assert.Single(listed["payments"]!.AsArray())!;
    }

    /// <summary>Returns the node's rows of the invoice's parts, those that failed among them.</summary>
    public async Task<JsonObject[]> RowsAsync(string invoice)
    {
        JsonObject listed = await Sale.Payer.CallAsync("listsendpays", new JsonObject { ["payment_hash"] = Observations.Read(invoice).PaymentHash.ToString() });
        return [.. listed["payments"]!.AsArray().Select(row => (JsonObject)row!)];
    }

    /// <summary>
    /// Checks that an answer says: paid, with the preimage, and that in the end the whole amount was paid once, for a fee within the cap. An answer may come
    /// before the last part is decided.
    /// </summary>
    public async Task AssertPaidAsync(string invoice, JsonObject answer)
    {
        Bolt11Invoice paid = Observations.Read(invoice);
        Assert.Equal("succeeded", (string?)answer["status"]);
        Assert.Equal(paid.PaymentHash, Preimage.Parse((string)answer["payment_preimage"]!).Hash());
        ulong amount = paid.Amount!.Value.Value;
        await Sale.UntilAsync(async () => (ulong)(await PaymentAsync())["settled_msat"]! == amount, "the whole amount is settled");
        JsonObject payment = await PaymentAsync();
        Assert.InRange((ulong)payment["fee_msat"]!, 0UL, amount / 100);
        Assert.Equal((ulong)payment["sent_msat"]!, amount + (ulong)payment["fee_msat"]!);
    }

    /// <summary>Kills the payer's plugin, and its node at once or as an operator stops it.</summary>
    public async Task EndAsync(bool withNode)
    {
        if (withNode)
        {
            await Sale.Payer.KillAsync();
            return;
        }

        await Sale.Payer.KillPluginAsync();
        await Sale.Payer.StopAsync();
    }

    public async Task ComeBackAsync()
    {
        await Sale.Payer.StartAgainAsync();
        await Sale.Net.ConnectAsync(Sale.Payer, Sale.Provider);
    }

    private static void Allow(JsonObject options, Action<JsonObject>? with)
    {
        options["lsps2-max-payment-msat"] = 10_000_000_000;
        with?.Invoke(options);
    }
}
