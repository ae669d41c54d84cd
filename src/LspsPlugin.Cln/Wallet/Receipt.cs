using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Wallet;

/// <summary>One part of a JIT payment as it reaches the wallet.</summary>
/// <param name="Received">What the HTLC is worth.</param>
/// <param name="OnionAmount">What the payer meant to arrive.</param>
/// <param name="ExtraFee">What the provider says that it took (R52-80); null when it says nothing.</param>
/// <param name="Total">The payment's total, as the payer's onion says.</param>
internal sealed record ReceivedPart(HtlcKey Htlc, Msat Received, Msat OnionAmount, Msat? ExtraFee, Msat Total);

internal enum Verdict : byte
{
    /// <summary>More parts are to come.</summary>
    Hold,

    /// <summary>The payment is complete: take every part.</summary>
    Accept,

    /// <summary>This part is not what it says: give it back, and leave the others as they are.</summary>
    Refuse,
}

/// <summary>
/// Adds up the parts of one JIT payment and holds the provider to its price: every part is short by exactly the extra_fee that it
/// declares (R52-84), and together they are short by no more than the promised fee (R52-83).
/// </summary>
internal sealed class Receipt(Purchase purchase)
{
    private readonly Dictionary<HtlcKey, ReceivedPart> _parts = [];

    public int Count => _parts.Count;

    /// <summary>What arrived, and so the total that the node is told: identical on every part.</summary>
    public Msat Received => new(_parts.Values.Aggregate(0UL, (sum, part) => checked(sum + part.Received.Value)));

    /// <summary>Takes one part into account, unless it is refused.</summary>
    /// <param name="mayLackDeclaration">
    /// The node does not keep extra_fee over a restart: for parts that it replays, what is missing of the amount stands for it.
    /// </param>
    public (Verdict Verdict, string? Problem) Add(ReceivedPart part, bool mayLackDeclaration)
    {
        if (Deduction(part, mayLackDeclaration) is not { } taken) return (Verdict.Refuse, "its shortfall does not match its extra_fee");
        if (_parts.Values.Any(other => other.Total != part.Total)) return (Verdict.Refuse, "its total differs from that of the other parts");
        if (purchase.PaymentSize is { } size && part.Total < size) return (Verdict.Refuse, "the payment is smaller than its invoice");
        if (purchase.PromisedFee(part.Total) is not { } promised) return (Verdict.Refuse, "the promised fee overflows");

        // The payer's onion may claim any amount: sums of such must not overflow.
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

    /// <summary>What was taken from a part; null when the part does not add up.</summary>
    private static Msat? Deduction(ReceivedPart part, bool mayLackDeclaration)
    {
        // Payers may overpay the last hop; nothing was taken then.
        if (part.ExtraFee is null && part.Received >= part.OnionAmount) return Msat.Zero;
        if (part.Received > part.OnionAmount) return null;
        var missing = new Msat(part.OnionAmount.Value - part.Received.Value);
        return part.ExtraFee is { } declared
            ? declared == missing ? missing : null
            : mayLackDeclaration ? missing : null;
    }
}
