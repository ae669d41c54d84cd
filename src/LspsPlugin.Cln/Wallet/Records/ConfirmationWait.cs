using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Wallet.Records;

/// <summary>How long a payment is held until its channel is confirmed, if the provider is not trusted.</summary>
internal static class ConfirmationWait
{
    /// <summary>
    /// n of R52-44, added to the invoice's final CLTV delta: one confirmation, expected within 12 blocks (the target of the node's feerate
    /// for openings), plus half as many as a margin. These blocks pass while the parts are held, and the node accepts a part only while its
    /// cltv-final is left.
    /// </summary>
    public static readonly BlockCount Blocks = new(18);

    /// <summary>
    /// The usual time for that many blocks plus an hour. The node accepts no payment for an expired invoice, so the node's own invoice must
    /// be valid for that much longer.
    /// </summary>
    public static readonly TimeSpan Time = TimeSpan.FromHours(4);

    /// <summary>A margin for a block that arrives between the decision and the node's own check.</summary>
    public const uint Spare = 1;

    /// <summary>The interval of additional checks, in case a block notification is lost.</summary>
    public static readonly TimeSpan Look = TimeSpan.FromMinutes(1);
}
