using System.Text.Json;
using LspsPlugin.Cln.Host;
using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Core.Lsps2;

namespace LspsPlugin.Cln.Wallet;

/// <summary>The wallet's commands. An error of the provider is a result (the built-in plugin's contract); a problem on our side is an error.</summary>
internal sealed class WalletCommands(
    LspsClient client, PurchaseBook book, NodeClient node, Func<NodeSettings?> settings, TimeProvider time, IEntropy entropy)
{
    private const int Failed = -1;

    /// <summary>An offer must be good for this long when it is bought, else nobody could pay in time.</summary>
    private static readonly TimeSpan ShortestUse = TimeSpan.FromMinutes(1);

    /// <summary>A payer needs that long at least.</summary>
    private static readonly TimeSpan ShortestExpiry = TimeSpan.FromSeconds(10);

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
        (Purchase? purchase, LspsAnswer answer, string? problem) = await BuyAsync(provider, feeParams!, size);
        if (purchase is null && problem is not null) call.Error(Failed, problem);
        else Pass(call, answer);
    }

    public async Task ApproveAsync(MethodCall call)
    {
        var args = new ArgumentReader(call);
        NodeId provider = args.Node("lsp_id");
        Scid jitScid = args.Scid("jit_channel_scid");
        PaymentHash hash = args.Hash("payment_hash");
        bool? trusts = args.Bool("client_trusts_lsp");
        if (args.Reject(call)) return;
        if (book.Find(provider, jitScid) is not { } purchase)
        {
            call.Error(MethodParams.InvalidParams, $"{jitScid} was not bought from this provider: use lsps-lsps2-buy first");
            return;
        }

        if (await book.ApproveAsync(purchase with { ClientTrustsLsp = trusts ?? purchase.ClientTrustsLsp }, hash) is { } problem) call.Error(Failed, problem);
        else call.Null();
    }

    public async Task InvoiceAsync(MethodCall call)
    {
        var args = new ArgumentReader(call);
        NodeId provider = args.Node("lsp_id");
        Msat? amount = args.AmountOrAny("amount_msat");
        string? description = args.Text("description", Bolt11Invoice.MaxDescriptionBytes);
        string? label = args.Text("label", 128);
        string? token = args.Text("token", GetInfoRequest.MaxTokenChars);
        args.Check(System.Text.Encoding.UTF8.GetByteCount(description ?? "") <= Bolt11Invoice.MaxDescriptionBytes, $"description has more than {Bolt11Invoice.MaxDescriptionBytes} bytes");
        args.Check(amount is null || amount >= MenuReading.LeastArriving, $"amount_msat must be at least {MenuReading.LeastArriving}, or \"any\"");
        if (args.Reject(call)) return;
        if (settings() is not { } self || Bolt11Invoice.CurrencyOf(self.Network) is not { } currency)
        {
            call.Error(Failed, "the plugin is starting, try again");
            return;
        }

        LspsAnswer menu = await MenuAsync(provider, token);
        if (menu.Result is not { } result)
        {
            Pass(call, menu);
            return;
        }

        if (MenuReading.Read(result, out string? problem) is not { } entries
            || MenuReading.Choose(entries, amount, time.GetUtcNow(), ShortestUse, out problem) is not { } chosen)
        {
            call.Error(Failed, problem!);
            return;
        }

        (Purchase? purchase, LspsAnswer bought, problem) = await BuyAsync(provider, chosen, amount);
        if (purchase is null)
        {
            if (problem is not null) call.Error(Failed, problem);
            else Pass(call, bought);
            return;
        }

        await MakeInvoiceAsync(call, self, currency, purchase, bought, description!, label!);
    }

    private async Task MakeInvoiceAsync(
        MethodCall call, NodeSettings self, string currency, Purchase purchase, LspsAnswer bought, string description, string label)
    {
        byte[] random = new byte[32];
        entropy.Fill(random);
        Preimage preimage = Preimage.FromBytes(random);

        // Whole seconds, rounded down on both sides: timestamp and expiry together never exceed valid_until (R52-39).
        var now = DateTimeOffset.FromUnixTimeSeconds(time.GetUtcNow().ToUnixTimeSeconds());
        var expiry = TimeSpan.FromSeconds(Math.Floor((purchase.FeeParams.ValidUntil - now).TotalSeconds));
        if (expiry < ShortestExpiry)
        {
            // The purchase took long, or the clock was set: nobody could pay such an invoice in time.
            await book.EndAsync(purchase);
            call.Error(Failed, $"the offer is valid until {LspsTime.Write(purchase.FeeParams.ValidUntil)}, too short for an invoice; try again");
            return;
        }

        BuyResult terms = BuyResult.Read(bought.Result!.Value, out _)!;
        int[] features = purchase.PaymentSize is null ? [8, 14] : [8, 14, 17]; // basic_mpp only for a fixed amount (R52-45, R52-46)
        var invoice = new Bolt11Invoice(
            currency,
            purchase.PaymentSize,
            now,
            preimage.Hash(),
            preimage.DeriveSecret(),
            description,
            expiry,
            new BlockCount(self.CltvFinal.Value + 2), // R52-42
            new RouteHint(purchase.Provider, purchase.JitScid, FeeBase: 0, new Ppm(0), (ushort)terms.CltvExpiryDelta.Value), // R52-41
            features);

        // Approved first: whoever gets the invoice may pay it at once.
        if (await book.ApproveAsync(purchase, preimage.Hash()) is { } problem)
        {
            call.Error(Failed, problem);
            return;
        }

        var created = await node.CreateInvoiceAsync(new CreateInvoiceParams(invoice.WriteUnsigned(), label, preimage.ToHex()), CancellationToken.None);
        if (!created.IsOk)
        {
            if (book.Find(preimage.Hash()) is { } approved && !created.Error.MaybeDone) await book.EndAsync(approved);
            call.Error(created.Error.Code == 0 ? Failed : created.Error.Code, created.Error.Message);
            return;
        }

        call.Result(json =>
        {
            json.WriteString("bolt11"u8, created.Value.Bolt11);
            json.WriteString("payment_hash"u8, preimage.Hash().ToString());
            json.WriteString("payment_secret"u8, preimage.DeriveSecret().ToHex());
            json.WriteNumber("expires_at"u8, (now + expiry).ToUnixTimeSeconds());
            if (created.Value.CreatedIndex is { } index) json.WriteNumber("created_index"u8, index);
            json.WriteString("jit_channel_scid"u8, purchase.JitScid.ToString());
            if (purchase.PaymentSize is { } size && purchase.PromisedFee(size) is { } fee) json.WriteNumber("opening_fee_msat"u8, fee.Value);
        });
    }

    private ValueTask<LspsAnswer> MenuAsync(NodeId provider, string? token) => client.AskAsync(provider, "lsps2.get_info", json =>
    {
        if (token is not null) json.WriteString("token"u8, token);
    });

    private async ValueTask<(Purchase? Purchase, LspsAnswer Answer, string? Problem)> BuyAsync(NodeId provider, OpeningFeeParams feeParams, Msat? size)
    {
        LspsAnswer answer = await client.AskAsync(provider, "lsps2.buy", json =>
        {
            json.WriteStartObject("opening_fee_params"u8);
            OpeningFeeParamsJson.Write(json, feeParams); // R52-27
            json.WriteEndObject();
            if (size is { } s) json.WriteString("payment_size_msat"u8, s.Value.ToString());
        });
        if (answer.Result is not { } result) return (null, answer, answer.Problem);
        if (BuyResult.Read(result, out string? problem) is not { } bought) return (null, answer, problem);
        var purchase = new Purchase(provider, bought.JitScid, feeParams, size, bought.ClientTrustsLsp, PaymentHash: null);
        problem = await book.AddAsync(purchase);
        return problem is null ? (purchase, answer, null) : (null, answer, problem);
    }

    private static void Pass(MethodCall call, LspsAnswer answer)
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
