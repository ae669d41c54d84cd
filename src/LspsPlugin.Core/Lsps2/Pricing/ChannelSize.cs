using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Lsps2.Pricing;

/// <summary>The channel size that the operator grants with a purchase.</summary>
/// <param name="ExtraInbound">Inbound capacity for the client in addition to the payment.</param>
/// <param name="ExtraInboundPercent">The same, in percent of the payment.</param>
/// <param name="Floor">The smallest capacity.</param>
/// <param name="Ceiling">The largest capacity; a purchase that needs more is refused.</param>
public sealed record ChannelSize(Sat ExtraInbound, uint ExtraInboundPercent, Sat Floor, Sat Ceiling)
{
    /// <summary>
    /// Returns the capacity for a payment. Reserve and commitment fee are added when the channel is opened and the feerate is known (<see
    /// cref="ChannelSizing"/>, R52-61).
    /// </summary>
    public Sat For(Msat payment)
    {
        ulong carried = payment.ToSatCeil().Value;
        ulong wanted = checked(carried + ExtraInbound.Value + (carried * ExtraInboundPercent / 100));
        return new Sat(Math.Clamp(wanted, Floor.Value, Math.Max(Ceiling.Value, Floor.Value)));
    }

    /// <summary>The largest payment for a channel of the largest capacity, with a tenth of it left for reserve and commitment fee.</summary>
    public Msat LargestPayment => new Sat(Ceiling.Value - (Ceiling.Value / 10)).ToMsat();
}
