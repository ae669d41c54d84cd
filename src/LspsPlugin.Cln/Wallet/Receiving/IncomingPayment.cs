using LspsPlugin.Cln.Wallet.Records;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Wallet.Receiving;

/// <summary>One part of a JIT payment as it reaches the wallet.</summary>
/// <param name="Htlc">The HTLC.</param>
/// <param name="Received">The amount of the HTLC.</param>
/// <param name="OnionAmount">The amount that the payer's onion says should arrive.</param>
/// <param name="ExtraFee">The deduction that the provider declares (R52-80); null if it declares none.</param>
/// <param name="Total">The payment's total from the payer's onion.</param>
internal sealed record ReceivedPart(HtlcKey Htlc, Msat Received, Msat OnionAmount, Msat? ExtraFee, Msat Total);

/// <summary>What to do after a part has arrived.</summary>
internal enum Verdict : byte
{
    /// <summary>More parts are expected.</summary>
    Hold,

    /// <summary>The payment is complete: accept every part.</summary>
    Accept,

    /// <summary>This part is wrong: fail it and leave the others held.</summary>
    Refuse,
}

/// <summary>
/// Adds up the parts of one JIT payment and checks the fee: every part is short by exactly the extra_fee that it declares (R52-84), and all
/// parts together are short by at most the promised fee (R52-83).
/// </summary>
internal sealed class IncomingPayment(Purchase purchase)
{
    private readonly Dictionary<HtlcKey, ReceivedPart> _parts = [];

    /// <summary>The number of parts.</summary>
    public int Count => _parts.Count;

    /// <summary>The sum of the received parts, which is the total given to the node: identical on every part.</summary>
    public Msat Received => new(_parts.Values.Aggregate(0UL, (sum, part) => checked(sum + part.Received.Value)));

    /// <summary>Adds one part, unless it is refused.</summary>
    /// <param name="part">The part.</param>
    /// <param name="mayLackDeclaration">
    /// Whether the part may lack extra_fee, because the node loses it on restart: for replayed parts, the missing amount is used instead.
    /// </param>
    public (Verdict Verdict, string? Problem) Add(ReceivedPart part, bool mayLackDeclaration)
    {
        if (Deduction(part, mayLackDeclaration) is not { } taken) return (Verdict.Refuse, "its shortfall does not match its extra_fee");
        if (_parts.Values.Any(other => other.Total != part.Total)) return (Verdict.Refuse, "its total differs from that of the other parts");
        if (purchase.PaymentSize is { } size && part.Total < size) return (Verdict.Refuse, "the payment is smaller than its invoice");
        if (purchase.PromisedFee(part.Total) is not { } promised) return (Verdict.Refuse, "the promised fee overflows");

        // The payer's onion may claim any amount: the sums must not overflow.
        UInt128 fees = taken.Value, meant = part.OnionAmount.Value;
        foreach (ReceivedPart other in _parts.Values)
        {
            if (other.Htlc == part.Htlc) continue;
            fees += other.ExtraFee?.Value ?? 0;
            meant += other.OnionAmount.Value;
        }

        if (fees > promised.Value) return (Verdict.Refuse, $"with this part the provider takes {fees}msat, but it promised {promised}");
        _parts[part.Htlc] = part with { ExtraFee = taken };
        return (meant >= part.Total.Value ? Verdict.Accept : Verdict.Hold, null);
    }

    /// <summary>Returns what was deducted from a part; null if the amounts do not match.</summary>
    private static Msat? Deduction(ReceivedPart part, bool mayLackDeclaration)
    {
        // Payers may overpay the last hop; nothing was deducted then.
        if (part.ExtraFee is null && part.Received >= part.OnionAmount) return Msat.Zero;
        if (part.Received > part.OnionAmount) return null;
        var missing = new Msat(part.OnionAmount.Value - part.Received.Value);
        return part.ExtraFee is { } declared
            ? declared == missing ? missing : null
            : mayLackDeclaration ? missing : null;
    }
}
