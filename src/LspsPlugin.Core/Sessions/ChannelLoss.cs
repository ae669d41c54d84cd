using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Sessions;

/// <summary>What a channel costs the operator beyond what was paid for it, whoever trusted whom.</summary>
public static class ChannelLoss
{
    /// <summary>Zero while its payment may still come, and where it was paid for.</summary>
    /// <param name="isOpen">Whether what the client has not decided counts as lost, until it has.</param>
    public static Sat Of(SavedState state, bool isOpen = false)
    {
        if (state.Plan is not { } plan) return default;
        if (state.Reason == FailureReason.NeverPaid) return plan.Cost;
        if (state.Phase is not (Phase.Broadcasting or Phase.Confirming or Phase.Ended) || state.Outcome is Outcome.Failed or Outcome.Abandoned) return default;

        // The client took a part of the payment and failed those that bore the fee; or owns a part of the channel, and nobody knows by which HTLC.
        bool isUnexplained = state.Preimage is null && state.Forwards.Count == 0;
        return isOpen || isUnexplained || FeeAllocation.Missing(state.Forwards, state.Fee) > Msat.Zero ? Of(plan, state.Forwards, state.Fee) : default;
    }

    /// <summary>What is lost when the funding goes out although the fee was not earned.</summary>
    public static Sat Of(Underpaid s) => Of(s.Plan, s.Forwards, s.Fee);

    private static Sat Of(FundingPlan plan, ValueList<Forward> forwards, Msat fee)
    {
        Msat cost = plan.Cost.ToMsat(), earned = fee - FeeAllocation.Unearned(forwards, fee);
        return cost <= earned ? default : (cost - earned).ToSatCeil();
    }
}
