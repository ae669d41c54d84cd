using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Payments;

/// <summary>One payment of the hash as the node lists it (listsendpays joined with listhtlcs), of this plugin or of another program.</summary>
/// <param name="Key">Its groupid and partid.</param>
/// <param name="Status">Its status.</param>
/// <param name="Htlc">What is known of its HTLC.</param>
/// <param name="Preimage">The preimage of a complete row.</param>
/// <param name="Failure">Why a failed row failed; null when the row does not say it.</param>
/// <param name="HtlcId">The number of its HTLC in the first channel; null if nobody has looked for it, or there is none.</param>
public sealed record NodeRow(AttemptKey Key, RowStatus Status, HtlcEvidence Htlc, Preimage? Preimage = null, PartFailure? Failure = null, ulong? HtlcId = null);

/// <summary>The status of a <see cref="NodeRow"/>.</summary>
public enum RowStatus : byte
{
    /// <summary>There is no row, but an HTLC of the hash that belongs to no other row and fits the part: the row was taken away.</summary>
    Gone,

    /// <summary>Pending.</summary>
    Pending,

    /// <summary>Complete: the receiver took it.</summary>
    Complete,

    /// <summary>Failed.</summary>
    Failed,
}

/// <summary>What listhtlcs and listpeerchannels say of the outgoing HTLC of a part.</summary>
public enum HtlcEvidence : byte
{
    /// <summary>There is none, and the node that accepted the part still runs: it may be about to commit it.</summary>
    None,

    /// <summary>There is none, and the node was started since it accepted the part: it is never committed.</summary>
    NeverCommitted,

    /// <summary>It is in a channel that is open.</summary>
    Live,

    /// <summary>Its channel is on chain.</summary>
    OnChain,

    /// <summary>It is resolved.</summary>
    Resolved,
}
