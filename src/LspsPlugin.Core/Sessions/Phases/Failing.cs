using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Sessions.Phases;

/// <summary>The ways out of an attempt that does not succeed.</summary>
internal static class Failing
{
    /// <summary>Nothing was started on the node: the attempt is over at once.</summary>
    public static Transition End(ValueList<Part> parts, Msat fee, FailureReason reason)
    {
        Outcome outcome = reason == FailureReason.OfferExpired ? Outcome.Timeout : Outcome.Failed;
        var ended = new Ended(outcome, reason, Plan: null, Forwards: [], fee, Preimage: null);
        return FailHeld(Transition.To(ended), parts, reason).Tell(new SessionEnded(outcome, reason));
    }

    /// <summary>
    /// Held parts are failed now; what was started on the node is released before the attempt is over. While an effect is
    /// <paramref name="inFlight"/> its outcome is awaited first, because it decides what there is to release.
    /// </summary>
    public static Transition Unwind(
        ValueList<Part> parts, Msat fee, FailureReason reason, FundingPlan? plan, bool inFlight, bool channelExisted = false)
    {
        var unwinding = new Unwinding(reason, plan, inFlight, fee, Held: [], Forwards: [], channelExisted);
        Transition t = FailHeld(Transition.To(unwinding), parts, reason);
        return inFlight ? t : t.Do(new Release(plan));
    }

    /// <summary>What a refused step means for the payer.</summary>
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
