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

    /// <summary>
    /// Fails the held parts and releases what was started on the node. While a call is <paramref name="inFlight"/>, its outcome is awaited first,
    /// because it determines what must be released.
    /// </summary>
    public static Transition Unwind(
        ValueList<Part> parts, Msat fee, FailureReason reason, FundingPlan? plan, bool inFlight, bool channelExisted = false)
    {
        var unwinding = new Unwinding(reason, plan, inFlight, fee, Held: [], Forwards: [], channelExisted);
        Transition t = FailHeld(Transition.To(unwinding), parts, reason);
        return inFlight ? t : t.Do(new Release(plan));
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
