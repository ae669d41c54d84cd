using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;

namespace LspsPlugin.Core.Lsps2.Pricing;

/// <summary>One line of the operator's price list.</summary>
/// <param name="MinFee">The least that an opening costs, whatever the chain asks for.</param>
/// <param name="ChainFeePercent">The share of <see cref="ChainFees.CostOfChannel"/> that the minimum covers as well; 0 leaves the chain out.</param>
/// <param name="Proportional">Of the payment.</param>
/// <param name="Validity">How long an offer is good for; at least ten minutes (R52-11).</param>
/// <param name="MinLifetime">Blocks after confirmation for which the channel is kept (R52-12).</param>
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
    public bool FollowsTheChain => ChainFeePercent > 0;

    /// <summary>The offer at this moment, still without a promise; null while the chain's fees are needed and not known, or leave no payment to be made.</summary>
    /// <param name="largest">No payment beyond this can be served.</param>
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
