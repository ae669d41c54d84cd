namespace LspsPlugin.Durable.Sales;

/// <summary>The operator's limits that apply to all offers and sessions.</summary>
/// <param name="MaxOffers">The maximum number of live offers of all clients.</param>
/// <param name="MaxPaymentsPerOffer">
/// The maximum number of payments that may collect parts for one offer at a time; only one of them opens a channel.
/// </param>
/// <param name="Held">The node resources that payments may occupy; parts beyond that get a temporary failure.</param>
/// <param name="Reputation">The number of failed openings allowed for a client.</param>
/// <param name="Losses">Limits on losses from unpaid channels.</param>
public sealed record RegistryLimits(int MaxOffers, int MaxPaymentsPerOffer, HeldLimits Held, ReputationLimits Reputation, LossLimits Losses)
{
    /// <summary>The default limits.</summary>
    public static RegistryLimits Default { get; } = new(MaxOffers: 5000, MaxPaymentsPerOffer: 4, HeldLimits.Default, ReputationLimits.Default, LossLimits.Default);
}
