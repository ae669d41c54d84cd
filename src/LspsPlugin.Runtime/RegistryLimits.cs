namespace LspsPlugin.Runtime;

/// <param name="MaxOffers">Live offers of all clients together.</param>
/// <param name="MaxPaymentsPerOffer">Payments that may collect for one offer at a time; only one of them opens a channel.</param>
/// <param name="Held">What all payments may occupy of the node; a part beyond is failed as temporary.</param>
/// <param name="Standing">What clients may waste.</param>
/// <param name="Losses">What may be lost on channels that are not paid for.</param>
public sealed record RegistryLimits(int MaxOffers, int MaxPaymentsPerOffer, HeldLimits Held, StandingLimits Standing, LossLimits Losses)
{
    public static RegistryLimits Default { get; } = new(MaxOffers: 5000, MaxPaymentsPerOffer: 4, HeldLimits.Default, StandingLimits.Default, LossLimits.Default);
}
