using System.Text.Json;
using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Peers;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Cln.Wallet.Records;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Core.Lsps2;

namespace LspsPlugin.Cln.Wallet.Buying;

/// <summary>
/// The lsps-lsps2-invoice command: asks all configured providers, buys from the cheapest, tries the next one if the purchase fails, and
/// makes the invoice.
/// </summary>
internal sealed class InvoiceCommand(
    OfferRound round, Lsps2Buyer buyer, InvoiceMaking making, ExistingChannelInvoice existing, NodeClient node, NodeSettings self, CancellationToken stopping)
{
    private const int Failed = -1;

    /// <summary>Of the progress: asking the providers, buying, making the invoice.</summary>
    private const int Steps = 3;

    public async Task RunAsync(MethodCall call, InvoiceOrder order)
    {
        if (Bolt11Invoice.CurrencyOf(self.Network) is not { } currency)
        {
            call.Error(Failed, $"invoices of the network {self.Network} are unknown");
            return;
        }

        // Report a used label before anything is bought. If the node does not answer, it will report it later.
        var known = await node.ListInvoicesAsync(order.Label, stopping);
        if (known is { IsOk: true, Value.Invoices.Length: > 0 })
        {
            call.Error(NodeCodes.LabelExists, $"there is an invoice with the label '{LspsError.Sanitize(order.Label)}'; nothing was bought");
            return;
        }

        if (order.Reuse && await existing.TryAsync(call, order)) return;
        call.Progress(0, Steps);
        var tried = new List<ProviderOffer>(await round.AskAsync(order.Providers, order.Amount, order.Cap));
        for (int i = 0; i < tried.Count; i++)
        {
            if (tried[i].PassedOver is not null || tried[i].Entry is not { } entry) continue;
            call.Progress(1, Steps);
            Bought bought = await buyer.BuyAsync(tried[i].Provider.Id, entry, order.Amount, order.Agreed);
            if (bought.Purchase is { } purchase)
            {
                call.Progress(2, Steps);
                MadeInvoice made = await making.MakeAsync(order, self, currency, purchase, bought.Terms!);
                if (made.Problem is { } problem) call.Error(made.Code, problem);
                else call.Result(json => Write(json, made, purchase, tried, i));
                return;
            }

            tried[i] = tried[i] with { Answer = bought.Answer, PassedOver = bought.Why };
            if (!order.IsComparison && bought.Problem is not null) tried[i] = tried[i] with { Answer = new LspsAnswer(null, null, bought.Problem) };
        }

        Refuse(call, order, tried);
    }

    /// <summary>
    /// Answers that no purchase was possible. If only one provider was asked, its refusal is a result, as in the built-in plugin;
    /// everything else is an error.
    /// </summary>
    private static void Refuse(MethodCall call, InvoiceOrder order, List<ProviderOffer> tried)
    {
        if (order.IsComparison) call.Error(Failed, $"no channel was bought. {string.Join(". ", tried.Select(offer => $"{offer.Provider.Id}: {offer.PassedOver}"))}");
        else if (tried[0].Answer.Error is not null) PassedAnswer.Write(call, tried[0].Answer, Lsps2Error.Explain);
        else call.Error(Failed, $"nothing was bought from {tried[0].Provider.Id}: {tried[0].PassedOver}");
    }

    private static void Write(Utf8JsonWriter json, MadeInvoice made, Purchase purchase, List<ProviderOffer> tried, int taken)
    {
        made.Write(json);
        json.WriteString("jit_channel_scid"u8, purchase.JitScid.ToString());
        if (purchase.PaymentSize is { } size && purchase.PromisedFee(size) is { } fee) json.WriteNumber("opening_fee_msat"u8, fee.Value);
        json.WriteString("lsp_id"u8, purchase.Provider.ToString());
        json.WriteBoolean("client_trusts_lsp"u8, purchase.ClientTrustsLsp);
        if (purchase.AwaitsConfirmation) json.WriteBoolean("awaits_confirmation"u8, true);
        json.WriteStartArray("offers"u8);
        for (int i = 0; i < tried.Count; i++)
        {
            ProviderOffer offer = tried[i];
            json.WriteStartObject();
            json.WriteString("lsp_id"u8, offer.Provider.Id.ToString());
            if (offer.Entry is not null) json.WriteNumber("fee_msat"u8, offer.Fee.Value);
            if (i == taken) json.WriteBoolean("taken"u8, true);
            else json.WriteString("passed_over"u8, offer.PassedOver ?? "another offer costs the same or less");
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
