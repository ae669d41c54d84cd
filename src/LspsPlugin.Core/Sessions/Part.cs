using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Sessions;

/// <summary>One HTLC of a payment (MPP part), as the provider received it.</summary>
/// <param name="Htlc">The identity of the part: payment hashes repeat, and HTLC ids repeat between channels.</param>
/// <param name="Amount">The amount that the onion asks us to forward (amt_to_forward): this part's share of the payment.</param>
/// <param name="Received">The amount of the incoming HTLC; at least <paramref name="Amount"/>, as the JIT hop charges no routing fee.</param>
/// <param name="CltvExpiry">The height at which the incoming HTLC expires: the upstream peer may then claim it back on chain.</param>
/// <param name="OutgoingCltv">The expiry height that the onion asks for on the outgoing HTLC.</param>
/// <param name="Since">The height at which we first held the part, if known. It is unknown for the time before a replay.</param>
public sealed record Part(HtlcKey Htlc, Msat Amount, Msat Received, BlockHeight CltvExpiry, BlockHeight OutgoingCltv, BlockHeight? Since = null);

/// <summary>The status of a forwarded part.</summary>
public enum ForwardStatus : byte
{
    /// <summary>We told the node to forward it; the node has not reported yet that it did, and may fail it without a notification.</summary>
    Handed,

    /// <summary>The node lists it: it was sent to the client.</summary>
    Offered,

    /// <summary>The client released the preimage.</summary>
    Settled,

    /// <summary>The client or the node failed it.</summary>
    Failed,
}

/// <summary>A part as it is forwarded over the JIT channel: its amount less its share of the opening fee.</summary>
/// <param name="Htlc">The incoming HTLC.</param>
/// <param name="Amount">The amount of the outgoing HTLC.</param>
/// <param name="OpeningFee">The fee deducted from this part. Sent in the extra_fee TLV unless zero (R52-80, R52-81).</param>
/// <param name="Status">The status of the forward.</param>
public sealed record Forward(HtlcKey Htlc, Msat Amount, Msat OpeningFee, ForwardStatus Status = ForwardStatus.Handed)
{
    /// <summary>Whether it is neither settled nor failed yet.</summary>
    public bool IsOpen => Status is ForwardStatus.Handed or ForwardStatus.Offered;

    /// <summary>Whether it is undecided and carries a share of the opening fee.</summary>
    public bool IsFeeOpen => IsOpen && OpeningFee > Msat.Zero;
}

/// <summary>Operations on the parts of a payment.</summary>
public static class Parts
{
    /// <summary>
    /// How many blocks may pass while a part is held. The wallet's invoices ask for this many blocks more than the wallet needs (R52-42).
    /// </summary>
    public static readonly BlockCount SpareBlocks = new(2);

    /// <summary>Returns the sum of the parts, or null when it does not fit in 64 bits.</summary>
    public static Msat? Sum(this ValueList<Part> parts)
    {
        ulong sum = 0;
        foreach (Part part in parts)
        {
            if (part.Amount.Value > ulong.MaxValue - sum) return null;
            sum += part.Amount.Value;
        }

        return new Msat(sum);
    }

    /// <summary>Whether one of the parts is <paramref name="htlc"/>.</summary>
    public static bool Holds(this ValueList<Part> parts, HtlcKey htlc)
    {
        foreach (Part part in parts)
        {
            if (part.Htlc == htlc) return true;
        }

        return false;
    }

    /// <summary>Returns the parts that are not among <paramref name="others"/>.</summary>
    public static ValueList<Part> Without(this ValueList<Part> parts, ValueList<Part> others) => [.. parts.Where(part => !others.Holds(part.Htlc))];

    /// <summary>
    /// Whether the part must be failed at <paramref name="height"/>: its incoming HTLC expires within <paramref name="margin"/>, or its outgoing
    /// expiry has passed, and the node does not forward such an HTLC.
    /// </summary>
    public static bool ExpiresWithin(this Part part, BlockHeight height, BlockCount margin) =>
        (ulong)height.Value + margin.Value >= part.CltvExpiry.Value || height >= part.OutgoingCltv;

    /// <inheritdoc cref="ExpiresWithin"/>
    public static bool ExpireWithin(this ValueList<Part> parts, BlockHeight height, BlockCount margin)
    {
        foreach (Part part in parts)
        {
            if (part.ExpiresWithin(height, margin)) return true;
        }

        return false;
    }

    /// <summary>Whether more than <see cref="SpareBlocks"/> blocks arrived since the part was first held: the wallet may have to reject it.</summary>
    public static bool IsStale(this Part part, BlockHeight height) => part.Since is { } since && height.Since(since) > SpareBlocks;
}
