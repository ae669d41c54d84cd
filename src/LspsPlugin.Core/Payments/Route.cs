using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Core.Payments;

/// <summary>One channel of a route, in the direction of the payment (getroutes: path).</summary>
/// <param name="Channel">The channel.</param>
/// <param name="Direction">The direction in which it is used: 0 or 1, as in short_channel_id_dir.</param>
/// <param name="To">The node at its end.</param>
/// <param name="AmountIn">What the node at its beginning receives, its fee included. For the first channel: what this node sends.</param>
/// <param name="AmountOut">What the channel carries.</param>
/// <param name="DelayIn">The blocks from now to the expiry of the HTLC before the channel.</param>
/// <param name="DelayOut">The blocks from now to the expiry of the HTLC in the channel.</param>
public sealed record RouteHop(Scid Channel, int Direction, NodeId To, Msat AmountIn, Msat AmountOut, BlockCount DelayIn, BlockCount DelayOut);

/// <summary>A route from this node to the destination for one part.</summary>
/// <param name="Hops">The channels, the first is one of this node.</param>
public sealed record Route(ValueList<RouteHop> Hops)
{
    /// <summary>What arrives at the destination.</summary>
    public Msat Amount => Hops.Count == 0 ? Msat.Zero : Hops[^1].AmountOut;

    /// <summary>The node at its end; the default without hops.</summary>
    public NodeId Destination => Hops.Count == 0 ? default : Hops[^1].To;

    /// <summary>What this node sends.</summary>
    public Msat AmountSent => Hops.Count == 0 ? Msat.Zero : Hops[0].AmountIn;

    /// <summary>The blocks from now to the expiry of the first HTLC.</summary>
    public BlockCount Delay => Hops.Count == 0 ? default : Hops[0].DelayIn;

    /// <summary>Whether it delivers something and does not send less than it delivers.</summary>
    public bool IsSound => Amount > Msat.Zero && AmountSent >= Amount;

    /// <summary>The routing fee; only of a sound route.</summary>
    public Msat Fee => AmountSent - Amount;
}
