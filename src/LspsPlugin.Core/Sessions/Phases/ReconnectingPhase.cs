using LspsPlugin.Core.Funding;

namespace LspsPlugin.Core.Sessions.Phases;

/// <summary>
/// The forwards are decided and the channel is not usable: parts that the node replays wait until it is. Other parts are failed, because it is unknown
/// which fee they must carry.
/// </summary>
internal static class ReconnectingPhase
{
    public static Transition On(SessionTerms terms, Reconnecting s, SessionInput input) => input.Kind switch
    {
        InputKind.PartArrived => OnPart(terms, s, (PartArrived)input),
        InputKind.PartOffered => Transition.To(s with { Forwards = s.Forwards.MarkOffered(((PartOffered)input).Htlc) }),
        InputKind.PartSettled => Settlement.OnSettled(terms, s, (PartSettled)input),
        InputKind.PartFailed => Settlement.OnFailed(terms, s, (PartFailed)input),
        InputKind.ForwardsSeen => Settlement.OnSeen(terms, s, (ForwardsSeen)input),
        InputKind.FundingBroadcast or InputKind.FundingConfirmed or InputKind.BroadcastFailed => Settlement.OnFunding(s, input),
        InputKind.ChannelClosed or InputKind.FundingAbsent => Settlement.OnClosed(s),
        InputKind.OpeningFailed => Settlement.Retry(s, (OpeningFailed)input),
        InputKind.TimerFired => Settlement.OnTimer(s, (TimerFired)input),
        InputKind.ChannelReady => SendReplayed(s),
        InputKind.ChannelPending => Transition.To(s, new StartTimer(SessionTimer.Retry, Settlement.LookAgain)),
        InputKind.ChannelNormal or InputKind.ClientConnected => Settlement.LookAtAll(s),
        InputKind.BlockAdded => OnBlock(terms, s, (BlockAdded)input),

        InputKind.ChannelFound or InputKind.OpeningStarted or InputKind.FundingPlanned or InputKind.InputsReserved or InputKind.ChannelSecured =>
            Transition.Ignore(s, input, "the channel exists"),
        InputKind.FundingSigned => Transition.Ignore(s, input, "the signature is saved already, or not needed yet"),
        InputKind.FeesRestored or InputKind.RestoreFailed or InputKind.Released or InputKind.ReleaseFailed or InputKind.LossBorne or InputKind.LossRefused =>
            Transition.Ignore(s, input, "this was not requested yet"),
        InputKind.SaveFailed => Transition.Ignore(s, input, "the saved record is still valid; the save is retried"),
        InputKind.Displaced => Transition.Ignore(s, input, "the payment is complete"),
        InputKind.Cancelled => Transition.Ignore(s, input, "the client has the parts"),
    };

    private static Transition OnPart(SessionTerms terms, Reconnecting s, PartArrived arrived)
    {
        Part part = arrived.Part;
        if (s.Replayed.Holds(part.Htlc)) return Transition.Ignore(s, arrived, "the node replayed a part that we hold");
        if (s.Forwards.LocateExactly(part.Htlc) is { } decided)
        {
            return decided.IsOpen ? Transition.To(s with { Replayed = s.Replayed.Add(part) }) : PartIntake.RefusePart(s, part, FailureReason.PaymentRejected);
        }

        return PartIntake.RefusePart(s, part, Settlement.GetLateRejection(terms, s, arrived) ?? FailureReason.ChannelNotReady);
    }

    /// <summary>
    /// Fails the parts that wait here and are about to expire; the node watches the expiry of forwarded HTLCs itself. The status of all parts is also
    /// looked up with each block, because a notification may have been lost.
    /// </summary>
    private static Transition OnBlock(SessionTerms terms, Reconnecting s, BlockAdded block)
    {
        if (!s.Replayed.ExpireWithin(block.Height, terms.Limits.CltvSafety)) return TrustedFunding.Keep(Transition.To(s, Settlement.Look(s)), s.Plan, s.Sent);
        ValueList<Forward> forwards = s.Forwards;
        foreach (Part part in s.Replayed) forwards = forwards.Mark(part.Htlc, ForwardStatus.Failed);
        Transition t = Settlement.Weigh(terms, s with { Forwards = forwards, Replayed = [] });
        if (t.Next is Forwarded next) t = t.Do(Settlement.Look(next));
        return TrustedFunding.Keep(Failing.FailHeld(t, s.Replayed, FailureReason.CltvTooClose), s.Plan, s.Sent);
    }

    /// <summary>The channel is usable: the forwards that were saved are answered again.</summary>
    private static Transition SendReplayed(Reconnecting s)
    {
        ValueList<Forward> waiting = Settlement.Waiting(s);
        var next = new AwaitingSettlement(s.Forwards, s.Fee, s.Plan, s.Alias, s.Overdue, s.Sent, s.Preimage);
        return waiting.Count == 0 ? Transition.To(next) : Transition.To(next, new ForwardParts(s.Plan.Channel, waiting), Listing.Timer);
    }
}
