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
/// For how many blocks the inputs are reserved at first. Salted per plan, so that a reservation found after a crash tells whose it is.
/// </param>
/// <param name="PlannedAt">The height from which all reservations of the plan count.</param>
/// <param name="Cost">What the chain takes for this funding and, one day, for closing the channel: what is lost on one that nobody pays for.</param>
public sealed record FundingPlan(
    string Psbt, Outpoint Funding, ChannelId Channel, Sat Capacity, BlockCount Reservation, BlockHeight PlannedAt, Sat Cost = default)
{
    /// <summary>By how many blocks the node's height may differ from the one that we heard of.</summary>
    private const uint Drift = 2;

    /// <summary>By how much a reservation is renewed at a time, and how much of it must be left.</summary>
    private const uint Renewal = 72;

    /// <summary>Whether a reservation that ends at <paramref name="end"/> is the one that this plan made, or renewed.</summary>
    public bool IsOurs(BlockHeight end) => end.Value + Drift >= FirstEnd.Value && (end.Value + Drift - FirstEnd.Value) % Renewal <= 2 * Drift;

    /// <summary>
    /// Where a reservation must end so that enough of it is left at <paramref name="height"/>: counted from the plan, however late it is
    /// made, so that it is recognised as ours.
    /// </summary>
    public BlockHeight ReservedUntil(BlockHeight height)
    {
        BlockCount missing = (height + new BlockCount(Renewal)).Since(FirstEnd);
        return FirstEnd + new BlockCount((missing.Value + Renewal - 1) / Renewal * Renewal);
    }

    /// <summary>How long a reservation made now must be.</summary>
    /// <param name="heard">The height as last heard; the node was at least where the plan was made.</param>
    public BlockCount ReservationAt(BlockHeight heard)
    {
        BlockHeight now = heard > PlannedAt ? heard : PlannedAt;
        return ReservedUntil(now).Since(now);
    }

    /// <summary>By how much a plan for this channel prolongs its reservation, to tell it from others'.</summary>
    public static BlockCount Salt(ChannelId channel) => new((uint)(channel.ToArray()[0] & 0x3f));

    private BlockHeight FirstEnd => PlannedAt + Reservation;
}

/// <summary>What the node says of a usable JIT channel.</summary>
/// <param name="Spendable">What can be sent through it now: reserve, commitment fee and pending HTLCs deducted.</param>
/// <param name="HtlcMinimum">The smallest HTLC that the client accepts.</param>
/// <param name="HtlcMaximum">The largest HTLC that may be sent.</param>
/// <param name="ToSelfDelay">The delay that the client imposes on the provider; bounded by the offer (R52-64).</param>
/// <param name="Alias">Our own name for the channel, under which the node lists its forwards until it confirms.</param>
public sealed record ChannelFacts(Msat Spendable, Msat HtlcMinimum, Msat HtlcMaximum, BlockCount ToSelfDelay, Scid? Alias = null);
