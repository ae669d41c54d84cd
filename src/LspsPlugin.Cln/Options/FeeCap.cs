using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Options;

/// <summary>The highest opening fee that the user accepts.</summary>
/// <param name="Most">As an amount; null for no limit.</param>
/// <param name="Percent">Percentage of the payment; null for no limit.</param>
internal sealed record FeeCap(Msat? Most, uint? Percent)
{
    /// <summary>Returns why the fee for a payment is too high; null if it is not.</summary>
    public string? GetRejection(Msat fee, Msat payment)
    {
        if (Most is { } most && fee > most) return $"its fee of {fee} for a payment of {payment} is more than the {most} that you allow";
        if (Percent is { } percent && (UInt128)fee.Value * 100 > (UInt128)payment.Value * percent) return $"its fee of {fee} is more than the {percent} % of {payment} that you allow";
        return null;
    }
}
