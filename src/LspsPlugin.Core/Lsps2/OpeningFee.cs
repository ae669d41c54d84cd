using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Lsps2;

/// <summary>The price of a JIT channel as promised by the provider (opening_fee_params of bLIP-52).</summary>
/// <param name="MinFee">The minimum opening fee, in msat.</param>
/// <param name="Proportional">The proportional fee, in parts per million of the payment size.</param>
/// <param name="ValidUntil">The end of the offer, in UTC with milliseconds.</param>
/// <param name="MinLifetime">The number of blocks after confirmation for which the provider keeps the channel (R52-12).</param>
/// <param name="MaxClientToSelfDelay">The longest to_self_delay, in blocks, that the client may impose on the provider (R52-64).</param>
/// <param name="MinPaymentSize">The smallest payment, in msat, inclusive; the payment includes the opening fee.</param>
/// <param name="MaxPaymentSize">The largest payment, in msat, inclusive.</param>
/// <param name="Promise">The provider's proof that it made this offer; opaque to everybody else (R52-20), at most 512 bytes.</param>
public sealed record OpeningFeeParams(
    Msat MinFee,
    Ppm Proportional,
    DateTimeOffset ValidUntil,
    BlockCount MinLifetime,
    BlockCount MaxClientToSelfDelay,
    Msat MinPaymentSize,
    Msat MaxPaymentSize,
    string Promise)
{
    /// <summary>
    /// The original text of valid_until, if it is not in the form of R50-56: the parameters are sent back verbatim when buying (R52-27).
    /// </summary>
    public string? ValidUntilText { get; init; }
}

/// <summary>Computes the opening fee of a payment (R52-22).</summary>
public static class OpeningFee
{
    /// <summary>
    /// Computes the larger of the minimum fee and the proportional fee, the latter rounded up; false when a step does not fit in 64 bits (R52-23,
    /// R52-25, R52-26).
    /// </summary>
    public static bool TryCompute(Msat paymentSize, OpeningFeeParams terms, out Msat fee)
    {
        fee = Msat.Zero;
        ulong size = paymentSize.Value, ppm = terms.Proportional.Value;
        if (ppm != 0 && size > ulong.MaxValue / ppm) return false;
        ulong product = size * ppm;
        if (product > ulong.MaxValue - 999_999) return false;
        ulong proportional = (product + 999_999) / 1_000_000;
        fee = new Msat(Math.Max(proportional, terms.MinFee.Value));
        return true;
    }
}
