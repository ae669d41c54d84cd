using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Lsps2;

/// <summary>The price of a JIT channel as the provider promised it (bLIP-52 opening_fee_params).</summary>
/// <param name="MinFee">The least that an opening costs.</param>
/// <param name="Proportional">What it costs beyond, of the payment size.</param>
/// <param name="ValidUntil">The promise ends here.</param>
/// <param name="MinLifetime">For how many blocks after confirmation the provider keeps the channel (R52-12).</param>
/// <param name="MaxClientToSelfDelay">The longest to_self_delay that the client may impose (R52-64).</param>
/// <param name="MinPaymentSize">Inclusive.</param>
/// <param name="MaxPaymentSize">Inclusive.</param>
/// <param name="Promise">Proves to the provider that it made this offer; opaque to everybody else (R52-20), at most 512 bytes.</param>
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
    /// <summary>valid_until as the provider wrote it, when that is not the form of R50-56: what is bought goes back verbatim (R52-27).</summary>
    public string? ValidUntilText { get; init; }
}

/// <summary>The opening fee of a payment (R52-22).</summary>
public static class OpeningFee
{
    /// <summary>
    /// The larger of the minimum and the proportional fee, the latter rounded up; false when a step does not fit in 64 bits (R52-23,
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
