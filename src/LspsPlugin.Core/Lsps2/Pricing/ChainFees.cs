using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Lsps2.Pricing;

/// <summary>What the chain asks for now.</summary>
/// <param name="Opening">For a funding transaction.</param>
/// <param name="Closing">For closing a channel together; what a close will really cost, nobody knows yet.</param>
public sealed record ChainFees(FeeratePerKw Opening, FeeratePerKw Closing)
{
    /// <summary>Two native segwit inputs, the channel's output, change: version and counts 42, inputs 2 x 272, outputs 2 x 172.</summary>
    private const ulong OpeningWeight = 930;

    /// <summary>The channel's output spent by both, two outputs: 42 + 386 + 2 x 172.</summary>
    private const ulong ClosingWeight = 772;

    /// <summary>What it costs the provider to open a channel and, one day, to close it.</summary>
    public Sat CostOfChannel() => new(DivCeil(checked((OpeningWeight * Opening.Value) + (ClosingWeight * Closing.Value)), 1000));

    /// <summary>The part of it that is due at the end.</summary>
    public Sat CostOfClosing() => new(DivCeil(checked(ClosingWeight * Closing.Value), 1000));

    private static ulong DivCeil(ulong value, ulong by) => (value / by) + (value % by == 0 ? 0UL : 1UL);
}
