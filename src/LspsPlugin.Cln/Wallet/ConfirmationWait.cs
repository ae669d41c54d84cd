using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Wallet;

/// <summary>How long a payment is held for the confirmation of its channel, where the provider is not trusted.</summary>
internal static class ConfirmationWait
{
    /// <summary>
    /// n of R52-44, by which the invoice asks for a later expiry: the one confirmation that is waited for, within the 12 blocks that the
    /// node's feerate for openings aims at, and half as many to spare. They pass while the parts are held, and the node takes a part only
    /// while its cltv-final is left.
    /// </summary>
    public static readonly BlockCount Blocks = new(18);

    /// <summary>What so many blocks usually take, and an hour: the node takes no payment for an invoice that ran out, so its own must live that much longer.</summary>
    public static readonly TimeSpan Time = TimeSpan.FromHours(4);

    /// <summary>A block may come between the decision and the node's own check.</summary>
    public const uint Spare = 1;

    /// <summary>A look besides those with each block, should the news of one be lost.</summary>
    public static readonly TimeSpan Look = TimeSpan.FromMinutes(1);
}
