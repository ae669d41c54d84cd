using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Sessions;

/// <summary>What a channel costs the operator beyond what was paid for it, whoever trusted whom.</summary>
public static class ChannelLoss
{
    /// <summary>Zero while its payment may still come, and where it was paid for.</summary>
    public static Sat Of(SavedState state)
    {
        if (state.Plan is not { } plan) return default;
        if (state.Reason == FailureReason.NeverPaid) return plan.Cost;
        if (state.Phase is not (Phase.Broadcasting or Phase.Confirming or Phase.Ended) || state.Outcome is Outcome.Failed or Outcome.Abandoned) return default;

        // The client took a part of the payment and failed those that bore the fee; or owns a part of the channel, and nobody knows by which HTLC.
        bool isUnexplained = state.Preimage is null && state.Forwards.Count == 0;
        return isUnexplained || FeeAllocation.Missing(state.Forwards, state.Fee) > Msat.Zero ? Of(plan, state.Forwards, state.Fee) : default;
    }

    /// <summary>The same of a funding that goes out, or is out, with what is lost if the client fails the parts that it has not decided.</summary>
    public static Sat AtRisk(SavedState state) => state.Plan is { } plan && state.Forwards.Any(static f => f.IsFeeOpen) && FeeAllocation.Unearned(state.Forwards, state.Fee) > Msat.Zero
        ? Of(plan, state.Forwards, state.Fee)
        : Of(state);

    /// <summary>What is lost when the funding goes out although the fee was not earned.</summary>
    public static Sat Of(Underpaid s) => Of(s.Plan, s.Forwards, s.Fee);

    private static Sat Of(FundingPlan plan, ValueList<Forward> forwards, Msat fee)
    {
        Msat cost = plan.Cost.ToMsat(), earned = fee - FeeAllocation.Unearned(forwards, fee);
        return cost <= earned ? default : (cost - earned).ToSatCeil();
    }
}
