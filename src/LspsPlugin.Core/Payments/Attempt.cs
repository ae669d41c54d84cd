using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Payments;

/// <summary>The ids of a part, by which lightningd accepts it once for a payment hash.</summary>
/// <param name="Group">The groupid; all parts that the receiver may get together have the same.</param>
/// <param name="Part">The partid, from 1 in each group.</param>
public readonly record struct AttemptKey(ulong Group, ulong Part)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Group}/{Part}";
}

/// <summary>One part of a payment: one HTLC of this node, on record before it is sent.</summary>
/// <param name="Key">Its ids.</param>
/// <param name="Route">Its route.</param>
/// <param name="PlannedAt">The height at which it was planned.</param>
/// <param name="CltvExpiry">The height at which its HTLC expires.</param>
/// <param name="Status">What is known of it.</param>
/// <param name="Failure">Why it failed; null unless it did.</param>
/// <param name="HtlcId">The number of its HTLC in the first channel; null until a look at the node's HTLCs has shown it.</param>
/// <param name="Times">When it was planned, sent and decided. The machine has no clock: the runtime adds them (<see cref="AttemptTimes.Stamp"/>).</param>
public sealed record Attempt(
    AttemptKey Key,
    Route Route,
    BlockHeight PlannedAt,
    BlockHeight CltvExpiry,
    AttemptStatus Status = AttemptStatus.Planned,
    PartFailure? Failure = null,
    ulong? HtlcId = null,
    AttemptTimes Times = default)
{
    /// <summary>
    /// How many blocks after its expiry an HTLC is decided: the node closes the channel of a peer that does not answer, and its timeout transaction confirms.
    /// </summary>
    private static readonly BlockCount Margin = new(18);

    /// <summary>What it delivers.</summary>
    public Msat Amount => Route.Amount;

    /// <summary>What it delivers and its fee.</summary>
    public Msat AmountSent => Route.AmountSent;

    /// <summary>Its routing fee.</summary>
    public Msat Fee => Route.Fee;

    /// <summary>The height at which it is decided at the latest.</summary>
    public BlockHeight DecidedBy => CltvExpiry + Margin;

    /// <summary>Whether it may still be settled: its amount and its fee must be counted.</summary>
    public bool IsOut => Status is not (AttemptStatus.Settled or AttemptStatus.Failed);

    /// <summary>Whether it can be sent at this height although it was planned earlier.</summary>
    public bool IsFreshAt(BlockHeight height) => height <= PlannedAt + PaymentTerms.Slack;

    internal Attempt Failed(PartFailure failure) => this with { Status = AttemptStatus.Failed, Failure = failure };
}

/// <summary>What is known of a part. Several values have one word on record and in answers (<see cref="PaymentWords.AttemptStatuses"/>).</summary>
public enum AttemptStatus : byte
{
    /// <summary>On record; its call is out for the first time.</summary>
    Planned,

    /// <summary>On record; its call was lost, the node had no row of it, and the same call is out again.</summary>
    Resent,

    /// <summary>No call is out, because the connection or this process ended. Whether it was sent must be looked up.</summary>
    Adrift,

    /// <summary>No call is out, and the node had no row of it. A call that was lost on the way may still reach the node; a later look decides.</summary>
    Missing,

    /// <summary>The node has a row of it, and its call is out.</summary>
    Sent,

    /// <summary>The node has a row of it, and no call is out: its rows tell what becomes of it.</summary>
    Watched,

    /// <summary>Its HTLC is on chain, or its row was taken away: undecided until <see cref="Attempt.DecidedBy"/>.</summary>
    Unknown,

    /// <summary>The receiver took it.</summary>
    Settled,

    /// <summary>It failed, or was never sent. Final.</summary>
    Failed,
}
