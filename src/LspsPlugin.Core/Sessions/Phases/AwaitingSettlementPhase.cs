using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Sessions.Phases;

/// <summary>The parts were forwarded to the client, over a usable channel.</summary>
internal static class AwaitingSettlementPhase
{
    public static Transition On(SessionTerms terms, AwaitingSettlement s, SessionInput input) => input.Kind switch
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
        InputKind.ChannelReady or InputKind.ChannelPending => Transition.To(s),
        InputKind.ChannelNormal or InputKind.ClientConnected => Transition.Ignore(s, input, "the parts are forwarded"),

        // A notification may have been lost. The node watches the expiry of forwarded HTLCs itself.
        InputKind.BlockAdded => TrustedFunding.Keep(Transition.To(s, Settlement.Look(s)), s.Plan, s.Sent),

        InputKind.ChannelFound or InputKind.OpeningStarted or InputKind.FundingPlanned or InputKind.InputsReserved or InputKind.ChannelSecured =>
            Transition.Ignore(s, input, "the channel exists"),
        InputKind.FundingSigned => Transition.Ignore(s, input, "the signature is saved already, or not needed yet"),
        InputKind.FeesRestored or InputKind.RestoreFailed or InputKind.Released or InputKind.ReleaseFailed or InputKind.LossBorne or InputKind.LossRefused =>
            Transition.Ignore(s, input, "this was not requested yet"),
        InputKind.SaveFailed => Transition.Ignore(s, input, "the saved record is still valid; the save is retried"),
        InputKind.Displaced => Transition.Ignore(s, input, "the payment is complete"),
        InputKind.Cancelled => Transition.Ignore(s, input, "the client has the parts"),
    };

    private static Transition OnPart(SessionTerms terms, AwaitingSettlement s, PartArrived arrived)
    {
        Part part = arrived.Part;
        if (s.Forwards.LocateExactly(part.Htlc) is { } decided)
        {
            // The forward was saved, but the node did not get the answer: give the same answer again.
            return decided.IsOpen
                ? Transition.To(s, new ForwardParts(s.Plan.Channel, [decided]), Listing.Timer)
                : PartIntake.RefusePart(s, part, FailureReason.PaymentRejected);
        }

        if (Settlement.GetLateRejection(terms, s, arrived) is { } refused) return PartIntake.RefusePart(s, part, refused);

        // Only listed parts certainly carry their fee. While any part is unlisted, the fee that another part must carry is unknown.
        if (Settlement.IsAnyLost(s)) return PartIntake.RefusePart(s, part, FailureReason.ChannelNotReady).Do(Settlement.Look(s));

        // A late part must carry the fee of failed parts, and no more (M6); it is failed if it cannot.
        Msat owed = FeeAllocation.Owed(s.Forwards, s.Fee);
        if (part.Amount <= owed) return PartIntake.RefusePart(s, part, FailureReason.FeeOutstanding);
        var late = new Forward(part.Htlc, part.Amount - owed, owed);
        return Transition
            .To(s with { Forwards = s.Forwards.Add(late) }, new ForwardParts(s.Plan.Channel, [late]), Listing.Timer)
            .Tell(new PartsForwarded(s.Plan.Channel, [late]));
    }
}
