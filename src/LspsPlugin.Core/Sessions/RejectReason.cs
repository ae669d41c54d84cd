namespace LspsPlugin.Core.Sessions;

/// <summary>The limit because of which a part was failed, with a temporary failure, before any session took it.</summary>
public enum RejectReason : byte
{
    /// <summary>The number of HTLCs of all JIT payments.</summary>
    HeldParts,

    /// <summary>What they are worth.</summary>
    HeldValue,

    /// <summary>The number of HTLCs of one client's payments.</summary>
    ClientParts,

    /// <summary>What they are worth.</summary>
    ClientValue,

    /// <summary>The share of an incoming channel's HTLC slots.</summary>
    ChannelParts,

    /// <summary>The share of an incoming channel's value.</summary>
    ChannelValue,

    /// <summary>The number of pending payments of all clients.</summary>
    Payments,

    /// <summary>The number of pending payments of one client.</summary>
    ClientPayments,

    /// <summary>The number of payments for one offer.</summary>
    OfferPayments,

    /// <summary>The client is slowed down for a while because its last openings failed.</summary>
    ClientSlowed,

    /// <summary>The client is blocked because too many openings for it failed.</summary>
    ClientRefused,

    /// <summary>The operator denies service to the client.</summary>
    ClientDenied,

    /// <summary>The HTLC would go out over a channel that waits for its own payment, and does not belong to that payment.</summary>
    UnpaidChannel,

    /// <summary>The offer is paused because it was probed with foreign payment hashes.</summary>
    OfferPaused,

    /// <summary>This hop is part of a blinded path, or the onion payload cannot be read: the forwarded amount cannot be changed.</summary>
    BlindedHop,
}
