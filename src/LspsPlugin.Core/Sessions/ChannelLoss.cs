using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Sessions;

/// <summary>Computes what a channel costs the operator beyond what was paid for it, in either trust model.</summary>
public static class ChannelLoss
{
    /// <summary>
    /// Returns the loss of a session, rounded up to whole satoshi. Zero while the payment may still arrive, and if the channel was paid for.
    /// </summary>
    public static Sat Of(SavedState state)
    {
        if (state.Plan is not { } plan) return default;
        if (state.Reason == FailureReason.NeverPaid) return plan.Cost;
        if (state.Phase is not (Phase.Broadcasting or Phase.Confirming or Phase.Ended) || state.Outcome is Outcome.Failed or Outcome.Abandoned) return default;

        // The client settled some parts and failed those that carried the fee; or it has a balance in the channel, and it is unknown which HTLC it
        // came from.
        bool isUnexplained = state.Preimage is null && state.Forwards.Count == 0;
        return isUnexplained || FeeAllocation.Missing(state.Forwards, state.Fee) > Msat.Zero ? Of(plan, state.Forwards, state.Fee) : default;
    }

    /// <summary>Returns the loss of a funding that is being sent or was sent, if the client fails all parts that it has not decided yet.</summary>
    public static Sat AtRisk(SavedState state) => state.Plan is { } plan && state.Forwards.Any(static f => f.IsFeeOpen) && FeeAllocation.Unearned(state.Forwards, state.Fee) > Msat.Zero
        ? Of(plan, state.Forwards, state.Fee)
        : Of(state);

    /// <summary>Returns the loss if the funding is sent although the fee was not earned.</summary>
    public static Sat Of(Underpaid s) => Of(s.Plan, s.Forwards, s.Fee);

    private static Sat Of(FundingPlan plan, ValueList<Forward> forwards, Msat fee)
    {
        Msat cost = plan.Cost.ToMsat(), earned = fee - FeeAllocation.Unearned(forwards, fee);
        return cost <= earned ? default : (cost - earned).ToSatCeil();
    }
}
