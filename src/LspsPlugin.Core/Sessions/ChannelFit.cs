using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Sessions;

/// <summary>Whether and how the parts of a payment fit into a channel.</summary>
public static class ChannelFit
{
    /// <summary>Returns the limit that <paramref name="parts"/> less <paramref name="fee"/> exceed.</summary>
    public static FailureReason Exceeded(this ChannelFacts facts, ValueList<Part> parts, Msat fee)
    {
        if (facts.Narrowed) return FailureReason.ChannelTooSmall;
        if (parts.Any(part => part.Amount < facts.HtlcMinimum)) return FailureReason.HtlcMinimum;
        if (parts.Count > facts.Slots) return FailureReason.PartsLimit;
        ulong sum = parts.Sum()?.Value ?? ulong.MaxValue, toForward = sum > fee.Value ? sum - fee.Value : 0;
        if (toForward > facts.InFlight?.Value) return FailureReason.InFlightLimit;
        return toForward <= facts.Spendable.Value + facts.Reserve.Value ? FailureReason.ReserveLimit : FailureReason.ChannelTooSmall;
    }

    /// <summary>
    /// Returns the part as it is forwarded over an existing channel: the largest amount that leaves the node its forwarding fee. The difference is
    /// reported to the client as an opening fee (extra_fee), because its invoice promised the payer a hop without a fee. Null when nothing would be
    /// left.
    /// </summary>
    public static Forward? Carry(this ExistingChannel channel, Part part)
    {
        if (part.Amount <= channel.FeeBase) return null;
        var left = (UInt128)(part.Amount.Value - channel.FeeBase.Value);
        ulong amount = (ulong)(left * 1_000_000 / (1_000_000 + (UInt128)channel.FeeProportional.Value));
        return amount == 0 ? null : new Forward(part.Htlc, new Msat(amount), new Msat(part.Amount.Value - amount));
    }
}
