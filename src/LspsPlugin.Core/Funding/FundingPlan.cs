using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Funding;

/// <summary>A negotiated opening: the client accepted the channel; nothing is funded yet.</summary>
/// <param name="FundingAddress">The address of the funding output.</param>
/// <param name="FundingScript">The scriptPubKey of the funding output, in hex.</param>
/// <param name="Capacity">The channel's size.</param>
/// <param name="CostOfClosing">The estimated on-chain fee for closing the channel, at the current feerates; zero while the node knows none.</param>
public sealed record Opening(string FundingAddress, string FundingScript, Sat Capacity, Sat CostOfClosing = default);

/// <summary>A prepared funding transaction: everything that is known of the channel before it exists.</summary>
/// <param name="Psbt">The unsigned funding transaction as a base64 PSBT. Its inputs are not reserved until the plan is saved.</param>
/// <param name="Funding">The funding outpoint.</param>
/// <param name="Channel">The v1 channel id, which follows from the outpoint (BOLT 2).</param>
/// <param name="Capacity">The channel's size.</param>
/// <param name="Reservation">
/// The length of the first reservation of the inputs, in blocks. It is longer than the usual reservations and differs by plan, so that a reservation
/// found after a crash can be attributed to its plan.
/// </param>
/// <param name="PlannedAt">The height from which all reservations of the plan are counted.</param>
/// <param name="Cost">The on-chain fees of this funding and of a later close: the loss if nobody pays for the channel.</param>
public sealed record FundingPlan(
    string Psbt, Outpoint Funding, ChannelId Channel, Sat Capacity, BlockCount Reservation, BlockHeight PlannedAt, Sat Cost = default)
{
    /// <summary>The node's default reservation: what txprepare, fundpsbt and sendpsbt make unless told otherwise.</summary>
    private const uint Usual = 72;

    /// <summary>The shortest first reservation of a plan. Earlier versions saved shorter ones.</summary>
    private const uint Shortest = 2 * Usual;

    /// <summary>How many blocks one renewal adds.</summary>
    private const uint Renewal = Usual;

    /// <summary>How many blocks of a reservation are kept ahead, so that it ends later than any default reservation made in the meantime.</summary>
    private const uint Ahead = Usual + 36;

    /// <summary>By how many blocks the node's height may differ from the last height that we heard.</summary>
    private const uint Lag = 6;

    /// <summary>By how many blocks the reservations of earlier versions may miss the intended end.</summary>
    private const uint EarlierDrift = 2;

    /// <summary>
    /// The height at which the first reservation ends. It is saved before anything is reserved, and the reservation ends exactly there.
    /// </summary>
    public BlockHeight FirstEnd => PlannedAt + Reservation;

    /// <summary>
    /// Whether a reservation that ends at <paramref name="end"/> was made or renewed by this plan. Other reservations of the default length end
    /// before any of ours. Of the remaining heights, only those count at which one of our reservations can end by now.
    /// </summary>
    public bool IsOurs(BlockHeight end, BlockHeight now)
    {
        if (Reservation.Value < Shortest) return IsOfEarlierVersion(end);
        if (end.Value <= now.Value + Usual + Lag || end > ReservedUntil(now) + new BlockCount(Renewal)) return false;
        if (end >= FirstEnd && end.Since(FirstEnd).Value % Renewal == 0) return true;

        // An answer was lost or a call was carried out late. Then nobody could correct the end, and blocks that arrived in between moved it.
        uint passed = now.Since(PlannedAt).Value;
        return passed < Usual && end.Value + Lag >= FirstEnd.Value && end.Value <= FirstEnd.Value + passed + Lag;
    }

    /// <summary>
    /// Returns the height at which a reservation must end so that enough of it is left at <paramref name="height"/>. It is counted from the plan's
    /// height, however late the reservation is made, so that it can be recognised.
    /// </summary>
    public BlockHeight ReservedUntil(BlockHeight height)
    {
        BlockCount missing = (height + new BlockCount(Reservation.Value < Shortest ? Renewal : Ahead)).Since(FirstEnd);
        return FirstEnd + new BlockCount((missing.Value + Renewal - 1) / Renewal * Renewal);
    }

    /// <summary>Returns the length of a reservation that is made now.</summary>
    /// <param name="heard">The last height that we heard. The node's height is at least that of the plan.</param>
    public BlockCount ReservationAt(BlockHeight heard)
    {
        BlockHeight now = heard > PlannedAt ? heard : PlannedAt;
        return ReservedUntil(now).Since(now);
    }

    /// <summary>Returns the length of the first reservation of a plan for this channel.</summary>
    public static BlockCount ReservationOf(ChannelId channel) => new(Shortest + Salt(channel).Value);

    /// <summary>Returns the blocks that a plan for this channel adds to its reservation to distinguish it from others: 0 to 63.</summary>
    public static BlockCount Salt(ChannelId channel) => new((uint)(channel.ToArray()[0] & 0x3f));

    private bool IsOfEarlierVersion(BlockHeight end) =>
        end.Value + EarlierDrift >= FirstEnd.Value && (end.Value + EarlierDrift - FirstEnd.Value) % Renewal <= 2 * EarlierDrift;
}
