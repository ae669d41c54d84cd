using LspsPlugin.Cln.Protocol;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Core.Payments;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Cln.Payer.Commands;

/// <summary>The arguments of sendpayment.</summary>
/// <param name="Terms">What is asked for.</param>
/// <param name="Invoice">The invoice.</param>
/// <param name="Wait">How long the command waits for the end.</param>
internal sealed record SendPaymentRequest(PaymentTerms Terms, Bolt11Invoice Invoice, TimeSpan Wait)
{
    /// <summary>The longest wait of a command; the caller may ask again.</summary>
    public const long MostWaitSeconds = 86_400;

    private const long MostRetrySeconds = 7 * 86_400;
    private const int MostParts = 100;
    private const int MostLayers = 20;
    private const int MostLayerChars = 200;
    private const int MostLabelChars = 1024;
    private const int MostInvoiceChars = 16_384;
    /// <summary>basic_mpp: the receiver takes several parts.</summary>
    private const int BasicMpp = 16;

    /// <summary>The features that an invoice may require: var_onion_optin, payment_secret, basic_mpp, payment_metadata (BOLT 9).</summary>
    private static readonly int[] Known = [8, 14, BasicMpp, 48];

    /// <summary>The fee that is allowed by default: one percent, and at least this.</summary>
    private static readonly Msat LeastMaxFee = new(5_000);

    /// <summary>Reads the arguments. Null if the call was answered: an argument is wrong, or it was only a check.</summary>
    public static SendPaymentRequest? Read(MethodCall call, DateTimeOffset now)
    {
        var args = new ArgumentReader(call);
        string text = (args.Text("invstring", MostInvoiceChars) ?? "").Trim();
        if (text.StartsWith("lightning:", StringComparison.OrdinalIgnoreCase)) text = text["lightning:".Length..];
        bool isBolt12 = text.StartsWith("lni1", StringComparison.OrdinalIgnoreCase) || text.StartsWith("lno1", StringComparison.OrdinalIgnoreCase) || text.StartsWith("lnr1", StringComparison.OrdinalIgnoreCase);
        string? problem = "is one of BOLT 12, which sendpayment does not pay yet";
        Bolt11Invoice? invoice = isBolt12 ? null : Bolt11Invoice.Read(text, out problem);
        NodeId? payee = invoice is null ? null : Bolt11Invoice.PayeeOf(text);
        args.Check(invoice is not null, $"invstring: the invoice {problem}");
        args.Check(invoice is null || payee is not null, "invstring: the invoice's signature is not valid");

        Msat? given = args.Amount("amount_msat");
        args.Check(invoice?.Amount is null || given is null, "amount_msat must not be given: the invoice has an amount");
        args.Check(invoice is not { Amount: null } || given is not null || call.Params.ContainsKey("amount_msat"), "amount_msat is missing: the invoice has no amount");
        Msat amount = invoice?.Amount ?? given ?? new Msat(1);
        args.Check(amount > Msat.Zero, "the amount must be above zero");
        args.Check(amount <= Msat.AllMoney, "the amount is more than all bitcoin that there can be");

        string? name = args.Text("payment_id", int.MaxValue);
        PaymentId id = default;
        args.Check(name is null || PaymentId.TryParse(name, out id), $"payment_id must have 1 to {PaymentId.MaxLength} characters, none of them a control character");
        Msat? maxFee = args.Amount("maxfee_msat");
        args.Check(maxFee is null || maxFee <= Msat.AllMoney, "maxfee_msat is more than all bitcoin that there can be");
        uint maxDelay = (uint)(args.Number("maxdelay", 1, PaymentTerms.LongestDelay.Value) ?? PaymentTerms.LongestDelay.Value);
        args.Check(invoice is null || invoice.MinFinalCltv.Value + PaymentTerms.Slack.Value < maxDelay, $"maxdelay: the last hop alone needs {invoice?.MinFinalCltv.Value + PaymentTerms.Slack.Value + 1} blocks");
        long retryFor = args.Number("retry_for", 0, MostRetrySeconds) ?? 60;
        long maxParts = args.Number("maxparts", 1, MostParts) ?? 16;
        string[] layers = args.Items("layers").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        args.Check(layers.Length <= MostLayers && layers.All(static layer => layer.Length <= MostLayerChars && !layer.Any(char.IsControl)), $"layers must be at most {MostLayers} names of at most {MostLayerChars} characters");
        string? label = args.NodeText("label");
        args.Check(label is null || label.Length <= MostLabelChars, $"label must have at most {MostLabelChars} characters");
        long wait = args.Number("wait", 0, MostWaitSeconds) ?? 0;
        if (args.Reject(call)) return null;

        bool takesParts = invoice!.Features.Contains(BasicMpp) || invoice.Features.Contains(BasicMpp + 1);
        var terms = new PaymentTerms(
            name is null ? new PaymentId(invoice.PaymentHash.ToString()) : id,
            invoice.PaymentHash,
            payee!.Value,
            amount,
            Total: amount,
            maxFee ?? Max(new Msat(amount.Value / 100), LeastMaxFee),
            new BlockCount(maxDelay),
            TimeSpan.FromSeconds(retryFor),
            takesParts ? (int)maxParts : 1,
            invoice.MinFinalCltv,
            invoice.PaymentSecret,
            [.. invoice.Routes.Select(static route => (ValueList<RouteHint>)[.. route])],
            invoice.Metadata,
            [.. layers],
            label,
            text.ToLowerInvariant(),

            // As precise as the record is.
            DateTimeOffset.FromUnixTimeMilliseconds(now.ToUnixTimeMilliseconds()));
        return new SendPaymentRequest(terms, invoice, TimeSpan.FromSeconds(wait));
    }

    /// <summary>Returns why no payment can begin with the invoice; null if one can. A payment that is on record already is not affected.</summary>
    public (int Code, string Problem)? ProblemOf(NodeId self, string network, DateTimeOffset now)
    {
        if (Bolt11Invoice.CurrencyOf(network) is { } currency && currency != Invoice.Currency) return (MethodParams.InvalidParams, $"invstring: the invoice is for another network (ln{Invoice.Currency}); this node is on {network} (ln{currency})");
        if (Terms.Destination == self) return (MethodParams.InvalidParams, "invstring: the invoice is of this node itself");
        int[] unknown = [.. Invoice.Features.Where(static bit => bit % 2 == 0 && !Known.Contains(bit))];
        if (unknown.Length > 0) return (MethodParams.InvalidParams, $"invstring: the invoice requires features that are not known here: {string.Join(", ", unknown.Order())}");
        DateTimeOffset expires = Invoice.Timestamp + Invoice.Expiry;
        return expires <= now ? (PayerCodes.InvoiceExpired, $"the invoice expired at {LspsTime.Write(expires)}") : null;
    }

    private static Msat Max(Msat left, Msat right) => left > right ? left : right;
}

/// <summary>The error codes of the payer's commands, those of the node's own commands for payments.</summary>
internal static class PayerCodes
{
    /// <summary>Any other error.</summary>
    public const int Failed = -1;

    /// <summary>Another program pays the hash now.</summary>
    public const int InProgress = 200;

    /// <summary>The id or the hash belongs to another payment.</summary>
    public const int AlreadyUsed = 201;

    /// <summary>The invoice has expired.</summary>
    public const int InvoiceExpired = 207;

    /// <summary>There is no such payment.</summary>
    public const int NoSuchPayment = 208;
}
