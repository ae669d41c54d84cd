using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Wallet;

/// <summary>The most that the user pays for an opening.</summary>
/// <param name="Most">Null for any fee.</param>
/// <param name="Percent">Of the payment; null for any share.</param>
public sealed record FeeCap(Msat? Most, uint? Percent)
{
    /// <summary>Why a fee for a payment is too high; null when it is not.</summary>
    public string? Refuse(Msat fee, Msat payment)
    {
        if (Most is { } most && fee > most) return $"its fee of {fee} for a payment of {payment} is more than the {most} that you allow";
        if (Percent is { } percent && (UInt128)fee.Value * 100 > (UInt128)payment.Value * percent) return $"its fee of {fee} is more than the {percent} % of {payment} that you allow";
        return null;
    }
}
