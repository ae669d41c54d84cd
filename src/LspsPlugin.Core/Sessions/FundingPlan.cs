using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Sessions;

/// <summary>A negotiated opening: the client accepted the channel, nothing is funded yet.</summary>
/// <param name="FundingAddress">What the wallet pays to.</param>
/// <param name="FundingScript">Hex of the scriptPubKey that the funding output must pay.</param>
/// <param name="Capacity">The channel's size.</param>
/// <param name="CostOfClosing">What the chain would take for closing it, at the feerates of now; zero while the node knows none.</param>
public sealed record Opening(string FundingAddress, string FundingScript, Sat Capacity, Sat CostOfClosing = default);

/// <summary>A prepared funding: everything that is known of the channel before it exists.</summary>
/// <param name="Psbt">Base64 of the unsigned funding transaction; its inputs carry no reservation until the plan is on record.</param>
/// <param name="Funding">The funding outpoint.</param>
/// <param name="Channel">The v1 channel id, which follows from the outpoint (BOLT 2).</param>
/// <param name="Capacity">The channel's size.</param>
/// <param name="Reservation">
/// For how many blocks the inputs are reserved at first: longer than anybody's usual reservation, and salted per plan, so that one that is found
/// after a crash tells whose it is.
/// </param>
/// <param name="PlannedAt">The height from which all reservations of the plan count.</param>
/// <param name="Cost">What the chain takes for this funding and, one day, for closing the channel: what is lost on one that nobody pays for.</param>
public sealed record FundingPlan(
    string Psbt, Outpoint Funding, ChannelId Channel, Sat Capacity, BlockCount Reservation, BlockHeight PlannedAt, Sat Cost = default)
{
    /// <summary>The node's own length of a reservation: what txprepare, fundpsbt and sendpsbt make unless they are told otherwise.</summary>
    private const uint Usual = 72;

    /// <summary>The shortest first reservation of a plan. Shorter ones are on record from earlier versions.</summary>
    private const uint Shortest = 2 * Usual;

    /// <summary>By how much a reservation is renewed at a time.</summary>
    private const uint Renewal = Usual;

    /// <summary>How much of a reservation is kept ahead, so that its end lies beyond every usual reservation that may be made meanwhile.</summary>
    private const uint Ahead = Usual + 36;

    /// <summary>By how many blocks the node's height may differ from the one that we heard of.</summary>
    private const uint Lag = 6;

    /// <summary>By how many blocks the reservations of earlier versions may miss the end that was meant.</summary>
    private const uint EarlierDrift = 2;

    /// <summary>The end of the first reservation. It is on record before anything is reserved, and what is reserved ends there exactly.</summary>
    public BlockHeight FirstEnd => PlannedAt + Reservation;

    /// <summary>
    /// Whether a reservation that ends at <paramref name="end"/> is the one that this plan made, or renewed. Others' of the usual length end
    /// before any of ours; of the ends that are left only those count at which one of ours can have been made to end by now.
    /// </summary>
    public bool IsOurs(BlockHeight end, BlockHeight now)
    {
        if (Reservation.Value < Shortest) return IsOfEarlierVersion(end);
        if (end.Value <= now.Value + Usual + Lag || end > ReservedUntil(now) + new BlockCount(Renewal)) return false;
        if (end >= FirstEnd && end.Since(FirstEnd).Value % Renewal == 0) return true;

        // An answer was lost, or a call was carried out late: then nobody could set the end right, and blocks that came in between moved it.
        uint passed = now.Since(PlannedAt).Value;
        return passed < Usual && end.Value + Lag >= FirstEnd.Value && end.Value <= FirstEnd.Value + passed + Lag;
    }

    /// <summary>
    /// Where a reservation must end so that enough of it is left at <paramref name="height"/>: counted from the plan, however late it is
    /// made, so that it is recognised as ours.
    /// </summary>
    public BlockHeight ReservedUntil(BlockHeight height)
    {
        BlockCount missing = (height + new BlockCount(Reservation.Value < Shortest ? Renewal : Ahead)).Since(FirstEnd);
        return FirstEnd + new BlockCount((missing.Value + Renewal - 1) / Renewal * Renewal);
    }

    /// <summary>How long a reservation made now must be.</summary>
    /// <param name="heard">The height as last heard; the node was at least where the plan was made.</param>
    public BlockCount ReservationAt(BlockHeight heard)
    {
        BlockHeight now = heard > PlannedAt ? heard : PlannedAt;
        return ReservedUntil(now).Since(now);
    }

    /// <summary>The first reservation of a plan for this channel.</summary>
    public static BlockCount ReservationOf(ChannelId channel) => new(Shortest + Salt(channel).Value);

    /// <summary>By how much a plan for this channel prolongs its reservation, to tell it from others'.</summary>
    public static BlockCount Salt(ChannelId channel) => new((uint)(channel.ToArray()[0] & 0x3f));

    private bool IsOfEarlierVersion(BlockHeight end) =>
        end.Value + EarlierDrift >= FirstEnd.Value && (end.Value + EarlierDrift - FirstEnd.Value) % Renewal <= 2 * EarlierDrift;
}

/// <summary>What the node says of a usable JIT channel.</summary>
/// <param name="Spendable">What can be sent through it now: reserve, commitment fee and pending HTLCs deducted.</param>
/// <param name="HtlcMinimum">The smallest HTLC that the client accepts.</param>
/// <param name="HtlcMaximum">The largest HTLC that may be sent.</param>
/// <param name="ToSelfDelay">The delay that the client imposes on the provider; bounded by the offer (R52-64).</param>
/// <param name="Alias">Our own name for the channel, under which the node lists its forwards until it confirms.</param>
/// <param name="Reserve">What the client demands that we keep.</param>
/// <param name="InFlight">What may be in HTLCs to the client at a time, less what is: its max_htlc_value_in_flight_msat.</param>
/// <param name="Slots">How many HTLCs our node itself still sends over the channel: its max-concurrent-htlcs. The client's own max_accepted_htlcs no node tells.</param>
/// <param name="Narrowed">The client allows less than it did when the channel was sized for what it allows.</param>
public sealed record ChannelFacts(
    Msat Spendable, Msat HtlcMinimum, Msat HtlcMaximum, BlockCount ToSelfDelay, Scid? Alias = null, Msat Reserve = default, Msat? InFlight = null, int? Slots = null, bool Narrowed = false)
{
    /// <summary>What can go out in HTLCs now.</summary>
    public Msat Room => InFlight is { } most && most < Spendable ? most : Spendable;

    /// <summary>Which of the limits <paramref name="parts"/> less <paramref name="fee"/> do not fit into.</summary>
    public FailureReason Exceeded(ValueList<Part> parts, Msat fee)
    {
        if (Narrowed) return FailureReason.ChannelTooSmall;
        if (parts.Any(part => part.Amount < HtlcMinimum)) return FailureReason.HtlcMinimum;
        if (parts.Count > Slots) return FailureReason.PartsLimit;
        ulong sum = parts.Sum()?.Value ?? ulong.MaxValue, toForward = sum > fee.Value ? sum - fee.Value : 0;
        if (toForward > InFlight?.Value) return FailureReason.InFlightLimit;
        return toForward <= Spendable.Value + Reserve.Value ? FailureReason.ReserveLimit : FailureReason.ChannelTooSmall;
    }

    public override string ToString() =>
        $"spendable {Spendable}, reserve {Reserve}, htlc_minimum {HtlcMinimum}, in flight at most {(InFlight is { } most ? most.ToString() : "anything")}, {Slots?.ToString() ?? "any number of"} HTLCs";
}
