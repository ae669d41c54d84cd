namespace LspsPlugin.Core.Payments;

/// <summary>Why a payment sends no new part any more.</summary>
public enum GiveUpReason : byte
{
    /// <summary>The caller cancelled it.</summary>
    Cancelled,

    /// <summary>Its time for retries is over, for another reason than a lack of routes.</summary>
    OutOfTime,

    /// <summary>The time is over, and the last search found no route that carries what is missing.</summary>
    NoRoute,

    /// <summary>The time is over, and the last search found only routes that cost more than is left of the fee that the caller allows.</summary>
    FeeCap,

    /// <summary>The destination refused it.</summary>
    Refused,

    /// <summary>It planned as many parts as a payment may.</summary>
    TooManyAttempts,

    /// <summary>Another program pays the same hash, and the node accepts one group of parts at a time.</summary>
    ForeignPayment,

    /// <summary>The row of a part was taken away before we read it, and the HTLC has expired: the receiver may have taken that part.</summary>
    PartLost,

    /// <summary>The caller chooses the routes, and every part has failed. The caller may send another part.</summary>
    PartsFailed,
}
