using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Lsps2.Pricing;

/// <summary>How large a channel the operator grants with a purchase.</summary>
/// <param name="ExtraInbound">Room for the client to receive more, on top of the payment.</param>
/// <param name="ExtraInboundPercent">The same, of the payment.</param>
/// <param name="Floor">No channel is smaller.</param>
/// <param name="Ceiling">No channel is larger: what needs more is not sold.</param>
public sealed record ChannelSize(Sat ExtraInbound, uint ExtraInboundPercent, Sat Floor, Sat Ceiling)
{
    /// <summary>
    /// The capacity for a payment. What reserve and commitment fee take is added when the channel is opened and the feerate is known
    /// (<see cref="ChannelSizing"/>, R52-61).
    /// </summary>
    public Sat For(Msat payment)
    {
        ulong carried = payment.ToSatCeil().Value;
        ulong wanted = checked(carried + ExtraInbound.Value + (carried * ExtraInboundPercent / 100));
        return new Sat(Math.Clamp(wanted, Floor.Value, Math.Max(Ceiling.Value, Floor.Value)));
    }

    /// <summary>The largest payment that a channel of the ceiling's size carries, with a tenth of it left for reserve and commitment fee.</summary>
    public Msat LargestPayment => new Sat(Ceiling.Value - (Ceiling.Value / 10)).ToMsat();
}
