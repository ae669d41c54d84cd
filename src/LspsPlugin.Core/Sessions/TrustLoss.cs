using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Sessions;

/// <summary>What a channel that was opened on trust costs beyond what was paid for it.</summary>
public static class TrustLoss
{
    /// <summary>Zero while its payment may still come, and where it was paid for.</summary>
    public static Sat Of(Offer offer, SavedState state)
    {
        if (state.Plan is not { } plan) return default;
        if (state.Reason == FailureReason.NeverPaid) return plan.Cost;
        if (offer.ClientTrustsLsp || state.Phase is not (Phase.Broadcasting or Phase.Confirming or Phase.Ended)) return default;

        // The client took a part of the payment and failed those that bore the fee.
        Msat missing = FeeAllocation.Missing(state.Forwards, state.Fee), cost = plan.Cost.ToMsat();
        Msat earned = state.Fee - missing;
        return missing == Msat.Zero || cost <= earned ? default : (cost - earned).ToSatCeil();
    }
}
