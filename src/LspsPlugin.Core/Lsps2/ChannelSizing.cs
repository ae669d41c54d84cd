using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Lsps2;

/// <summary>The channel types that are opened; they differ in the opener's commitment costs.</summary>
public enum CommitmentKind : byte
{
    /// <summary>Feature bits option_static_remotekey, option_scid_alias, option_zeroconf: 12, 46, 50.</summary>
    StaticRemoteKey,

    /// <summary>The same with option_anchors_zero_fee_htlc_tx: bit 22.</summary>
    Anchors,
}

/// <summary>Computes the channel capacity that the opener needs to send an amount through the channel (R52-61).</summary>
public static class ChannelSizing
{
    private const ulong HtlcWeight = 172;
    private const ulong AnchorOutputsSat = 660;

    /// <summary>The lower bound of the reserve that the peer demands: its dust limit.</summary>
    private const ulong LeastReserveSat = 546;

    /// <summary>The smallest capacity: below it a commitment is not worth its on-chain fee.</summary>
    private const ulong LeastCapacitySat = 20_000;

    /// <summary>The usual reserve that a client demands, in parts per million of the capacity; assumed before it answers.</summary>
    public const uint UsualReservePpm = 10_000;

    /// <summary>The largest capacity, because option_support_large_channel is not negotiated.</summary>
    public static readonly Sat Largest = new(16_777_215);

    /// <summary>
    /// Returns the capacity that carries <paramref name="toForward"/> in <paramref name="htlcs"/> HTLCs, including the reserve that the client
    /// demands, the commitment fee, and the margin that BOLT 2 asks the opener to keep for a doubled feerate.
    /// </summary>
    /// <param name="toForward">What the client is to receive: the payment less the opening fee.</param>
    /// <param name="htlcs">The number of parts that are forwarded.</param>
    /// <param name="feerate">The commitment feerate at the opening.</param>
    /// <param name="kind">The channel type.</param>
    /// <param name="reservePpm">The reserve that the client demands from us, in parts per million of the capacity.</param>
    /// <returns>At least 20,000 sat; it may exceed <see cref="Largest"/>.</returns>
    /// <exception cref="OverflowException">The capacity does not fit in 64 bits.</exception>
    public static Sat Required(Msat toForward, int htlcs, FeeratePerKw feerate, CommitmentKind kind, uint reservePpm = UsualReservePpm)
    {
        ulong overhead = CommitmentOverhead(htlcs, feerate, kind);
        ulong amount = checked(toForward.ToSatCeil().Value + overhead);
        uint rest = 1_000_000 - Math.Min(reservePpm, 900_000);
        ulong reserve = Math.Max(LeastReserveSat, DivCeil(checked(amount * (1_000_000 - rest)), rest));
        return new Sat(Math.Max(LeastCapacitySat, checked(amount + reserve)));
    }

    /// <summary>One additional HTLC is counted, because a node keeps room for it.</summary>
    private static ulong CommitmentOverhead(int htlcs, FeeratePerKw feerate, CommitmentKind kind)
    {
        ulong weight = (kind == CommitmentKind.Anchors ? 1124UL : 724UL) + (HtlcWeight * (ulong)(htlcs + 1));
        ulong fee = DivCeil(checked(weight * feerate.Value), 1000);
        return (2 * fee) + (kind == CommitmentKind.Anchors ? AnchorOutputsSat : 0);
    }

    private static ulong DivCeil(ulong value, ulong by) => (value / by) + (value % by == 0 ? 0UL : 1UL);
}
