using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Sessions;

/// <summary>One HTLC of a multi-part payment, as it reached the provider.</summary>
/// <param name="Htlc">Its only identity: payment hashes repeat, ids repeat between channels.</param>
/// <param name="Amount">What the onion asks us to forward (amt_to_forward): the share of the payment that this part carries.</param>
/// <param name="Received">What the incoming HTLC is worth; at least <paramref name="Amount"/>, as the JIT hop charges no routing fee.</param>
/// <param name="CltvExpiry">Height at which the upstream peer may take the incoming HTLC back on chain.</param>
/// <param name="OutgoingCltv">Height that the onion asks for on the outgoing HTLC.</param>
/// <param name="Since">The height at which we first held it, as far as that is known: a part that the node offers again says nothing of the time before.</param>
public sealed record Part(HtlcKey Htlc, Msat Amount, Msat Received, BlockHeight CltvExpiry, BlockHeight OutgoingCltv, BlockHeight? Since = null);

/// <summary>What became of a forwarded part.</summary>
public enum ForwardStatus : byte
{
    /// <summary>Handed to the node, which has not said yet that it sent it on. It may fail it without a word.</summary>
    Handed,

    /// <summary>The node lists it: it is on its way to the client, or with it.</summary>
    Offered,

    /// <summary>The client released the preimage.</summary>
    Settled,

    /// <summary>The client, or the node, failed it.</summary>
    Failed,
}

/// <summary>A part as it goes out over the JIT channel: its amount less the share of the opening fee taken from it.</summary>
/// <param name="Amount">What the outgoing HTLC is worth.</param>
/// <param name="OpeningFee">What was taken from this part; goes into its extra_fee TLV unless zero (R52-80, R52-81).</param>
public sealed record Forward(HtlcKey Htlc, Msat Amount, Msat OpeningFee, ForwardStatus Status = ForwardStatus.Handed)
{
    /// <summary>Nobody has decided it yet.</summary>
    public bool IsOpen => Status is ForwardStatus.Handed or ForwardStatus.Offered;

    /// <summary>A share of the opening fee depends on it.</summary>
    public bool IsFeeOpen => IsOpen && OpeningFee > Msat.Zero;
}

public static class Parts
{
    /// <summary>An invoice of the wallet asks for so many blocks more than the wallet itself does (R52-42): no more may pass while we hold a part.</summary>
    public static readonly BlockCount SpareBlocks = new(2);

    /// <summary>The sum of the parts, or null when it does not fit in 64 bits.</summary>
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

    public static bool Holds(this ValueList<Part> parts, HtlcKey htlc)
    {
        foreach (Part part in parts)
        {
            if (part.Htlc == htlc) return true;
        }

        return false;
    }

    public static ValueList<Part> Without(this ValueList<Part> parts, ValueList<Part> others) => [.. parts.Where(part => !others.Holds(part.Htlc))];

    /// <summary>
    /// Whether the part must go back at <paramref name="height"/>: its HTLC expires within <paramref name="margin"/>, or the outgoing one has
    /// expired, which the node does not forward.
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

    /// <summary>Whether more blocks have come since the part was first held than a payer adds for them: the wallet may have to refuse it.</summary>
    public static bool IsStale(this Part part, BlockHeight height) => part.Since is { } since && height.Since(since) > SpareBlocks;
}
