using LspsPlugin.Cln.Peers;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Cln.Wallet.Buying;
using LspsPlugin.Cln.Wallet.Records;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2;

namespace LspsPlugin.Cln.Wallet;

/// <summary>
/// The wallet's commands. A provider's error is a result (as in the built-in plugin); an error on our side is a command error: -32602 for parameters,
/// -1 for the rest.
/// </summary>
internal sealed class WalletCommands(WalletParts parts)
{
    private const int Failed = -1;

    /// <summary>lsps-listprotocols: asks a provider which LSPSs it speaks (lsps0.list_protocols).</summary>
    public async Task ListProtocolsAsync(MethodCall call)
    {
        var args = new ArgumentReader(call);
        NodeId provider = args.Node("lsp_id");
        if (args.Reject(call)) return;
        LspsAnswer answer = await parts.Client.AskAsync(provider, "lsps0.list_protocols", static _ => { });
        PassedAnswer.Write(call, answer, static error => error.Explain());
    }

    /// <summary>lsps-lsps2-getinfo: returns a provider's menu.</summary>
    public async Task GetInfoAsync(MethodCall call)
    {
        var args = new ArgumentReader(call);
        NodeId provider = args.Node("lsp_id");
        string? token = args.Text("token", GetInfoRequest.MaxTokenChars);
        if (args.Reject(call)) return;
        LspsAnswer answer = await parts.Lsps2.GetInfoAsync(provider, token);
        if (answer.Result is { } result && MenuReading.Read(result, out string? problem) is null) call.Error(Failed, problem!);
        else PassedAnswer.Write(call, answer, Lsps2Error.Explain);
    }

    /// <summary>lsps-lsps2-buy: buys an entry of a menu.</summary>
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
        Bought bought = await parts.Buyer.BuyAsync(provider, feeParams!, size, parts.Trust.IsAsked ? true : null);
        if (bought.Purchase is null && bought.Problem is not null) call.Error(Failed, bought.Problem);
        else PassedAnswer.Write(call, bought.Answer, Lsps2Error.Explain);
    }

    /// <summary>lsps-lsps2-approve: allows the channel of a purchase for a payment hash.</summary>
    public async Task ApproveAsync(MethodCall call)
    {
        var args = new ArgumentReader(call);
        NodeId provider = args.Node("lsp_id");
        Scid jitScid = args.Scid("jit_channel_scid");
        PaymentHash hash = args.Hash("payment_hash");
        bool? trusts = args.Bool("client_trusts_lsp");
        if (args.Reject(call)) return;
        if (parts.Purchases.Find(provider, jitScid) is not { } purchase)
        {
            call.Error(MethodParams.InvalidParams, $"{jitScid} was not bought from this provider: use lsps-lsps2-buy first");
            return;
        }

        // By repeating the provider's value in this parameter the caller agrees to it; a false does not withdraw what an option agrees to.
        bool lspFundsLate = trusts ?? purchase.ClientTrustsLsp;
        bool? agreed = trusts == true ? true : null;
        if (lspFundsLate && parts.Trust.GetOfferRejection(provider, agreed) is { } refused)
        {
            call.Error(Failed, refused);
            return;
        }

        Purchase agreedOn = purchase with { ClientTrustsLsp = lspFundsLate, AwaitsConfirmation = parts.Trust.GetRejection(provider, agreed) is not null };
        if (await parts.Purchases.ApproveAsync(agreedOn, hash) is { } problem) call.Error(Failed, problem);
        else call.Null();
    }

    public Task ListApprovalsAsync(MethodCall call)
    {
        var args = new ArgumentReader(call);
        NodeId? provider = call.Params.ContainsKey("lsp_id") ? args.Node("lsp_id") : null;
        if (args.Reject(call)) return Task.CompletedTask;
        call.Result(json =>
        {
            json.WriteStartArray("approvals"u8);
            foreach (Purchase approved in parts.Purchases.LiveApprovals(provider)) approved.WriteStatus(json);
            json.WriteEndArray();
        });
        return Task.CompletedTask;
    }

    /// <summary>lsps-lsps2-revoke: ends a purchase, if its payment has not arrived.</summary>
    public async Task RevokeAsync(MethodCall call)
    {
        var args = new ArgumentReader(call);
        NodeId provider = args.Node("lsp_id");
        string which = args.Text("jit_channel_scid", 64) ?? "";
        bool byHash = PaymentHash.TryParse(which.AsSpan(), out PaymentHash named), byScid = Scid.TryParse(which, out Scid jitScid);
        args.Check(byHash || byScid, "jit_channel_scid must be BLOCKxTXxOUTPUT, or the payment's hash");
        if (args.Reject(call)) return;
        if ((byHash ? parts.Purchases.Find(named) : parts.Purchases.Find(provider, jitScid)) is not { } purchase || purchase.Provider != provider)
        {
            call.Error(MethodParams.InvalidParams, $"{which} was not bought from this provider, or has ended");
            return;
        }

        if (purchase.PaymentHash is { } hash)
        {
            if (parts.Payments.IsWhole(hash))
            {
                call.Error(Failed, $"the payment over {purchase.JitScid} has arrived: it is too late to revoke the approval");
                return;
            }

            parts.Payments.Revoke(hash);
        }

        // From here on an opening is refused: the purchases removes the approval before it awaits anything.
        await parts.Purchases.EndAsync(purchase);
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
        var known = await parts.Node.ListInvoicesAsync(hash, parts.Stopping);
        if (!known.IsOk || known.Value.Invoices.FirstOrDefault() is not { Status: not "paid", Bolt11: { } text, Label: { } label } row) return false;
        if (!Bolt11Invoice.TryParse(text, out Bolt11Invoice? invoice) || !invoice.Hops.Any(hop => hop.Node == purchase.Provider && hop.Scid == purchase.JitScid)) return false;
        return (await parts.Node.DelInvoiceAsync(label, row.Status, parts.Stopping)).IsOk;
    }
}
