using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Sessions;

/// <summary>A channel that the client has with us already, and what the node takes for a forward over it.</summary>
/// <param name="Alias">Our own name for it, under which the node may list its forwards.</param>
public sealed record ExistingChannel(ChannelId Channel, Scid? Alias, Msat FeeBase, Ppm FeeProportional)
{
    /// <summary>
    /// The part as it goes out over this channel: the most that leaves the node its fee. What is taken is told to the client like an opening
    /// fee, because its invoice promised the payer a hop without one. Null when nothing would be left.
    /// </summary>
    public Forward? Carry(Part part)
    {
        if (part.Amount <= FeeBase) return null;
        var left = (UInt128)(part.Amount.Value - FeeBase.Value);
        ulong amount = (ulong)(left * 1_000_000 / (1_000_000 + (UInt128)FeeProportional.Value));
        return amount == 0 ? null : new Forward(part.Htlc, new Msat(amount), new Msat(part.Amount.Value - amount));
    }
}
