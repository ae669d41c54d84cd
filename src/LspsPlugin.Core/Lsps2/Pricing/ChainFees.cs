using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Lsps2.Pricing;

/// <summary>The current on-chain feerates.</summary>
/// <param name="Opening">The feerate for a funding transaction.</param>
/// <param name="Closing">The feerate for a mutual close. The real cost of a later close is unknown.</param>
public sealed record ChainFees(FeeratePerKw Opening, FeeratePerKw Closing)
{
    /// <summary>
    /// The weight of two native segwit inputs, the channel's output and change: version and counts 42, inputs 2 x 272, outputs 2 x 172.
    /// </summary>
    private const ulong OpeningWeight = 930;

    /// <summary>The weight of a mutual close with two outputs: 42 + 386 + 2 x 172.</summary>
    private const ulong ClosingWeight = 772;

    /// <summary>Returns the on-chain fees for opening and later closing a channel, rounded up.</summary>
    public Sat CostOfChannel() => new(DivCeil(checked((OpeningWeight * Opening.Value) + (ClosingWeight * Closing.Value)), 1000));

    /// <summary>Returns the on-chain fee for opening a channel, rounded up.</summary>
    public Sat CostOfOpening() => new(DivCeil(checked(OpeningWeight * Opening.Value), 1000));

    /// <summary>Returns the on-chain fee for closing a channel, rounded up.</summary>
    public Sat CostOfClosing() => new(DivCeil(checked(ClosingWeight * Closing.Value), 1000));

    private static ulong DivCeil(ulong value, ulong by) => (value / by) + (value % by == 0 ? 0UL : 1UL);
}
