using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Sessions.Phases;

/// <summary>
/// The client settled parts that carry less than the opening fee, and all other parts failed. The client chooses which parts it settles, so the
/// funding is sent only for the whole fee: until the offer ends, another part of the payment can pay the rest. After that the operator bears the loss
/// as soon as the loss limits allow it. Until then the channel stays withheld, because the client has a balance in it.
/// </summary>
internal static class UnderpaidPhase
{
    public static Transition On(SessionTerms terms, Underpaid s, SessionInput input) => input.Kind switch
    {
        InputKind.PartArrived => OnPart(terms, s, (PartArrived)input),
        InputKind.PartSettled => OnSettled(s, (PartSettled)input),
        InputKind.ForwardsSeen => OnSeen(s, (ForwardsSeen)input),
        InputKind.PartFailed => OnFailed(s, (PartFailed)input),
        InputKind.PartOffered => Transition.To(s with { Forwards = s.Forwards.MarkOffered(((PartOffered)input).Htlc) }),
        InputKind.BlockAdded => s.OfferOver ? Transition.To(s, Look(s), Bear(s)) : Transition.To(s, Look(s)),
        InputKind.TimerFired => ((TimerFired)input).Timer == SessionTimer.Offer
            ? Transition.To(s with { OfferOver = true }, Bear(s))
            : Transition.Ignore(s, input, "no part of the payment is in progress"),
        InputKind.LossBorne => Borne(s),
        InputKind.LossRefused => Transition.Ignore(s, input, "requested again with the next block"),
        InputKind.ChannelClosed => Transition.To(s, Look(s)),
        InputKind.FundingAbsent => Forfeit(s),

        InputKind.OpeningFailed => Transition.Ignore(s, input, "retried with the next block"),
        InputKind.ClientConnected or InputKind.ChannelNormal or InputKind.ChannelPending or InputKind.ChannelReady =>
            Transition.Ignore(s, input, "no part waits for the channel"),
        InputKind.ChannelFound or InputKind.OpeningStarted or InputKind.FundingPlanned or InputKind.InputsReserved or InputKind.ChannelSecured =>
            Transition.Ignore(s, input, "the channel exists"),
        InputKind.FundingSigned or InputKind.FundingBroadcast or InputKind.BroadcastFailed or InputKind.FundingConfirmed =>
            Transition.Ignore(s, input, "the funding is withheld"),
        InputKind.FeesRestored or InputKind.RestoreFailed or InputKind.Released or InputKind.ReleaseFailed =>
            Transition.Ignore(s, input, "this was not requested yet"),
        InputKind.Displaced => Transition.Ignore(s, input, "this payment already holds the offer"),
        InputKind.Cancelled => Transition.Ignore(s, input, "the client settled a part"),
        InputKind.SaveFailed => Transition.Ignore(s, input, "the saved record is still valid; the save is retried"),
    };

    /// <summary>Enters the phase when every part is decided; the rest of the fee may still be paid.</summary>
    public static Transition Begin(SessionTerms terms, Underpaid s) => Tell(Transition.To(s, new StartDeadline(SessionTimer.Offer, terms.Offer.ValidUntil)), s);

    /// <summary>Enters the phase, or stays in it, when the offer is over.</summary>
    public static Transition Late(Underpaid s) => Tell(Transition.To(s, Bear(s)), s);

    public static CheckForwards Look(Underpaid s) => new(s.Plan.Channel, s.Alias, s.Plan, s.Forwards.Keys());

    private static Transition Tell(Transition t, Underpaid s)
    {
        ulong forwarded = s.Forwards.Where(static f => f.Status == ForwardStatus.Settled).Aggregate(0UL, static (sum, f) => sum + f.Amount.Value);
        return t.Tell(new ChannelUnderpaid(s.Plan.Channel, new Msat(forwarded), FeeAllocation.Unearned(s.Forwards, s.Fee)));
    }

    /// <summary>Handles another part of the payment: it must carry the missing fee, or it is failed.</summary>
    private static Transition OnPart(SessionTerms terms, Underpaid s, PartArrived arrived)
    {
        Part part = arrived.Part;
        if (s.Forwards.LocateExactly(part.Htlc) is not null)
        {
            // It was never forwarded and is failed now; nobody else reports that.
            return PartIntake.RefusePart(s with { Forwards = s.Forwards.Mark(part.Htlc, ForwardStatus.Failed) }, part, FailureReason.PaymentRejected);
        }

        if (s.OfferOver) return PartIntake.RefusePart(s, part, FailureReason.OfferExpired);
        if (PartIntake.GetRejection(terms, arrived) is { } refused) return PartIntake.RefusePart(s, part, refused);
        if (s.Forwards.Count >= terms.Limits.MaxParts) return PartIntake.RefusePart(s, part, FailureReason.TooManyParts);
        if (terms.Offer.PaymentSize is null) return PartIntake.RefusePart(s, part, FailureReason.OneHtlcOnly);
        Msat missing = FeeAllocation.Unearned(s.Forwards, s.Fee);
        if (part.Amount <= missing) return PartIntake.RefusePart(s, part, FailureReason.FeeOutstanding);

        // It is forwarded like a replayed part: the decision is saved first, and it is sent once the channel is known to be usable.
        var late = new Forward(part.Htlc, part.Amount - missing, missing);
        var waiting = new Reconnecting(s.Forwards.Add(late), s.Fee, s.Plan, Replayed: [part], s.Alias, Preimage: s.Preimage);
        return Transition.To(waiting, new PrepareChannel(s.Plan.Channel)).Tell(new PartsForwarded(s.Plan.Channel, [late]));
    }

    private static Transition OnSettled(Underpaid s, PartSettled settled) => s.Forwards.LocateExactly(settled.Htlc) is not null
        ? Weigh(s with { Preimage = s.Preimage ?? settled.Preimage, Forwards = s.Forwards.Mark(settled.Htlc, ForwardStatus.Settled) })
        : Listing.LookUp(s, s.Forwards, settled, settled.Htlc, Look(s));

    private static Transition OnFailed(Underpaid s, PartFailed failed) => s.Forwards.LocateExactly(failed.Htlc) is not null
        ? Transition.To(s with { Forwards = s.Forwards.Mark(failed.Htlc, ForwardStatus.Failed) })
        : Listing.LookUp(s, s.Forwards, failed, failed.Htlc, Look(s));

    private static Transition OnSeen(Underpaid s, ForwardsSeen seen) =>
        seen.ChannelExists ? Weigh(s with { Forwards = s.Forwards.Mark(seen) }) : Forfeit(s);

    private static Transition Weigh(Underpaid s) => FeeAllocation.Unearned(s.Forwards, s.Fee) == Msat.Zero ? Fund(s) : Transition.To(s);

    private static Transition Borne(Underpaid s) => s.OfferOver
        ? Fund(s).Tell(new UnderpaidFunded(s.Plan.Channel, ChannelLoss.Of(s)))
        : Transition.To(s);

    private static Transition Fund(Underpaid s) => Transition.To(new Broadcasting(s.Forwards, s.Fee, s.Plan, s.Preimage), new SignFunding(s.Plan)).Tell(Settlement.Claim(s.Forwards));

    private static BearLoss Bear(Underpaid s) => new(s.Plan, ChannelLoss.Of(s));

    /// <summary>The channel was closed by the client or the operator: there is nothing left to fund.</summary>
    private static Transition Forfeit(Underpaid s) => Failing.Release(FailureReason.ChannelForfeited, s.Plan, s.Fee, s.Forwards);
}
