using LspsPlugin.Cln.Protocol;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Core.Payments;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Cln.Payer.Invoices;

/// <summary>What an invoice tells a payer, of BOLT 11 or of BOLT 12.</summary>
/// <param name="Text">The invoice itself.</param>
/// <param name="Currency">The currency prefix of its network: bc, tb, tbs or bcrt.</param>
/// <param name="Hash">The payment hash.</param>
/// <param name="Destination">The node that is paid.</param>
/// <param name="Amount">The amount; null when the payer chooses it.</param>
/// <param name="ExpiresAt">From when on it must not be paid.</param>
/// <param name="FinalCltv">The blocks that the last HTLC must have left; zero with blinded paths, whose own delays have them.</param>
/// <param name="Features">The feature bits that are set.</param>
/// <param name="Secret">The payment_secret of BOLT 11.</param>
/// <param name="Hints">The route hints of BOLT 11.</param>
/// <param name="Metadata">The payment_metadata of BOLT 11, in hex.</param>
/// <param name="Paths">The blinded paths of BOLT 12 that can be used.</param>
/// <param name="Unusable">Why no path can be used; null if one can, and in BOLT 11.</param>
/// <param name="Offer">The offer for which it was fetched.</param>
internal sealed record PayableInvoice(
    string Text,
    string Currency,
    PaymentHash Hash,
    NodeId Destination,
    Msat? Amount,
    DateTimeOffset ExpiresAt,
    BlockCount FinalCltv,
    IReadOnlyList<int> Features,
    PaymentSecret? Secret = null,
    ValueList<ValueList<RouteHint>> Hints = default,
    string? Metadata = null,
    ValueList<BlindedPath> Paths = default,
    string? Unusable = null,
    OfferRequest? Offer = null)
{
    /// <summary>basic_mpp: the receiver takes several parts.</summary>
    private const int BasicMpp = 16;

    /// <summary>The features that a BOLT 11 invoice may require: var_onion_optin, payment_secret, basic_mpp, payment_metadata (BOLT 9).</summary>
    private static readonly int[] KnownToBolt11 = [8, 14, BasicMpp, 48];

    /// <summary>The features that a BOLT 12 invoice may require.</summary>
    private static readonly int[] KnownToBolt12 = [BasicMpp];

    /// <summary>Whether the receiver takes several parts.</summary>
    public bool TakesParts => Features.Contains(BasicMpp) || Features.Contains(BasicMpp + 1);

    /// <summary>Reads a BOLT 11 invoice.</summary>
    /// <param name="text">The invoice.</param>
    /// <param name="problem">What is wrong with it; null on success.</param>
    public static PayableInvoice? OfBolt11(string text, out string? problem)
    {
        if (Bolt11Invoice.Read(text, out problem) is not { } invoice)
        {
            problem = $"the invoice {problem}";
            return null;
        }

        if (Bolt11Invoice.PayeeOf(text) is not { } payee)
        {
            problem = "the invoice's signature is not valid";
            return null;
        }

        return new PayableInvoice(
            text.ToLowerInvariant(),
            invoice.Currency,
            invoice.PaymentHash,
            payee,
            invoice.Amount,
            invoice.Timestamp + invoice.Expiry,
            invoice.MinFinalCltv,
            invoice.Features,
            invoice.PaymentSecret,
            [.. invoice.Routes.Select(static route => (ValueList<RouteHint>)[.. route])],
            invoice.Metadata);
    }

    /// <summary>Returns why no payment can begin with the invoice; null if one can. A payment that is on record already is not affected.</summary>
    public (int Code, string Problem)? ProblemOf(NodeId self, string network, DateTimeOffset now)
    {
        if (Bolt11Invoice.CurrencyOf(network) is { } currency && currency != Currency) return (MethodParams.InvalidParams, $"invstring: the invoice is for another network (ln{Currency}); this node is on {network} (ln{currency})");
        if (Destination == self) return (MethodParams.InvalidParams, "invstring: the invoice is of this node itself");
        if (Unusable is not null) return (MethodParams.InvalidParams, $"invstring: the invoice has no path that can be used: {Unusable}");
        int[] known = Paths.Count == 0 ? KnownToBolt11 : KnownToBolt12;
        int[] unknown = [.. Features.Where(bit => bit % 2 == 0 && !known.Contains(bit))];
        if (unknown.Length > 0) return (MethodParams.InvalidParams, $"invstring: the invoice requires features that are not known here: {string.Join(", ", unknown.Order())}");
        return ExpiresAt <= now ? (PayerCodes.InvoiceExpired, $"the invoice expired at {LspsTime.Write(ExpiresAt)}") : null;
    }
}
