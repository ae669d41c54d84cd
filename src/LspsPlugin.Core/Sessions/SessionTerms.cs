using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2;

namespace LspsPlugin.Core.Sessions;

/// <summary>An offer: a JIT scid that a client bought, valid for one opening until its valid_until.</summary>
/// <param name="JitScid">The JIT scid, unique among the node's offers.</param>
/// <param name="Client">The client that bought it.</param>
/// <param name="FeeParams">The menu entry that it was bought at.</param>
/// <param name="PaymentSize">The amount that the parts must add up to; null for a variable amount, which comes in one HTLC.</param>
/// <param name="Capacity">The channel size that the policy granted. The channel may be larger, never smaller.</param>
/// <param name="ClientTrustsLsp">Whether the funding is withheld until the client has released the preimage.</param>
/// <param name="CreatedAt">When it was bought.</param>
/// <param name="ZeroReserve">Whether the client's channel has no reserve, because of the token that it was sold for.</param>
/// <param name="CltvDelta">The cltv_expiry_delta promised for the JIT hop, in blocks; null if the record does not have it.</param>
public sealed record Offer(
    Scid JitScid,
    NodeId Client,
    OpeningFeeParams FeeParams,
    Msat? PaymentSize,
    Sat Capacity,
    bool ClientTrustsLsp,
    DateTimeOffset CreatedAt,
    bool ZeroReserve = false,
    BlockCount? CltvDelta = null)
{
    /// <summary>When the offer ends (valid_until).</summary>
    public DateTimeOffset ValidUntil => FeeParams.ValidUntil;

    /// <summary>
    /// Whether a policy plugin decides the channel size when the payment arrives. Until then <see cref="Capacity"/> is not granted.
    /// </summary>
    public bool IsSizedByPayment { get; init; }

    /// <summary>The number of the sale, in the order of purchases; null if none was given yet.</summary>
    public ulong? CreatedIndex { get; init; }

    /// <summary>The token that it was sold for; null if the client showed none, or if the record does not say.</summary>
    public string? Token { get; init; }
}

/// <summary>The operator's limits for every session.</summary>
/// <param name="MaxParts">The maximum number of parts held for one payment; at least 1.</param>
/// <param name="CollectTimeout">How long parts of an incomplete payment are held, counted from the first one (R52-50: 90 s).</param>
/// <param name="ClientWait">How long a complete payment waits for the client to connect and to accept the channel.</param>
/// <param name="ChannelReadyTimeout">How long a funded channel may take to become usable.</param>
/// <param name="ConfirmationWait">The same where the LSP trusts the client, which may wait for the funding to confirm first (R52-74).</param>
/// <param name="CltvSafety">The number of blocks before expiry at which held parts are failed.</param>
/// <param name="CltvDelta">The cltv_expiry_delta that offers promise for the JIT hop.</param>
/// <param name="MaxShortfall">The largest amount by which current on-chain fees may exceed the promised fee; beyond it no channel is opened.</param>
/// <param name="MaxChannel">The largest channel that is opened, unless a larger one was sold.</param>
/// <param name="MaxCltvExpiry">
/// The largest distance in blocks from the tip to a part's outgoing expiry: for so long the HTLC can lock our funds.
/// </param>
/// <param name="NodeCltvDelta">The node's cltv-delta: it fails a part that leaves fewer blocks.</param>
public sealed record SessionLimits(
    int MaxParts,
    TimeSpan CollectTimeout,
    TimeSpan ClientWait,
    TimeSpan ChannelReadyTimeout,
    TimeSpan ConfirmationWait,
    BlockCount CltvSafety,
    BlockCount CltvDelta,
    Sat MaxShortfall,
    Sat MaxChannel,
    BlockCount MaxCltvExpiry,
    BlockCount NodeCltvDelta = default);

/// <summary>The fixed data of a session: the offer, the payment hash and the operator's limits.</summary>
public sealed record SessionTerms(Offer Offer, PaymentHash PaymentHash, SessionLimits Limits)
{
    /// <summary>
    /// The largest channel that may be opened. If a larger one was sold, by a policy plugin or before the option was lowered, that size applies, plus
    /// a tenth for reserve and commitment fee.
    /// </summary>
    public Sat MostCapacity =>
        Offer.Capacity > Limits.MaxChannel ? new Sat(checked(Offer.Capacity.Value + (Offer.Capacity.Value / 10))) : Limits.MaxChannel;
}
