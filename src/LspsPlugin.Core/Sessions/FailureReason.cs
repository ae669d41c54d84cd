using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Sessions;

/// <summary>The reason why parts were failed, or why a session ended without a paid channel.</summary>
public enum FailureReason : byte
{
    /// <summary>The parts did not add up to the payment size in time (R52-52).</summary>
    CollectTimeout,

    /// <summary>valid_until passed before the payment was complete (R52-56).</summary>
    OfferExpired,

    /// <summary>The payment has more parts than the operator allows (R52-57).</summary>
    TooManyParts,

    /// <summary>The parts add up to more than twice the payment size.</summary>
    Overpaid,

    /// <summary>The variable amount is outside the offer's payment sizes (R52-37).</summary>
    PaymentSizeOutOfRange,

    /// <summary>A second HTLC arrived for an offer with a variable amount, which takes exactly one HTLC.</summary>
    OneHtlcOnly,

    /// <summary>The opening fee does not fit in 64 bits (R52-59).</summary>
    FeeOverflow,

    /// <summary>
    /// The opening fee cannot be deducted from the parts while each stays at or above the client's htlc_minimum_msat (R52-60, R52-78).
    /// </summary>
    FeeNotCovered,

    /// <summary>The part is not larger than the unpaid rest of the opening fee of a partly paid channel.</summary>
    FeeOutstanding,

    /// <summary>The part's HTLC is worth less than its onion asks us to forward.</summary>
    PartUnderpaid,

    /// <summary>The CLTV delta of the part is smaller than the node's cltv-delta.</summary>
    CltvDeltaTooSmall,

    /// <summary>The part expires too soon to be held or forwarded.</summary>
    CltvTooClose,

    /// <summary>Another payment is using the offer, or has used it.</summary>
    OfferTaken,

    /// <summary>The client was not connected in time (R52-67).</summary>
    ClientOffline,

    /// <summary>The client disconnected while the channel was being opened (R52-67).</summary>
    ClientDisconnected,

    /// <summary>The client answered the opening with an error (R52-66), or closed the channel before its funding, which goes first, was sent.</summary>
    ClientRejected,

    /// <summary>The client cannot accept a channel now: it is synchronizing, or has too many pending openings.</summary>
    ClientBusy,

    /// <summary>The client's channel limits are too low for our node, or for the payment in any channel that may be opened.</summary>
    ClientLimits,

    /// <summary>The client demands a to_self_delay that exceeds what the offer or our node allows (R52-64).</summary>
    ClientDelayTooLong,

    /// <summary>The wallet cannot fund the channel now.</summary>
    NoFunds,

    /// <summary>The node refused a step of the opening.</summary>
    NodeRefused,

    /// <summary>On-chain fees exceed the promised fee by more than the operator accepts. Temporary.</summary>
    ChainTooDear,

    /// <summary>The operator's limit on losses from unpaid channels is reached. Temporary.</summary>
    TrustSpent,

    /// <summary>The funding was sent first (LSP trusts client), and nobody paid for the channel before the offer ended.</summary>
    NeverPaid,

    /// <summary>The channel did not become usable in time.</summary>
    ChannelNotReady,

    /// <summary>The channel cannot carry the payment.</summary>
    ChannelTooSmall,

    /// <summary>The payment exceeds the client's max_htlc_value_in_flight_msat. The next opening is sized for that.</summary>
    InFlightLimit,

    /// <summary>The channel reserve that the client demands leaves too little to send. The next opening is sized for that.</summary>
    ReserveLimit,

    /// <summary>The payment has more parts than HTLCs may be pending in the channel.</summary>
    PartsLimit,

    /// <summary>A part is smaller than the client's htlc_minimum_msat.</summary>
    HtlcMinimum,

    /// <summary>The channel was closed before the payment was settled.</summary>
    ChannelClosed,

    /// <summary>The withheld channel was closed after the preimage was released and before the broadcast: there is nothing left to fund.</summary>
    ChannelForfeited,

    /// <summary>The client failed every part.</summary>
    PaymentRejected,

    /// <summary>The session's state could not be saved, so the attempt was given up.</summary>
    NotRecorded,

    /// <summary>After a restart the planned channel did not exist; held parts start a new attempt.</summary>
    Restarted,

    /// <summary>The outgoing HTLC would expire later than the operator's limit on how long funds may be locked.</summary>
    CltvTooFar,

    /// <summary>Too many blocks arrived while the part was held: the wallet may have to reject it, which is not its fault (R52-42).</summary>
    HeldTooLong,

    /// <summary>The channel needed for the payment would be larger than the operator allows.</summary>
    ChannelTooLarge,

    /// <summary>The payment was incomplete and was displaced by a payment that had collected more.</summary>
    Displaced,

    /// <summary>The operator cancelled the offer.</summary>
    Cancelled,
}

/// <summary>What each <see cref="FailureReason"/> means for the payer, the offer and the client.</summary>
public static class FailureReasons
{
    /// <summary>Returns the onion failure for the upstream peer: permanent only where bLIP-52 says so; otherwise a retry may succeed.</summary>
    public static OnionFailure ToOnion(this FailureReason reason, Part part) => reason switch
    {
        FailureReason.OfferExpired
            or FailureReason.PaymentSizeOutOfRange
            or FailureReason.FeeOverflow
            or FailureReason.FeeNotCovered
            or FailureReason.ClientRejected
            or FailureReason.ClientDelayTooLong
            or FailureReason.NeverPaid
            or FailureReason.Cancelled => OnionFailure.UnknownNextPeer,

        FailureReason.PartUnderpaid => OnionFailure.FeeInsufficient(part.Received),
        FailureReason.CltvDeltaTooSmall => OnionFailure.IncorrectCltvExpiry(part.CltvExpiry.Value),

        FailureReason.CollectTimeout
            or FailureReason.TooManyParts
            or FailureReason.Overpaid
            or FailureReason.OneHtlcOnly
            or FailureReason.CltvTooClose
            or FailureReason.FeeOutstanding
            or FailureReason.OfferTaken
            or FailureReason.ClientOffline
            or FailureReason.ClientDisconnected
            or FailureReason.ClientBusy
            or FailureReason.ClientLimits
            or FailureReason.NoFunds
            or FailureReason.NodeRefused
            or FailureReason.ChainTooDear
            or FailureReason.TrustSpent
            or FailureReason.ChannelNotReady
            or FailureReason.ChannelTooSmall
            or FailureReason.InFlightLimit
            or FailureReason.ReserveLimit
            or FailureReason.PartsLimit
            or FailureReason.HtlcMinimum
            or FailureReason.ChannelClosed
            or FailureReason.ChannelForfeited
            or FailureReason.PaymentRejected
            or FailureReason.NotRecorded
            or FailureReason.Restarted
            or FailureReason.CltvTooFar
            or FailureReason.HeldTooLong
            or FailureReason.ChannelTooLarge
            or FailureReason.Displaced => OnionFailure.TemporaryChannelFailure,
    };

    /// <summary>
    /// Whether the failed attempt also ends the offer. Otherwise the offer waits for another payment until valid_until (R52-53, R52-67).
    /// </summary>
    public static bool EndsOffer(this FailureReason reason) =>
        reason is FailureReason.OfferExpired or FailureReason.ClientRejected or FailureReason.ClientDelayTooLong or FailureReason.ChannelForfeited
            or FailureReason.NeverPaid or FailureReason.Cancelled;

    /// <summary>
    /// Whether the failed opening counts against the client. Failures that the client could not avoid do not count; neither do limits of its
    /// software, which are known only after the first opening.
    /// </summary>
    public static bool IsClients(this FailureReason reason) =>
        reason is FailureReason.PaymentRejected or FailureReason.ChannelNotReady or FailureReason.ChannelClosed or FailureReason.ChannelForfeited
            or FailureReason.ClientDisconnected or FailureReason.ClientRejected or FailureReason.ClientDelayTooLong or FailureReason.ChannelTooSmall
            or FailureReason.FeeNotCovered or FailureReason.NeverPaid;
}
