using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Runtime;

/// <summary>
/// How much of the node JIT payments may occupy. Bounds on slots hold for every part. Bounds on value hold for what comes beside another
/// payment: one that is alone within a bound was sized when its offer was sold, and must not be kept out for good by a low number.
/// </summary>
/// <param name="Parts">HTLCs of all payments together.</param>
/// <param name="Value">What they are worth.</param>
/// <param name="PartsPerClient">HTLCs of one client's payments.</param>
/// <param name="ValuePerClient">What they are worth.</param>
/// <param name="Payments">Payments under way, of all clients.</param>
/// <param name="PaymentsPerClient">Payments under way of one client.</param>
/// <param name="ChannelPercent">The share of an incoming channel, in HTLC slots and in value.</param>
public sealed record HeldLimits(
    int Parts, Msat Value, int PartsPerClient, Msat ValuePerClient, int Payments, int PaymentsPerClient, int ChannelPercent)
{
    public static HeldLimits Default { get; } = new(10_000, new Msat(50_000_000_000), 100, new Msat(5_000_000_000), 1000, 10, 50);
}

/// <summary>What the node knows of a channel that parts come in over.</summary>
/// <param name="Slots">HTLCs that the peer may have in it at a time.</param>
/// <param name="Total">What both sides have in it.</param>
public sealed record IncomingChannel(ChannelId Id, int Slots, Msat Total);
