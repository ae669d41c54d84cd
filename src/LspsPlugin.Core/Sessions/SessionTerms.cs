using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2;

namespace LspsPlugin.Core.Sessions;

/// <summary>A bought JIT scid, good for one opening until its valid_until.</summary>
/// <param name="PaymentSize">What the payment's parts must add up to; null for a variable amount, which comes in one HTLC.</param>
/// <param name="Capacity">The channel size that the policy granted; an opening may be larger, never smaller.</param>
/// <param name="ClientTrustsLsp">Whether the funding is withheld until the client has released the preimage.</param>
/// <param name="ZeroReserve">Sold for a token whose clients need keep no reserve.</param>
/// <param name="CltvDelta">The cltv_expiry_delta promised for the JIT hop; null in a record that does not say.</param>
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
    public DateTimeOffset ValidUntil => FeeParams.ValidUntil;

    /// <summary>Whether a policy plugin says how large the channel is only when the payment is there; until then nobody granted <see cref="Capacity"/>.</summary>
    public bool IsSizedByPayment { get; init; }
}

/// <summary>The bounds an operator sets on every session.</summary>
/// <param name="MaxParts">Parts of one payment held at a time; at least 1.</param>
/// <param name="CollectTimeout">How long parts are held, from the first one, while the payment is incomplete (R52-50: 90 s).</param>
/// <param name="ClientWait">How long a complete payment waits for its client to be connected and to accept the channel.</param>
/// <param name="ChannelReadyTimeout">How long a funded channel may take to become usable.</param>
/// <param name="ConfirmationWait">The same for a client that we trusted: it may wait for the funding to confirm first (R52-74).</param>
/// <param name="CltvSafety">Held parts are failed this many blocks before they expire.</param>
/// <param name="CltvDelta">The cltv_expiry_delta that offers promise for the JIT hop.</param>
/// <param name="MaxShortfall">By how much the promised fee may fall short of what the chain asks for now; beyond it nothing is opened.</param>
/// <param name="MaxChannel">No channel is opened larger, unless a larger one was sold.</param>
/// <param name="MaxCltvExpiry">How far ahead of the chain a part's outgoing HTLC may expire: for so long it can bind our coins.</param>
/// <param name="NodeCltvDelta">What the node takes off every forward: it fails a part that leaves less.</param>
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

/// <summary>Everything that stays the same through one session: the offer, the payment that claims it, the operator's bounds.</summary>
public sealed record SessionTerms(Offer Offer, PaymentHash PaymentHash, SessionLimits Limits)
{
    /// <summary>
    /// The largest channel that may be opened. Where a larger one was sold, by a policy plugin or before the option was lowered, that is kept,
    /// with a tenth of it for reserve and commitment fee.
    /// </summary>
    public Sat MostCapacity =>
        Offer.Capacity > Limits.MaxChannel ? new Sat(checked(Offer.Capacity.Value + (Offer.Capacity.Value / 10))) : Limits.MaxChannel;
}
