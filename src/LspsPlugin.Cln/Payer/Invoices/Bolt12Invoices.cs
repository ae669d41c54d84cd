using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Payments;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Payer.Invoices;

/// <summary>The outcome of looking for an invoice.</summary>
/// <param name="Invoice">The invoice; null if there is none.</param>
/// <param name="Code">The error code for the caller if there is none.</param>
/// <param name="Problem">The error for the caller if there is none.</param>
internal readonly record struct InvoiceFound(PayableInvoice? Invoice, int Code = 0, string Problem = "");

/// <summary>Gets and reads invoices of BOLT 12, by the node's own means.</summary>
internal sealed class Bolt12Invoices(NodeClient node, NodeId self)
{
    /// <summary>How long the issuer of an offer may take.</summary>
    private const uint FetchSeconds = 30;

    /// <summary>For how long an invoice may be paid that does not say it (BOLT 12).</summary>
    private static readonly TimeSpan DefaultExpiry = TimeSpan.FromHours(2);

    /// <summary>Asks the issuer of an offer for an invoice.</summary>
    /// <param name="offer">The offer.</param>
    /// <param name="amount">What the caller wants to pay; null for the offer's amount.</param>
    /// <param name="stopping">Cancels the wait.</param>
    public async ValueTask<InvoiceFound> FetchAsync(OfferRequest offer, Msat? amount, CancellationToken stopping)
    {
        var fetched = await node.FetchInvoiceAsync(new FetchInvoiceParams(offer.Offer, amount, offer.Quantity, FetchSeconds, offer.PayerNote), stopping);
        if (!fetched.IsOk)
        {
            return fetched.Error is { Failure: RpcFailure.Refused, Code: { } code and not NodeCodes.MethodNotFound }
                ? new InvoiceFound(null, code, $"no invoice came for the offer: {fetched.Error}")
                : new InvoiceFound(null, PayerCodes.Failed, $"no invoice came for the offer, this call began nothing, and may be repeated: {fetched.Error}");
        }

        // The node accepts what the issuer asks for; the caller has not.
        if (fetched.Value.Changes.AmountMsat is { } asked && asked != amount) return new InvoiceFound(null, MethodParams.InvalidParams, $"the issuer's invoice is for {asked.Value} msat: give this as amount_msat to pay it");
        return await ReadAsync(fetched.Value.Invoice, offer, stopping);
    }

    /// <summary>Reads an invoice.</summary>
    /// <param name="text">The invoice.</param>
    /// <param name="offer">The offer for which it was fetched; null if the caller gave the invoice.</param>
    /// <param name="stopping">Cancels the wait.</param>
    public async ValueTask<InvoiceFound> ReadAsync(string text, OfferRequest? offer, CancellationToken stopping)
    {
        var decoded = await node.DecodeAsync(text, stopping);
        if (!decoded.IsOk)
        {
            return decoded.Error is { Failure: RpcFailure.Refused, Code: NodeCodes.InvalidParams }
                ? Wrong($"cannot be read: {decoded.Error}")
                : new InvoiceFound(null, PayerCodes.Failed, $"the invoice was not read, this call began nothing, and may be repeated: {decoded.Error}");
        }

        DecodeAnswer read = decoded.Value;
        if (read is not { Type: "bolt12 invoice", Valid: true }) return Wrong($"is not a valid one of BOLT 12 (the node calls it '{read.Type}')");
        if (read is not { InvoicePaymentHash: { } hash, InvoiceNodeId: { } payee, InvoiceAmountMsat: { } amount, InvoiceCreatedAt: { } created, InvoicePaths: { } rows }) return Wrong("has no payment hash, node, amount, time or paths");
        if (created > (ulong)DateTimeOffset.MaxValue.ToUnixTimeSeconds() / 2) return Wrong("is of a time that there is not");
        var paths = new List<BlindedPath>();
        string? unusable = null;
        foreach (InvoicePathRow row in rows)
        {
            (BlindedPath? path, string? problem) = await ReadAsync(row, stopping);
            if (path is not null) paths.Add(path);
            else unusable ??= problem;
        }

        return new InvoiceFound(new PayableInvoice(
            text,
            Bolt12Chains.CurrencyOf(read.InvreqChain),
            hash,
            payee,
            amount,
            DateTimeOffset.FromUnixTimeSeconds((long)created) + (read.InvoiceRelativeExpiry is { } seconds ? TimeSpan.FromSeconds(seconds) : DefaultExpiry),
            FinalCltv: new BlockCount(0),
            FeatureBits.Read(read.InvoiceFeatures ?? ""),
            Paths: [.. paths],
            Unusable: paths.Count > 0 ? null : unusable ?? "there is none",
            Offer: offer));
    }

    /// <returns>The path; else why it cannot be used.</returns>
    private async ValueTask<(BlindedPath? Path, string? Problem)> ReadAsync(InvoicePathRow row, CancellationToken stopping)
    {
        PathPayinfo info = row.Payinfo;
        if (row.Path.Length == 0) return (null, "it has no nodes");
        if (info.FeeBaseMsat.Value > uint.MaxValue || info.CltvExpiryDelta > ushort.MaxValue) return (null, "its fee or delay is impossible");
        if (FeatureBits.Read(info.Features).FirstOrDefault(static bit => bit % 2 == 0, -1) is var bit and >= 0) return (null, $"it requires feature {bit}");
        if (await IntroductionAsync(row, stopping) is not { } introduction) return (null, $"the node does not know the channel {row.FirstScid} at which it begins");

        // What follows in such a path only the node can read, and nothing would tell which HTLC is ours.
        if (introduction == self) return (null, "it begins at this node itself, which is not supported");
        return (new BlindedPath(
            introduction,
            row.FirstPathKey,
            [.. row.Path.Select(static hop => new BlindedHop(hop.BlindedNodeId, hop.EncryptedRecipientData))],
            (uint)info.FeeBaseMsat.Value,
            new Ppm(info.FeeProportionalMillionths),
            (ushort)info.CltvExpiryDelta,
            info.HtlcMinimumMsat ?? Msat.Zero,
            info.HtlcMaximumMsat), null);
    }

    private async ValueTask<NodeId?> IntroductionAsync(InvoicePathRow row, CancellationToken stopping)
    {
        if (row.FirstNodeId is { } named) return named;
        if (row.FirstScid is not { } channel) return null;
        var listed = await node.ListChannelsAsync(channel, stopping);
        if (!listed.IsOk || listed.Value.Channels is not [var direction, ..]) return null;
        return direction.Direction == (row.FirstScidDir ?? 0) ? direction.Source : direction.Destination;
    }

    private static InvoiceFound Wrong(string problem) => new(null, MethodParams.InvalidParams, $"invstring: the invoice {problem}");
}
