using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Sessions.Phases;

/// <summary>What is different where the LSP trusts the client: the funding goes out first, and a failed payment leaves its channel.</summary>
internal static class TrustedFunding
{
    /// <summary>
    /// The next step on the way to the chain; null when there is none, or no reason for one yet. Nothing is signed before the whole payment
    /// is held again: a restart brings the parts back one by one.
    /// </summary>
    public static NodeAction? Next(SessionTerms terms, AwaitingChannelReady s) => s.Sent switch
    {
        null => !terms.Offer.ClientTrustsLsp && Intake.IsComplete(terms, s.Parts) ? new SignFunding(s.Plan) : null,
        { Out: false } sent => new BroadcastFunding(s.Plan, sent.SignedPsbt),
        _ => null,
    };

    /// <summary>Whether parts may go out over the channel.</summary>
    public static bool MayForward(SessionTerms terms, AwaitingChannelReady s) => terms.Offer.ClientTrustsLsp || s.Sent is { Out: true };

    /// <summary>What the chain daemon said of a funding that it was given.</summary>
    public static SentFunding Told(SentFunding sent, SessionInput input) => input is FundingConfirmed confirmed
        ? sent with { Out = true, Buried = sent.Buried || ConfirmingPhase.IsBuried(confirmed.Depth) }
        : sent with { Out = true };

    /// <summary>Sends the funding again with each block until it is buried: nobody else does it.</summary>
    public static Transition Keep(Transition t, FundingPlan plan, SentFunding? sent) =>
        sent is { Buried: false } ? t.Do(new BroadcastFunding(plan, sent.SignedPsbt)) : t;

    /// <summary>The payment came to nothing and the channel stays: whoever pays before valid_until gets it, at the promised fee.</summary>
    public static Transition Wait(SessionTerms terms, ValueList<Part> held, Msat fee, FundingPlan plan, SentFunding sent, FailureReason reason) => Failing.FailHeld(
        Transition.To(
            new AwaitingChannelReady(Parts: [], fee, plan, Normal: false, Facts: null, sent), new StartDeadline(SessionTimer.Offer, terms.Offer.ValidUntil)),
        held,
        reason);

    /// <summary>A payment with another hash goes on where the earlier one stopped.</summary>
    public static Transition TakeOver(SessionTerms terms, ValueList<Part> parts, Msat fee, IdleChannel idle) =>
        Begin(terms, new AwaitingChannelReady(parts, fee, idle.Plan, Normal: false, Facts: null, idle.Sent));

    /// <summary>The first part for a channel that waited: what is known of the channel is old.</summary>
    public static Transition Begin(SessionTerms terms, AwaitingChannelReady s)
    {
        Transition t = Transition.To(
            s,
            new StartTimer(SessionTimer.Collect, terms.Limits.CollectTimeout),
            new StartTimer(SessionTimer.ChannelReady, terms.Limits.ConfirmationWait),
            new PrepareChannel(s.Plan.Channel));
        return Keep(t, s.Plan, s.Sent);
    }

    /// <summary>Nobody paid. The funding is seen through to the chain, the channel gets its normal fees, and the loss is counted.</summary>
    public static Transition End(ValueList<Part> held, ValueList<Forward> forwards, Msat fee, FundingPlan plan, SentFunding sent, FailureReason reason)
    {
        var unpaid = new Confirming(forwards, fee, plan, Preimage: null, sent.SignedPsbt, sent.Buried, Unpaid: true);
        return Keep(Failing.FailHeld(Transition.To(unpaid, new RestoreFees(plan.Channel)), held, reason), plan, sent)
            .Tell(new ChannelUnpaid(plan.Channel, plan.Cost));
    }
}
