namespace LspsPlugin.Core.Sessions;

/// <summary>What a part met that was turned away, as temporary, before any session took it.</summary>
public enum Bound : byte
{
    /// <summary>HTLCs of all JIT payments together.</summary>
    HeldParts,

    /// <summary>What they are worth.</summary>
    HeldValue,

    /// <summary>HTLCs of one client's payments.</summary>
    ClientParts,

    /// <summary>What they are worth.</summary>
    ClientValue,

    /// <summary>The share of one incoming channel's HTLC slots.</summary>
    ChannelParts,

    /// <summary>The share of one incoming channel's value.</summary>
    ChannelValue,

    /// <summary>Payments under way, of all clients.</summary>
    Payments,

    /// <summary>Payments under way of one client.</summary>
    ClientPayments,

    /// <summary>Payments that claim one offer.</summary>
    OfferPayments,

    /// <summary>The client's last openings came to nothing; it waits a little.</summary>
    ClientSlowed,

    /// <summary>Too many openings for the client came to nothing.</summary>
    ClientRefused,

    /// <summary>The operator does not serve the client.</summary>
    ClientDenied,

    /// <summary>It is no part of the payment that the channel waits for, and must not go out over it before that.</summary>
    UnpaidChannel,

    /// <summary>The offer was probed with strangers' hashes; it waits a little.</summary>
    OfferPaused,

    /// <summary>The part's hop at us is blinded, or its onion payload cannot be read: no amount can be written into it.</summary>
    BlindedHop,
}
