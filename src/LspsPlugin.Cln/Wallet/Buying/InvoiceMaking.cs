using System.Text.Json;
using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Wallet.Records;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Core.Lsps2;

namespace LspsPlugin.Cln.Wallet.Buying;

/// <summary>An invoice that the node has stored and signed, or the reason why there is none.</summary>
internal sealed record MadeInvoice(string Bolt11, PaymentHash Hash, string Secret, long ExpiresAt, ulong? CreatedIndex, int Code = 0, string? Problem = null)
{
    public static MadeInvoice Wrong(int code, string problem) => new("", default, "", 0, null, code, problem);

    public void Write(Utf8JsonWriter json)
    {
        json.WriteString("bolt11"u8, Bolt11);
        json.WriteString("payment_hash"u8, Hash.ToString());
        json.WriteString("payment_secret"u8, Secret);
        json.WriteNumber("expires_at"u8, ExpiresAt);
        if (CreatedIndex is { } index) json.WriteNumber("created_index"u8, index);
    }
}

/// <summary>Makes the invoice with the route hint of a bought JIT channel, and approves the channel for it.</summary>
internal sealed class InvoiceMaking(PurchaseStore purchases, NodeClient node, TimeProvider time, IEntropy entropy)
{
    private const int Failed = -1;

    /// <summary>Minimum time that a payer needs.</summary>
    private static readonly TimeSpan ShortestExpiry = TimeSpan.FromSeconds(10);

    /// <summary>Stores the approval, then the invoice (createinvoice).</summary>
    public async ValueTask<MadeInvoice> MakeAsync(InvoiceOrder order, NodeSettings self, string currency, Purchase purchase, BuyResult terms)
    {
        byte[] random = new byte[32];
        entropy.Fill(random);
        Preimage preimage = Preimage.FromBytes(random);

        // Whole seconds, both rounded down: timestamp plus expiry never exceeds valid_until (R52-39).
        var now = DateTimeOffset.FromUnixTimeSeconds(time.GetUtcNow().ToUnixTimeSeconds());
        var longest = TimeSpan.FromSeconds(Math.Floor((purchase.FeeParams.ValidUntil - now).TotalSeconds));
        if (longest < ShortestExpiry)
        {
            // The purchase took too long, or the clock was changed: nobody could pay the invoice in time.
            await purchases.EndAsync(purchase);
            return MadeInvoice.Wrong(Failed, $"the offer is valid until {LspsTime.Write(purchase.FeeParams.ValidUntil)}, too short for an invoice; try again");
        }

        int[] features = purchase.PaymentSize is null ? [8, 14] : [8, 14, 17]; // basic_mpp for a fixed amount only (R52-45, R52-46)
        uint wait = purchase.AwaitsConfirmation ? ConfirmationWait.Blocks.Value : 0;
        var invoice = new Bolt11Invoice(
            currency,
            purchase.PaymentSize,
            now,
            preimage.Hash(),
            preimage.DeriveSecret(),
            order.Description,
            order.Expiry < longest ? order.Expiry : longest,
            new BlockCount(self.CltvFinal.Value + 2 + wait), // R52-42, R52-44
            new RouteHint(purchase.Provider, purchase.JitScid, FeeBase: 0, new Ppm(0), (ushort)terms.CltvExpiryDelta.Value), // R52-41
            features)
        {
            DescriptionHash = order.HashOnly ? Bolt11Invoice.HashOf(order.Description) : null,
        };

        // Approve before returning the invoice: its recipient may pay at once.
        if (await purchases.ApproveAsync(purchase with { PaymentSecret = invoice.PaymentSecret }, invoice.PaymentHash) is { } problem) return MadeInvoice.Wrong(Failed, problem);
        return await KeepAsync(order, purchase, invoice, preimage);
    }

    private async ValueTask<MadeInvoice> KeepAsync(InvoiceOrder order, Purchase purchase, Bolt11Invoice invoice, Preimage preimage)
    {
        // The node accepts no payment for an expired invoice, and opening the channel takes time after the payer has paid. So the node's
        // own invoice is valid for longer than the one that the payer gets, which must not outlive the offer (R52-39).
        TimeSpan longer = purchase.AwaitsConfirmation ? ConfirmationWait.Time : OpeningTime.Longest;
        Bolt11Invoice kept = invoice with { Expiry = invoice.Expiry + longer, Description = Bolt11Invoice.Shortened(order.Description) };
        var created = await node.CreateInvoiceAsync(new CreateInvoiceParams(kept.WriteUnsigned(), order.Label, preimage.ToHex()), CancellationToken.None);
        if (!created.IsOk)
        {
            if (purchases.Find(invoice.PaymentHash) is { } approved && !created.Error.MaybeDone) await purchases.EndAsync(approved);
            return MadeInvoice.Wrong(created.Error.Code == 0 ? Failed : created.Error.Code, created.Error.Message);
        }

        var signed = await node.SignInvoiceAsync(HandedOut(invoice), CancellationToken.None);
        if (!signed.IsOk)
        {
            if (purchases.Find(invoice.PaymentHash) is { } approved) await purchases.EndAsync(approved);
            await node.DelInvoiceAsync(order.Label, "unpaid", CancellationToken.None);
            return MadeInvoice.Wrong(Failed, $"the invoice could not be signed: {signed.Error}");
        }

        return new MadeInvoice(
            signed.Value.Bolt11, invoice.PaymentHash, invoice.PaymentSecret.ToHex(), (invoice.Timestamp + invoice.Expiry).ToUnixTimeSeconds(), created.Value.CreatedIndex);
    }

    /// <summary>Returns the invoice for the payer. signinvoice needs no description if the invoice has a description hash.</summary>
    private static string HandedOut(Bolt11Invoice invoice) => (invoice.DescriptionHash is null ? invoice : invoice with { Description = null }).WriteUnsigned();
}
