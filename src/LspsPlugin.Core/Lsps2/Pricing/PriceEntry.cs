using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;

namespace LspsPlugin.Core.Lsps2.Pricing;

/// <summary>One entry of the operator's price list.</summary>
/// <param name="MinFee">The minimum opening fee, whatever the on-chain feerates are; 0 is allowed.</param>
/// <param name="ChainFeePercent">
/// The percentage of <see cref="ChainFees.CostOfChannel"/> that the minimum fee also covers; 0 ignores on-chain fees.
/// </param>
/// <param name="Proportional">The proportional fee, in parts per million of the payment.</param>
/// <param name="Validity">How long an offer is valid; at least ten minutes (R52-11).</param>
/// <param name="MinLifetime">The number of blocks after confirmation for which the channel is kept (R52-12).</param>
/// <param name="MaxClientToSelfDelay">The longest to_self_delay that the client may impose (R52-64), 1 to 65,535 blocks.</param>
/// <param name="MinPaymentSize">The smallest payment, inclusive.</param>
/// <param name="MaxPaymentSize">The largest payment, inclusive; the channel size may lower it.</param>
public sealed record PriceEntry(
    Msat MinFee,
    uint ChainFeePercent,
    Ppm Proportional,
    TimeSpan Validity,
    BlockCount MinLifetime,
    BlockCount MaxClientToSelfDelay,
    Msat MinPaymentSize,
    Msat MaxPaymentSize)
{
    /// <summary>Whether the price depends on on-chain fees.</summary>
    public bool FollowsTheChain => ChainFeePercent > 0;

    /// <summary>
    /// Returns the current offer, without a promise; null while on-chain feerates are needed and unknown, or when no payment size is left.
    /// </summary>
    /// <param name="now">The current time.</param>
    /// <param name="chain">The on-chain feerates; null while they are unknown.</param>
    /// <param name="largest">The largest payment that can be served.</param>
    public OpeningFeeParams? At(DateTimeOffset now, ChainFees? chain, Msat largest)
    {
        Msat least = MinFee;
        if (FollowsTheChain)
        {
            if (chain is null) return null;
            var share = new Sat((chain.CostOfChannel().Value * ChainFeePercent / 100) + 1);
            if (share.ToMsat() > least) least = share.ToMsat();
        }

        Msat max = largest < MaxPaymentSize ? largest : MaxPaymentSize;
        if (max < MinPaymentSize || max <= least) return null;
        return new OpeningFeeParams(least, Proportional, LspsTime.Truncate(now + Validity), MinLifetime, MaxClientToSelfDelay, MinPaymentSize, max, Promise: "");
    }
}
