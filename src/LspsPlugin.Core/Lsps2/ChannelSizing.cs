using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Lsps2;

/// <summary>The kinds of channel that are opened, with what they cost the opener in every commitment.</summary>
public enum CommitmentKind : byte
{
    /// <summary>option_static_remotekey, option_scid_alias, option_zeroconf: bits 12, 46, 50.</summary>
    StaticRemoteKey,

    /// <summary>The same with option_anchors_zero_fee_htlc_tx: bit 22.</summary>
    Anchors,
}

/// <summary>How large a channel must be so that the opener can send an amount through it (R52-61).</summary>
public static class ChannelSizing
{
    private const ulong HtlcWeight = 172;
    private const ulong AnchorOutputsSat = 660;

    /// <summary>The reserve that the peer demands is at least its dust limit.</summary>
    private const ulong LeastReserveSat = 546;

    /// <summary>What a channel at least has: below it no commitment is worth its weight.</summary>
    private const ulong LeastCapacitySat = 20_000;

    /// <summary>The share of a channel that a client asks us to keep, in millionths, as far as anybody knows before it answers.</summary>
    public const uint UsualReservePpm = 10_000;

    /// <summary>No channel is larger: option_support_large_channel is not asked for.</summary>
    public static readonly Sat Largest = new(16_777_215);

    /// <summary>
    /// The capacity that carries <paramref name="toForward"/> in <paramref name="htlcs"/> HTLCs, with the reserve that the client demands, the commitment fee, and the room that BOLT 2 asks the opener to keep for a feerate that doubles.
    /// </summary>
    /// <param name="reservePpm">The share of the channel that the client demands as our reserve, in millionths.</param>
    public static Sat Required(Msat toForward, int htlcs, FeeratePerKw feerate, CommitmentKind kind, uint reservePpm = UsualReservePpm)
    {
        ulong overhead = CommitmentOverhead(htlcs, feerate, kind);
        ulong amount = checked(toForward.ToSatCeil().Value + overhead);
        uint rest = 1_000_000 - Math.Min(reservePpm, 900_000);
        ulong reserve = Math.Max(LeastReserveSat, DivCeil(checked(amount * (1_000_000 - rest)), rest));
        return new Sat(Math.Max(LeastCapacitySat, checked(amount + reserve)));
    }

    /// <summary>One more HTLC is counted than is sent: a node keeps room for it.</summary>
    private static ulong CommitmentOverhead(int htlcs, FeeratePerKw feerate, CommitmentKind kind)
    {
        ulong weight = (kind == CommitmentKind.Anchors ? 1124UL : 724UL) + (HtlcWeight * (ulong)(htlcs + 1));
        ulong fee = DivCeil(checked(weight * feerate.Value), 1000);
        return (2 * fee) + (kind == CommitmentKind.Anchors ? AnchorOutputsSat : 0);
    }

    private static ulong DivCeil(ulong value, ulong by) => (value / by) + (value % by == 0 ? 0UL : 1UL);
}
