using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Sessions;

/// <summary>A channel that the client already has with this node, with the node's forwarding fee for it.</summary>
/// <param name="Channel">The channel's id.</param>
/// <param name="Alias">This node's alias for the channel, under which the node may list its forwards.</param>
/// <param name="FeeBase">The node's base forwarding fee over the channel.</param>
/// <param name="FeeProportional">The node's proportional forwarding fee over the channel.</param>
public sealed record ExistingChannel(ChannelId Channel, Scid? Alias, Msat FeeBase, Ppm FeeProportional)
{
    /// <summary>
    /// Returns the part as it is forwarded over this channel: the largest amount that leaves the node its forwarding fee. The difference is reported
    /// to the client as an opening fee (extra_fee), because its invoice promised the payer a hop without a fee. Null when nothing would be left.
    /// </summary>
    public Forward? Carry(Part part)
    {
        if (part.Amount <= FeeBase) return null;
        var left = (UInt128)(part.Amount.Value - FeeBase.Value);
        ulong amount = (ulong)(left * 1_000_000 / (1_000_000 + (UInt128)FeeProportional.Value));
        return amount == 0 ? null : new Forward(part.Htlc, new Msat(amount), new Msat(part.Amount.Value - amount));
    }
}
