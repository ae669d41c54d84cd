using System.Text.Json;
using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Peers;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Cln.Wallet.Buying;
using LspsPlugin.Cln.Wallet.Receiving;
using LspsPlugin.Cln.Wallet.Records;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2;

namespace LspsPlugin.Cln.Wallet;

/// <summary>
/// The wallet's commands. A provider's error is a result (as in the built-in plugin); an error on our side is a command error.
/// </summary>
internal sealed class WalletCommands(
    LspsClient client, PurchaseStore purchases, IncomingPayments payments, TrustRule trust, Lsps2Buyer buyer, InvoiceCommand invoicing, NodeClient node, CancellationToken stopping)
{
    private const int Failed = -1;

    public async Task ListProtocolsAsync(MethodCall call)
    {
        var args = new ArgumentReader(call);
        NodeId provider = args.Node("lsp_id");
        if (args.Reject(call)) return;
        LspsAnswer answer = await client.AskAsync(provider, "lsps0.list_protocols", static _ => { });
        Pass(call, answer);
    }

    public async Task GetInfoAsync(MethodCall call)
    {
        var args = new ArgumentReader(call);
        NodeId provider = args.Node("lsp_id");
        string? token = args.Text("token", GetInfoRequest.MaxTokenChars);
        if (args.Reject(call)) return;
        LspsAnswer answer = await MenuAsync(provider, token);
        if (answer.Result is { } result && MenuReading.Read(result, out string? problem) is null) call.Error(Failed, problem!);
        else Pass(call, answer);
    }

    public async Task BuyAsync(MethodCall call)
    {
        var args = new ArgumentReader(call);
        NodeId provider = args.Node("lsp_id");
        OpeningFeeParams? feeParams = args.FeeParams("opening_fee_params");
        Msat? size = args.Amount("payment_size_msat");
        if (feeParams is not null && size is { } s) args.Check(s >= feeParams.MinPaymentSize && s <= feeParams.MaxPaymentSize, "payment_size_msat is outside the offer's payment sizes");
        if (feeParams is not null && size is { } amount) args.Check(OpeningFee.TryCompute(amount, feeParams, out Msat fee) && fee < amount, "the opening fee is not less than payment_size_msat");
        if (args.Reject(call)) return;

        // A caller who is asked for trust agrees with the approval: until then nothing can be opened.
        Bought bought = await buyer.BuyAsync(provider, feeParams!, size, trust.IsAsked ? true : null);
        if (bought.Purchase is null && bought.Problem is not null) call.Error(Failed, bought.Problem);
        else Pass(call, bought.Answer);
    }

    public async Task ApproveAsync(MethodCall call)
    {
        var args = new ArgumentReader(call);
        NodeId provider = args.Node("lsp_id");
        Scid jitScid = args.Scid("jit_channel_scid");
        PaymentHash hash = args.Hash("payment_hash");
        bool? trusts = args.Bool("client_trusts_lsp");
        if (args.Reject(call)) return;
        if (purchases.Find(provider, jitScid) is not { } purchase)
        {
            call.Error(MethodParams.InvalidParams, $"{jitScid} was not bought from this provider: use lsps-lsps2-buy first");
            return;
        }

        // By repeating the provider's value in this parameter the caller agrees to it; a false does not withdraw what an option agrees to.
        bool lspFundsLate = trusts ?? purchase.ClientTrustsLsp;
        bool? agreed = trusts == true ? true : null;
        if (lspFundsLate && trust.GetOfferRejection(provider, agreed) is { } refused)
        {
            call.Error(Failed, refused);
            return;
        }

        Purchase agreedOn = purchase with { ClientTrustsLsp = lspFundsLate, AwaitsConfirmation = trust.GetRejection(provider, agreed) is not null };
        if (await purchases.ApproveAsync(agreedOn, hash) is { } problem) call.Error(Failed, problem);
        else call.Null();
    }

    public Task InvoiceAsync(MethodCall call) => invoicing.RunAsync(call);

    public Task ListApprovalsAsync(MethodCall call)
    {
        var args = new ArgumentReader(call);
        NodeId? provider = call.Params.ContainsKey("lsp_id") ? args.Node("lsp_id") : null;
        if (args.Reject(call)) return Task.CompletedTask;
        call.Result(json =>
        {
            json.WriteStartArray("approvals"u8);
            foreach (Purchase approved in purchases.LiveApprovals(provider)) approved.WriteStatus(json);
            json.WriteEndArray();
        });
        return Task.CompletedTask;
    }

    public async Task RevokeAsync(MethodCall call)
    {
        var args = new ArgumentReader(call);
        NodeId provider = args.Node("lsp_id");
        string which = args.Text("jit_channel_scid", 64) ?? "";
        bool byHash = PaymentHash.TryParse(which.AsSpan(), out PaymentHash named), byScid = Scid.TryParse(which, out Scid jitScid);
        args.Check(byHash || byScid, "jit_channel_scid must be BLOCKxTXxOUTPUT, or the payment's hash");
        if (args.Reject(call)) return;
        if ((byHash ? purchases.Find(named) : purchases.Find(provider, jitScid)) is not { } purchase || purchase.Provider != provider)
        {
            call.Error(MethodParams.InvalidParams, $"{which} was not bought from this provider, or has ended");
            return;
        }

        if (purchase.PaymentHash is { } hash)
        {
            if (payments.IsWhole(hash))
            {
                call.Error(Failed, $"the payment over {purchase.JitScid} has arrived: it is too late to revoke the approval");
                return;
            }

            payments.Revoke(hash);
        }

        // From here on an opening is refused: the purchases removes the approval before it awaits anything.
        await purchases.EndAsync(purchase);
        bool deleted = await DeleteInvoiceAsync(purchase);
        call.Result(json =>
        {
            json.WriteStartObject("revoked"u8);
            purchase.WriteStatusMembers(json);
            json.WriteEndObject();
            json.WriteBoolean("invoice_deleted"u8, deleted);
        });
    }

    /// <summary>Deletes an unpaid invoice over the JIT channel, which could only fail from now on.</summary>
    private async ValueTask<bool> DeleteInvoiceAsync(Purchase purchase)
    {
        if (purchase.PaymentHash is not { } hash) return false;
        var known = await node.ListInvoicesAsync(hash, stopping);
        if (!known.IsOk || known.Value.Invoices.FirstOrDefault() is not { Status: not "paid", Bolt11: { } text, Label: { } label } row) return false;
        if (!Bolt11Invoice.TryParse(text, out Bolt11Invoice? invoice) || !invoice.Hops.Any(hop => hop.Node == purchase.Provider && hop.Scid == purchase.JitScid)) return false;
        return (await node.DelInvoiceAsync(label, row.Status, stopping)).IsOk;
    }

    private ValueTask<LspsAnswer> MenuAsync(NodeId provider, string? token) => client.AskAsync(provider, "lsps2.get_info", json =>
    {
        if (token is not null) json.WriteString("token"u8, token);
    });

    public static void Pass(MethodCall call, LspsAnswer answer)
    {
        if (answer.Result is { ValueKind: JsonValueKind.Object } result)
        {
            call.Result(json =>
            {
                foreach (JsonProperty member in result.EnumerateObject()) member.WriteTo(json);
            });
        }
        else if (answer.Error is { } error)
        {
            call.Result(json =>
            {
                json.WriteNumber("code"u8, error.Code);
                json.WriteString("message"u8, error.Message.Length > 0 ? error.Message : error.Explain());
                json.WriteString("explanation"u8, error.Explain());
            });
        }
        else
        {
            call.Error(Failed, answer.Problem ?? "the provider's answer is not an object");
        }
    }
}
