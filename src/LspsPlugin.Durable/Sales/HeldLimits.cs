using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Durable.Sales;

/// <summary>
/// Limits on the node resources that JIT payments may occupy. Limits on HTLC counts apply to every part. Limits on value exempt a lone payment: its
/// size was accepted when its offer was sold, so a low limit must not refuse it forever.
/// </summary>
/// <param name="Parts">The maximum number of HTLCs of all payments.</param>
/// <param name="Value">The maximum total of these HTLCs.</param>
/// <param name="PartsPerClient">The maximum number of HTLCs of one client's payments.</param>
/// <param name="ValuePerClient">The maximum total of these HTLCs.</param>
/// <param name="Payments">The maximum number of pending payments.</param>
/// <param name="PaymentsPerClient">The maximum number of pending payments of one client.</param>
/// <param name="ChannelPercent">The maximum share of an incoming channel's HTLC slots and of its capacity, 1 to 100 percent.</param>
public sealed record HeldLimits(
    int Parts, Msat Value, int PartsPerClient, Msat ValuePerClient, int Payments, int PaymentsPerClient, int ChannelPercent)
{
    /// <summary>The default limits.</summary>
    public static HeldLimits Default { get; } = new(10_000, new Msat(50_000_000_000), 100, new Msat(5_000_000_000), 1000, 10, 50);
}

/// <summary>The node's data about an incoming channel.</summary>
/// <param name="Id">The channel; the same for its alias and its real scid.</param>
/// <param name="Slots">The number of HTLCs that the peer may have pending in it; at most 483 (BOLT 2).</param>
/// <param name="Total">The total of both sides' balances.</param>
public sealed record IncomingChannel(ChannelId Id, int Slots, Msat Total);
