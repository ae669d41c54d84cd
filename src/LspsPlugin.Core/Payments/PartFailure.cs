using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Payments;

/// <summary>Why a part failed.</summary>
/// <param name="Kind">What kind of failure it was.</param>
/// <param name="Code">The failure_code of BOLT 4; null when nobody on the route said one.</param>
/// <param name="ErringIndex">Which node failed it: 0 is this node, the number of hops is the destination. Null when unknown.</param>
/// <param name="ErringChannel">The channel that it could not pass; null when the destination failed it or it is unknown.</param>
/// <param name="Direction">The direction of that channel, 0 or 1.</param>
/// <param name="Raw">The failure message in hex, for the caller; null when there is none.</param>
public sealed record PartFailure(
    PartFailureKind Kind, ushort? Code = null, int? ErringIndex = null, Scid? ErringChannel = null, int? Direction = null, string? Raw = null);

/// <summary>The kinds of <see cref="PartFailure"/>.</summary>
public enum PartFailureKind : byte
{
    /// <summary>A node of the route or the destination failed it, and said why.</summary>
    Onion,

    /// <summary>It failed on the route, and the answer cannot be read.</summary>
    Unreadable,

    /// <summary>The node never accepted it.</summary>
    NotSent,

    /// <summary>The node accepted it and crashed before it committed the HTLC: the row says pending for ever, and no HTLC exists.</summary>
    Ghost,

    /// <summary>Its row was taken away, and its HTLC has expired without a preimage that we heard of.</summary>
    Lost,
}
