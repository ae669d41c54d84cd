using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Sessions.Phases;

/// <summary>The differences where the LSP trusts the client: the funding is sent first, and the channel stays if the payment fails.</summary>
internal static class TrustedFunding
{
    /// <summary>
    /// Returns the next action towards the broadcast; null when there is none now. Nothing is signed before the whole payment is held again, as parts
    /// are replayed one by one after a restart.
    /// </summary>
    public static NodeAction? Next(SessionTerms terms, AwaitingChannelReady s) => s.Sent switch
    {
        null => !terms.Offer.ClientTrustsLsp && PartIntake.IsComplete(terms, s.Parts) ? new SignFunding(s.Plan) : null,
        { Out: false } sent => new BroadcastFunding(s.Plan, sent.SignedPsbt),
        _ => null,
    };

    /// <summary>Whether parts may be forwarded over the channel.</summary>
    public static bool MayForward(SessionTerms terms, AwaitingChannelReady s) => terms.Offer.ClientTrustsLsp || s.Sent is { Out: true };

    /// <summary>Updates the funding's state from bitcoind's answer.</summary>
    public static SentFunding Told(SentFunding sent, SessionInput input) => input is FundingConfirmed confirmed
        ? sent with { Out = true, Buried = sent.Buried || ConfirmingPhase.IsBuried(confirmed.Depth) }
        : sent with { Out = true };

    /// <summary>Sends the funding again with each block until it is buried, because the node does not rebroadcast it.</summary>
    public static Transition Keep(Transition t, FundingPlan plan, SentFunding? sent) =>
        sent is { Buried: false } ? t.Do(new BroadcastFunding(plan, sent.SignedPsbt)) : t;

    /// <summary>The payment failed and the channel stays: it is for the next payment before valid_until, at the promised fee.</summary>
    public static Transition Wait(SessionTerms terms, ValueList<Part> held, Msat fee, FundingPlan plan, SentFunding sent, FailureReason reason) => Failing.FailHeld(
        Transition.To(
            new AwaitingChannelReady(Parts: [], fee, plan, Normal: false, Facts: null, sent), new StartDeadline(SessionTimer.Offer, terms.Offer.ValidUntil)),
        held,
        reason);

    /// <summary>Continues a channel of an earlier payment with a payment that has another hash.</summary>
    public static Transition TakeOver(SessionTerms terms, ValueList<Part> parts, Msat fee, IdleChannel idle) =>
        Begin(terms, new AwaitingChannelReady(parts, fee, idle.Plan, Normal: false, Facts: null, idle.Sent));

    /// <summary>Handles the first part for a waiting channel: the channel's data is outdated and must be read again.</summary>
    public static Transition Begin(SessionTerms terms, AwaitingChannelReady s)
    {
        Transition t = Transition.To(
            s,
            new StartTimer(SessionTimer.Collect, terms.Limits.CollectTimeout),
            new StartTimer(SessionTimer.ChannelReady, terms.Limits.ConfirmationWait),
            new PrepareChannel(s.Plan.Channel));
        return Keep(t, s.Plan, s.Sent);
    }

    /// <summary>
    /// Ends a channel that nobody paid for: the funding is still confirmed, the channel gets its normal fees, and the loss is counted.
    /// </summary>
    public static Transition End(ValueList<Part> held, ValueList<Forward> forwards, Msat fee, FundingPlan plan, SentFunding sent, FailureReason reason)
    {
        var unpaid = new Confirming(forwards, fee, plan, Preimage: null, sent.SignedPsbt, sent.Buried, Unpaid: true);
        return Keep(Failing.FailHeld(Transition.To(unpaid, new RestoreFees(plan.Channel)), held, reason), plan, sent)
            .Tell(new ChannelUnpaid(plan.Channel, plan.Cost));
    }
}
