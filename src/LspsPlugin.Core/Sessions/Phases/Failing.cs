using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Sessions.Phases;

/// <summary>Ends an attempt that does not succeed.</summary>
internal static class Failing
{
    /// <summary>Ends an attempt immediately, when nothing was started on the node.</summary>
    public static Transition End(ValueList<Part> parts, Msat fee, FailureReason reason)
    {
        Outcome outcome = reason == FailureReason.OfferExpired ? Outcome.Timeout : Outcome.Failed;
        var ended = new Ended(outcome, reason, Plan: null, Forwards: [], fee, Preimage: null);
        return FailHeld(Transition.To(ended), parts, reason).Tell(new SessionEnded(outcome, reason));
    }

    /// <summary>Fails the held parts; <paramref name="left"/> releases what was started on the node.</summary>
    public static Transition Unwind(ValueList<Part> parts, Msat fee, FailureReason reason, FundingStep left, bool channelExisted = false) =>
        FailHeld(Transition.To(new Unwinding(reason, left.Next, fee, Held: [], Forwards: [], channelExisted)), parts, reason).Do([.. left.Actions]);

    /// <summary>Gives up after parts were forwarded over the channel.</summary>
    public static Transition Release(FailureReason reason, FundingPlan plan, Msat fee, ValueList<Forward> forwards)
    {
        FundingStep left = FundingMachine.Release(plan);
        return Funded.To(new Unwinding(reason, left.Next, fee, Held: [], forwards, ChannelExisted: true), left);
    }

    /// <summary>Returns the failure reason of the payment for a failed step of the opening.</summary>
    public static FailureReason Reason(OpeningFailure failure) => failure switch
    {
        OpeningFailure.ClientOffline => FailureReason.ClientOffline,
        OpeningFailure.ClientDisconnected => FailureReason.ClientDisconnected,
        OpeningFailure.ClientRejected => FailureReason.ClientRejected,
        OpeningFailure.ClientBusy => FailureReason.ClientBusy,
        OpeningFailure.ClientDelayTooLong => FailureReason.ClientDelayTooLong,
        OpeningFailure.ClientLimits => FailureReason.ClientLimits,
        OpeningFailure.NoFunds or OpeningFailure.InputsTaken => FailureReason.NoFunds,
        OpeningFailure.NodeRefused or OpeningFailure.Unknown => FailureReason.NodeRefused,
        OpeningFailure.ChainTooDear => FailureReason.ChainTooDear,
        OpeningFailure.TrustSpent => FailureReason.TrustSpent,
        OpeningFailure.ChannelTooLarge => FailureReason.ChannelTooLarge,
    };

    public static Transition FailHeld(Transition t, ValueList<Part> parts, FailureReason reason) =>
        parts.Count == 0 ? t : t.Do(new FailParts(parts, reason)).Tell(new PartsFailed(parts, reason));
}
