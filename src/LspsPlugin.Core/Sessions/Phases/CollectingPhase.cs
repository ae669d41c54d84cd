using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2;

namespace LspsPlugin.Core.Sessions.Phases;

/// <summary>Holds parts until they add up to the payment or must be failed.</summary>
internal static class CollectingPhase
{
    public static Transition On(SessionTerms terms, Collecting s, SessionInput input) => input.Kind switch
    {
        InputKind.PartArrived => OnPart(terms, s, (PartArrived)input),
        InputKind.TimerFired => OnTimer(s, (TimerFired)input),
        InputKind.BlockAdded => OnBlock(terms, s, ((BlockAdded)input).Height),

        InputKind.ClientConnected => Transition.Ignore(s, input, "the payment is not complete"),
        InputKind.ChannelFound or InputKind.OpeningStarted or InputKind.OpeningFailed or InputKind.FundingPlanned or InputKind.InputsReserved
            or InputKind.ChannelSecured or InputKind.FundingAbsent or InputKind.ChannelNormal or InputKind.ChannelPending
            or InputKind.ChannelReady or InputKind.ChannelClosed => Transition.Ignore(s, input, "no channel is being opened"),
        InputKind.PartOffered or InputKind.PartSettled or InputKind.PartFailed or InputKind.ForwardsSeen => Transition.Ignore(s, input, "nothing was forwarded"),
        InputKind.FundingSigned or InputKind.FundingBroadcast or InputKind.BroadcastFailed or InputKind.FundingConfirmed or InputKind.FeesRestored
            or InputKind.RestoreFailed or InputKind.Released or InputKind.ReleaseFailed or InputKind.LossBorne or InputKind.LossRefused => Transition.Ignore(s, input, "there is no channel"),
        InputKind.SaveFailed => Transition.Ignore(s, input, "the Collecting phase is not saved"),
        InputKind.Displaced => Failing.End(s.Parts, Msat.Zero, FailureReason.Displaced),
        InputKind.Cancelled => Failing.End(s.Parts, Msat.Zero, FailureReason.Cancelled),
    };

    /// <summary>Continues with parts that are already held, after the remains of an earlier attempt were released following a restart.</summary>
    public static Transition Resume(SessionTerms terms, ValueList<Part> held)
    {
        Transition t = PartIntake.IsComplete(terms, held) ? Complete(terms, held) : Transition.To(new Collecting(held));

        // The collect timeout runs since the first of them arrived.
        return t with { Actions = [Deadline(terms), .. t.Actions] };
    }

    private static Transition OnPart(SessionTerms terms, Collecting s, PartArrived arrived)
    {
        Part part = arrived.Part;
        if (s.Parts.Holds(part.Htlc)) return Transition.Ignore(s, arrived, "the node replayed a part that we hold");
        if (PartIntake.GetRejection(terms, arrived) is { } refused) return Refuse(s, part, refused);

        ValueList<Part> parts = s.Parts.Add(part);
        if (terms.Offer.PaymentSize is { } size && PartIntake.ExceedsTwice(parts.Sum(), size)) return Refuse(s, part, FailureReason.Overpaid);

        PartAdded added = PartIntake.Added(part, parts);
        if (PartIntake.IsComplete(terms, parts))
        {
            return (arrived.OfferTaken ? Failing.End(parts, Msat.Zero, FailureReason.OfferTaken) : Complete(terms, parts, arrived)).Tell(added);
        }

        // The payer could complete the payment only with another part, so there is no point in holding these any longer.
        if (parts.Count >= terms.Limits.MaxParts) return Failing.End(parts, Msat.Zero, FailureReason.TooManyParts).Tell(added);

        // Both timers run from the first part; later parts do not extend them (R52-50, R52-54).
        Transition t = Transition.To(new Collecting(parts)).Tell(added);
        return s.Parts.Count == 0 ? t.Do([.. Timers(terms)]) : t;
    }

    /// <summary>
    /// Fails a part. If the session holds no other part it ends; otherwise it would count against the payments per offer for as long as the offer
    /// lives.
    /// </summary>
    private static Transition Refuse(Collecting s, Part part, FailureReason reason) =>
        s.Parts.Count == 0 ? Failing.End([part], Msat.Zero, reason) : PartIntake.RefusePart(s, part, reason);

    /// <summary>Fails only the parts that expire. Anybody can send a part that expires early, and that must not end the payment.</summary>
    private static Transition OnBlock(SessionTerms terms, Collecting s, BlockHeight height)
    {
        ValueList<Part> back = [.. s.Parts.Where(part => part.ExpiresWithin(height, terms.Limits.CltvSafety))];
        if (back.Count == 0) return Transition.To(s);
        if (back.Count == s.Parts.Count) return Failing.End(back, Msat.Zero, FailureReason.CltvTooClose);
        return Failing.FailHeld(Transition.To(new Collecting(s.Parts.Without(back))), back, FailureReason.CltvTooClose);
    }

    /// <summary>
    /// Completes the payment with its last part. Parts held through too many blocks are failed before a channel is opened for them, because the
    /// wallet may have to reject them.
    /// </summary>
    private static Transition Complete(SessionTerms terms, ValueList<Part> parts, PartArrived last)
    {
        ValueList<Part> stale = last.Idle is null ? [.. parts.Where(part => part.IsStale(last.Height))] : [], fresh = parts.Without(stale);
        if (!PartIntake.IsComplete(terms, fresh)) return Failing.End(parts, Msat.Zero, FailureReason.HeldTooLong);
        return Failing.FailHeld(Complete(terms, fresh, last.Idle), stale, FailureReason.HeldTooLong);
    }

    private static Transition Complete(SessionTerms terms, ValueList<Part> parts, IdleChannel? idle = null)
    {
        Offer offer = terms.Offer;
        Msat sum = parts.Sum() ?? new Msat(ulong.MaxValue);
        if (offer.PaymentSize is null && (sum < offer.FeeParams.MinPaymentSize || sum > offer.FeeParams.MaxPaymentSize))
        {
            return Failing.End(parts, Msat.Zero, FailureReason.PaymentSizeOutOfRange);
        }

        // The fee was promised for payment_size: it does not rise when the payer sends more.
        if (!OpeningFee.TryCompute(offer.PaymentSize ?? sum, offer.FeeParams, out Msat fee))
        {
            return Failing.End(parts, Msat.Zero, FailureReason.FeeOverflow);
        }

        // The client's htlc_minimum_msat is known only once the channel exists; until then the minimum is 1 msat.
        if (FeeAllocation.TryAllocate(parts, fee, Msat.One) is null) return Failing.End(parts, fee, FailureReason.FeeNotCovered);

        if (idle is not null) return TrustedFunding.TakeOver(terms, parts, fee, idle);
        return AwaitingChannelPhase.Begin(terms, parts, fee);
    }

    private static Transition OnTimer(Collecting s, TimerFired fired) => fired.Timer switch
    {
        SessionTimer.Collect => Failing.End(s.Parts, Msat.Zero, FailureReason.CollectTimeout),
        SessionTimer.Offer => Failing.End(s.Parts, Msat.Zero, FailureReason.OfferExpired),
        SessionTimer.ClientWait or SessionTimer.ChannelReady or SessionTimer.Retry or SessionTimer.Listing =>
            Transition.Ignore(s, fired, "the timer belongs to an earlier attempt"),
    };

    private static SessionAction[] Timers(SessionTerms terms) =>
    [
        new StartTimer(SessionTimer.Collect, terms.Limits.CollectTimeout),
        Deadline(terms),
    ];

    private static StartDeadline Deadline(SessionTerms terms) => new(SessionTimer.Offer, terms.Offer.ValidUntil);
}
