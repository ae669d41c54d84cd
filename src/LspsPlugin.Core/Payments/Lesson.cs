using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Payments;

/// <summary>What a failed part taught about the network, for the choice of the next routes.</summary>
public abstract record Lesson
{
    private protected Lesson()
    {
    }
}

/// <summary>The channel cannot carry this amount now (askrene-inform-channel, inform=constrained). True for other payments as well.</summary>
/// <param name="Channel">The channel.</param>
/// <param name="Direction">The direction, 0 or 1.</param>
/// <param name="Amount">What it could not carry.</param>
public sealed record ChannelConstrained(Scid Channel, int Direction, Msat Amount) : Lesson;

/// <summary>The channel is not used any more by this payment (askrene-update-channel, enabled=false).</summary>
/// <param name="Channel">The channel.</param>
/// <param name="Direction">The direction, 0 or 1.</param>
public sealed record ChannelExcluded(Scid Channel, int Direction) : Lesson;

/// <summary>The node is not used any more by this payment (askrene-disable-node).</summary>
/// <param name="Node">The node.</param>
public sealed record NodeExcluded(NodeId Node) : Lesson;
