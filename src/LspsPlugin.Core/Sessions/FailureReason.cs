using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Sessions;

/// <summary>Why parts were failed, or a session ended without a paid channel.</summary>
public enum FailureReason : byte
{
    /// <summary>The parts did not add up to the payment size in time (R52-52).</summary>
    CollectTimeout,

    /// <summary>valid_until passed before the payment was complete (R52-56).</summary>
    OfferExpired,

    /// <summary>More parts than the operator holds for one payment (R52-57).</summary>
    TooManyParts,

    /// <summary>More than twice the payment size.</summary>
    Overpaid,

    /// <summary>A variable amount outside the offer's payment sizes (R52-37).</summary>
    PaymentSizeOutOfRange,

    /// <summary>A second HTLC for an offer of variable amount, which takes exactly one.</summary>
    OneHtlcOnly,

    /// <summary>The opening fee does not fit in 64 bits (R52-59).</summary>
    FeeOverflow,

    /// <summary>The parts cannot bear the opening fee and stay above the client's htlc_minimum_msat (R52-60, R52-78).</summary>
    FeeNotCovered,

    /// <summary>The part is no larger than what is still owed of the opening fee of a channel that was paid in part.</summary>
    FeeOutstanding,

    /// <summary>The part's HTLC is worth less than its onion asks us to forward.</summary>
    PartUnderpaid,

    /// <summary>The part leaves fewer blocks than the node takes off every forward.</summary>
    CltvDeltaTooSmall,

    /// <summary>The part expires too soon to be held any longer, or to be forwarded.</summary>
    CltvTooClose,

    /// <summary>Another payment took the offer.</summary>
    OfferTaken,

    /// <summary>The client was not connected in time (R52-67).</summary>
    ClientOffline,

    /// <summary>The client disconnected while the channel was being opened (R52-67).</summary>
    ClientDisconnected,

    /// <summary>The client answered the opening with an error (R52-66).</summary>
    ClientRejected,

    /// <summary>The client could not take a channel now: it synchronizes, or has too many openings under way.</summary>
    ClientBusy,

    /// <summary>What the client allows in a channel is too little for our node, or for the payment in any channel that may be opened.</summary>
    ClientLimits,

    /// <summary>The client asks for a to_self_delay beyond what the offer allows, or our node takes (R52-64).</summary>
    ClientDelayTooLong,

    /// <summary>The wallet cannot fund the channel now.</summary>
    NoFunds,

    /// <summary>The node refused a step of the opening.</summary>
    NodeRefused,

    /// <summary>The promised fee falls short of the opening's cost by more than the operator bears; it may come down again.</summary>
    ChainTooDear,

    /// <summary>The loss that the operator bears for channels which nobody pays for is reached; it may come down again.</summary>
    TrustSpent,

    /// <summary>The channel was opened on trust and nobody paid for it before the offer ended.</summary>
    NeverPaid,

    /// <summary>The channel did not become usable in time.</summary>
    ChannelNotReady,

    /// <summary>The channel cannot carry the payment.</summary>
    ChannelTooSmall,

    /// <summary>The payment is more than the client lets be under way in the channel at a time: its max_htlc_value_in_flight_msat. The next opening is sized for it.</summary>
    InFlightLimit,

    /// <summary>The reserve that the client demands leaves too little of the channel. The next opening is sized for it.</summary>
    ReserveLimit,

    /// <summary>More parts than may be in the channel at a time.</summary>
    PartsLimit,

    /// <summary>A part is smaller than the client takes: its htlc_minimum_msat.</summary>
    HtlcMinimum,

    /// <summary>The channel died before the payment was settled.</summary>
    ChannelClosed,

    /// <summary>The withheld channel was destroyed after the preimage was out and before the broadcast: there is nothing left to fund.</summary>
    ChannelForfeited,

    /// <summary>The client failed every part.</summary>
    PaymentRejected,

    /// <summary>The session could not be put on record, so nothing was done.</summary>
    NotRecorded,

    /// <summary>A restart found a plan without its channel; held parts start over.</summary>
    Restarted,

    /// <summary>The part's outgoing HTLC would expire later than the operator lets coins be bound.</summary>
    CltvTooFar,

    /// <summary>Blocks came while the part was held: the wallet may have to refuse it, and is not to blame (R52-42).</summary>
    HeldTooLong,

    /// <summary>The channel that the parts need would be larger than the operator allows.</summary>
    ChannelTooLarge,

    /// <summary>The payment was incomplete, and its place went to one that promised more.</summary>
    Displaced,
}

public static class FailureReasons
{
    /// <summary>The onion failure for the upstream peer: permanent only where bLIP-52 says so, else a retry may work.</summary>
    public static OnionFailure ToOnion(this FailureReason reason, Part part) => reason switch
    {
        FailureReason.OfferExpired
            or FailureReason.PaymentSizeOutOfRange
            or FailureReason.FeeOverflow
            or FailureReason.FeeNotCovered
            or FailureReason.ClientRejected
            or FailureReason.ClientDelayTooLong
            or FailureReason.NeverPaid => OnionFailure.UnknownNextPeer,

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

    /// <summary>Whether the offer is over with the attempt; otherwise it waits for payment again until valid_until (R52-53, R52-67).</summary>
    public static bool EndsOffer(this FailureReason reason) =>
        reason is FailureReason.OfferExpired or FailureReason.ClientRejected or FailureReason.ClientDelayTooLong or FailureReason.ChannelForfeited
            or FailureReason.NeverPaid;

    /// <summary>
    /// Whether the client is to answer for an opening that came to nothing; what it could not help costs it nothing. Limits that its software
    /// has are nobody's waste, the first time that they are met.
    /// </summary>
    public static bool IsClients(this FailureReason reason) =>
        reason is FailureReason.PaymentRejected or FailureReason.ChannelNotReady or FailureReason.ChannelClosed or FailureReason.ChannelForfeited
            or FailureReason.ClientDisconnected or FailureReason.ClientRejected or FailureReason.ClientDelayTooLong or FailureReason.ChannelTooSmall
            or FailureReason.FeeNotCovered or FailureReason.NeverPaid;
}
