using LspsPlugin.Cln.Payer.Invoices;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Payments;

namespace LspsPlugin.Cln.Payer.Commands;

/// <summary>The arguments of sendpayment.</summary>
/// <param name="Order">What the caller wants.</param>
/// <param name="Text">The invoice or the offer, without what may be around it.</param>
/// <param name="Invoice">The invoice, of BOLT 11; null if the node must read it, or an issuer make it.</param>
/// <param name="Offer">The offer, if it is one.</param>
/// <param name="Wait">How long the command waits for the end.</param>
internal sealed record SendPaymentRequest(PaymentOrder Order, string Text, PayableInvoice? Invoice, OfferRequest? Offer, TimeSpan Wait)
{
    /// <summary>The longest wait of a command; the caller may ask again.</summary>
    public const long MostWaitSeconds = 86_400;

    private const long MostRetrySeconds = 7 * 86_400;
    private const int MostParts = 100;
    private const int MostLayers = 20;
    private const int MostLayerChars = 200;
    private const int MostLabelChars = 1024;
    private const int MostNoteChars = 512;
    private const int MostInvoiceChars = 16_384;

    /// <summary>Reads the arguments. Null if the call was answered: an argument is wrong, or it was only a check.</summary>
    public static SendPaymentRequest? Read(MethodCall call, DateTimeOffset now)
    {
        var args = new ArgumentReader(call);
        string text = (args.Text("invstring", MostInvoiceChars) ?? "").Trim();
        if (text.StartsWith("lightning:", StringComparison.OrdinalIgnoreCase)) text = text["lightning:".Length..];
        bool isOffer = HasPrefix(text, "lno1"), isBolt12 = isOffer || HasPrefix(text, "lni1");
        args.Check(!HasPrefix(text, "lnr1"), "invstring is an invoice request of BOLT 12: it asks for an invoice (sendinvoice), and cannot be paid");
        string? problem = null;
        PayableInvoice? invoice = isBolt12 ? null : PayableInvoice.OfBolt11(text, out problem);
        args.Check(problem is null, $"invstring: {problem}");
        if (isBolt12) text = Joined(text);

        Msat? amount = args.Amount("amount_msat");
        args.Check(amount is null || amount > Msat.Zero, "the amount must be above zero");
        args.Check(amount is null || amount <= Msat.AllMoney, "the amount is more than all bitcoin that there can be");
        string? name = args.Text("payment_id", int.MaxValue);
        PaymentId id = default;
        args.Check(name is null || PaymentId.TryParse(name, out id), $"payment_id must have 1 to {PaymentId.MaxLength} characters, none of them a control character");
        args.Check(name is not null || !isOffer, "payment_id is missing: for an offer each call would get another invoice, and only the id tells that two calls mean one payment");
        long? quantity = args.Number("quantity", 1, long.MaxValue);
        args.Check(quantity is null || isOffer, "quantity is only for an offer");
        string? note = args.NodeText("payer_note");
        args.Check(note is null || isOffer, "payer_note is only for an offer");
        args.Check(note is null || note.Length <= MostNoteChars, $"payer_note must have at most {MostNoteChars} characters");
        Msat? maxFee = args.Amount("maxfee_msat");
        args.Check(maxFee is null || maxFee <= Msat.AllMoney, "maxfee_msat is more than all bitcoin that there can be");
        uint maxDelay = (uint)(args.Number("maxdelay", 1, PaymentTerms.LongestDelay.Value) ?? PaymentTerms.LongestDelay.Value);
        long retryFor = args.Number("retry_for", 0, MostRetrySeconds) ?? 60;
        long maxParts = args.Number("maxparts", 1, MostParts) ?? 16;
        string[] layers = args.Items("layers").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        args.Check(layers.Length <= MostLayers && layers.All(static layer => layer.Length <= MostLayerChars && !layer.Any(char.IsControl)), $"layers must be at most {MostLayers} names of at most {MostLayerChars} characters");
        string? label = args.NodeText("label");
        args.Check(label is null || label.Length <= MostLabelChars, $"label must have at most {MostLabelChars} characters");
        long wait = args.Number("wait", 0, MostWaitSeconds) ?? 0;
        var order = new PaymentOrder(
            name is null ? null : id, amount, maxFee, new BlockCount(maxDelay), TimeSpan.FromSeconds(retryFor), (int)maxParts, [.. layers], label, now);
        string? unfit = invoice is null ? null : order.ProblemOf(invoice);
        args.Check(unfit is null, unfit ?? "");
        return args.Reject(call) ? null : new SendPaymentRequest(order, text, invoice, isOffer ? new OfferRequest(text, (ulong?)quantity, note) : null, TimeSpan.FromSeconds(wait));
    }

    private static bool HasPrefix(string text, string prefix) => text.StartsWith(prefix, StringComparison.OrdinalIgnoreCase);

    /// <summary>BOLT 12 lets a text be split by a plus sign and spaces.</summary>
    private static string Joined(string text) => string.Concat(text.Where(static c => c != '+' && !char.IsWhiteSpace(c))).ToLowerInvariant();
}
