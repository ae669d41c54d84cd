using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Payments;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Cln.Payer.Invoices;

/// <summary>What a caller wants of a payment, besides the invoice.</summary>
/// <param name="Id">The payment's name; null for the payment hash.</param>
/// <param name="Amount">What to deliver; null for the invoice's amount.</param>
/// <param name="MaxFee">The most that it may cost; null for the default.</param>
/// <param name="MaxDelay">The most blocks that a part may be locked.</param>
/// <param name="RetryFor">For how long new parts may go out.</param>
/// <param name="MaxParts">How many parts may be out at a time, if the receiver takes several.</param>
/// <param name="Layers">The caller's layers.</param>
/// <param name="Label">The caller's remark.</param>
/// <param name="CreatedAt">When it was asked for.</param>
internal sealed record PaymentOrder(
    PaymentId? Id, Msat? Amount, Msat? MaxFee, BlockCount MaxDelay, TimeSpan RetryFor, int MaxParts, ValueList<string> Layers, string? Label, DateTimeOffset CreatedAt)
{
    /// <summary>The fee that is allowed by default: one percent, and at least this.</summary>
    private static readonly Msat LeastMaxFee = new(5_000);

    /// <summary>Returns why an invoice cannot be paid so; null if it can.</summary>
    public string? ProblemOf(PayableInvoice invoice)
    {
        if (invoice.Offer is null && invoice.Amount is not null && Amount is not null) return "amount_msat must not be given: the invoice has an amount";
        if (invoice is { Offer: not null, Amount: { } priced } && Amount is { } offered && offered != priced) return $"the issuer's invoice is for {priced.Value} msat, and amount_msat is {offered.Value}";
        if ((invoice.Amount ?? Amount) is not { } amount) return "amount_msat is missing: the invoice has no amount";
        if (amount == Msat.Zero) return "the amount must be above zero";
        if (amount > Msat.AllMoney) return "the amount is more than all bitcoin that there can be";
        uint least = invoice.FinalCltv.Value + PaymentTerms.Slack.Value + 1;
        return least > MaxDelay.Value ? $"maxdelay: the last hop alone needs {least} blocks" : null;
    }

    /// <summary>Returns the payment. The invoice must fit (<see cref="ProblemOf"/>).</summary>
    public PaymentTerms TermsOf(PayableInvoice invoice)
    {
        Msat amount = (invoice.Amount ?? Amount)!.Value;
        return new PaymentTerms(
            Id ?? new PaymentId(invoice.Hash.ToString()),
            invoice.Hash,
            invoice.Destination,
            amount,
            Total: amount,
            MaxFeeOf(amount),
            MaxDelay,
            RetryFor,
            invoice.TakesParts ? MaxParts : 1,
            invoice.FinalCltv,
            invoice.Secret,
            invoice.Hints,
            invoice.Metadata,
            Layers,
            Label,
            invoice.Text,

            // As precise as the record is.
            DateTimeOffset.FromUnixTimeMilliseconds(CreatedAt.ToUnixTimeMilliseconds()),
            Paths: invoice.Paths,
            Offer: invoice.Offer);
    }

    /// <summary>Returns what is asked for now by a caller who gave the invoice or the offer of a payment on record. A receiver that takes one part stays so.</summary>
    public PaymentTerms TermsOf(PaymentTerms onRecord)
    {
        Msat amount = Amount ?? onRecord.Amount;
        return onRecord with
        {
            Amount = amount,
            Total = amount,
            MaxFee = MaxFeeOf(amount),
            MaxDelay = MaxDelay,
            RetryFor = RetryFor,
            MaxParts = onRecord.MaxParts == 1 ? 1 : MaxParts,
            Layers = Layers,
            Label = Label,
        };
    }

    private Msat MaxFeeOf(Msat amount)
    {
        var percent = new Msat(amount.Value / 100);
        return MaxFee ?? (percent > LeastMaxFee ? percent : LeastMaxFee);
    }
}
