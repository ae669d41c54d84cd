using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Sessions.Phases;

/// <summary>
/// The parts are with the client. The funding is owed once the parts that it settled bring the whole opening fee; all failed means to release
/// the channel.
/// </summary>
internal static class AwaitingSettlementPhase
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(2);

    public static Transition On(SessionTerms terms, AwaitingSettlement s, SessionInput input) => input.Kind switch
    {
        InputKind.PartArrived => OnPart(terms, s, (PartArrived)input),
        InputKind.PartOffered => Transition.To(s with { Forwards = s.Forwards.MarkOffered(((PartOffered)input).Htlc) }),
        InputKind.PartSettled => OnSettled(terms, s, (PartSettled)input),
        InputKind.PartFailed => OnFailed(terms, s, (PartFailed)input),
        InputKind.ForwardsSeen => OnSeen(terms, s, (ForwardsSeen)input),
        InputKind.FundingBroadcast or InputKind.FundingConfirmed => s.Sent is { } told
            ? Transition.To(s with { Sent = TrustedFunding.Told(told, input) })
            : Transition.Ignore(s, input, "the funding is withheld"),
        InputKind.BroadcastFailed => s.Sent is not null
            ? Transition.To(s).Tell(new BroadcastOverdue(s.Plan.Channel, 1, ((BroadcastFailed)input).Detail))
            : Transition.Ignore(s, input, "the funding is withheld"),
        InputKind.ChannelClosed or InputKind.FundingAbsent => OnClosed(s),
        InputKind.ChannelReady => SendReplayed(s with { Usable = true }),
        InputKind.ChannelNormal or InputKind.ClientConnected => s.Usable
            ? Transition.Ignore(s, input, "the parts are forwarded")
            : LookAtAll(s),
        InputKind.ChannelPending => s.Usable ? Transition.To(s) : Transition.To(s, new StartTimer(SessionTimer.Retry, LookAgain)),
        InputKind.OpeningFailed => Transition.To(s, new StartTimer(SessionTimer.Retry, LookAgain))
            .Tell(new StepFailed(s.Phase, ((OpeningFailed)input).Failure, ((OpeningFailed)input).Detail)),
        InputKind.TimerFired => OnTimer(s, (TimerFired)input),
        InputKind.BlockAdded => OnBlock(terms, s, (BlockAdded)input),

        InputKind.ChannelFound or InputKind.OpeningStarted or InputKind.FundingPlanned or InputKind.InputsReserved or InputKind.ChannelSecured =>
            Transition.Ignore(s, input, "the channel exists"),
        InputKind.FundingSigned => Transition.Ignore(s, input, "the signature is saved already, or not needed yet"),
        InputKind.FeesRestored or InputKind.RestoreFailed or InputKind.Released or InputKind.ReleaseFailed or InputKind.LossBorne or InputKind.LossRefused =>
            Transition.Ignore(s, input, "this was not requested yet"),
        InputKind.SaveFailed => Transition.Ignore(s, input, "the saved record is still valid; the save is retried"),
        InputKind.Displaced => Transition.Ignore(s, input, "the payment is complete"),
    };

    /// <summary>What the node knows of the parts, and of those that it may have failed without a word.</summary>
    public static CheckForwards Look(AwaitingSettlement s) => new(s.Plan.Channel, s.Alias, s.Plan, s.Forwards.Keys());

    private static Transition OnPart(SessionTerms terms, AwaitingSettlement s, PartArrived arrived)
    {
        Part part = arrived.Part;
        if (s.Replayed.Holds(part.Htlc)) return Transition.Ignore(s, arrived, "the node replayed a part that we hold");
        if (s.Forwards.LocateExactly(part.Htlc) is { } decided)
        {
            if (!decided.IsOpen) return Intake.RefusePart(s, part, FailureReason.PaymentRejected);

            // Decided and saved, but the node never learned: the same answer again, once the channel is back.
            return s.Usable
                ? Transition.To(s, new ForwardParts(s.Plan.Channel, [decided]), Listing.Timer)
                : Transition.To(s with { Replayed = s.Replayed.Add(part) });
        }

        if (Intake.Refuse(terms, arrived) is { } refused) return Intake.RefusePart(s, part, refused);
        if (s.Forwards.Count >= terms.Limits.MaxParts) return Intake.RefusePart(s, part, FailureReason.TooManyParts);
        if (terms.Offer.PaymentSize is null) return Intake.RefusePart(s, part, FailureReason.OneHtlcOnly);

        // Only what the node lists carries fee for certain: while that is open of a part, nobody knows what another one owes.
        if (!s.Usable) return Intake.RefusePart(s, part, FailureReason.ChannelNotReady);
        if (IsAnyLost(s)) return Intake.RefusePart(s, part, FailureReason.ChannelNotReady).Do(Look(s));

        // A late part pays what failed parts took back with them of the fee, and no more (M6); one that cannot is no use to anybody.
        Msat owed = FeeAllocation.Owed(s.Forwards, s.Fee);
        if (part.Amount <= owed) return Intake.RefusePart(s, part, FailureReason.FeeOutstanding);
        var late = new Forward(part.Htlc, part.Amount - owed, owed);
        return Transition
            .To(s with { Forwards = s.Forwards.Add(late) }, new ForwardParts(s.Plan.Channel, [late]), Listing.Timer)
            .Tell(new PartsForwarded(s.Plan.Channel, [late]));
    }

    /// <summary>Whether the node may have failed a part without a word: it neither listed it, nor do we hold it.</summary>
    private static bool IsAnyLost(AwaitingSettlement s) => s.Forwards.Any(f => f.Status == ForwardStatus.Handed && !s.Replayed.Holds(f.Htlc));

    private static Transition OnSettled(SessionTerms terms, AwaitingSettlement s, PartSettled settled) => s.Forwards.LocateExactly(settled.Htlc) is not null
        ? Weigh(terms, s with { Forwards = s.Forwards.Mark(settled.Htlc, ForwardStatus.Settled), Preimage = s.Preimage ?? settled.Preimage })
        : Listing.LookUp(s, s.Forwards, settled, settled.Htlc, Look(s));

    private static Transition OnFailed(SessionTerms terms, AwaitingSettlement s, PartFailed failed) => s.Forwards.LocateExactly(failed.Htlc) is not null
        ? Weigh(terms, s with { Forwards = s.Forwards.Mark(failed.Htlc, ForwardStatus.Failed) })
        : Listing.LookUp(s, s.Forwards, failed, failed.Htlc, Look(s));

    private static Transition Claimed(AwaitingSettlement s)
    {
        Transition t = s.Sent is { } sent
            ? Transition.To(new Confirming(s.Forwards, s.Fee, s.Plan, s.Preimage, sent.SignedPsbt, sent.Buried), new RestoreFees(s.Plan.Channel))
            : Transition.To(new Broadcasting(s.Forwards, s.Fee, s.Plan, s.Preimage), new SignFunding(s.Plan));
        t = t.Tell(Claim(s.Forwards));

        // What still waited for the channel goes to the client as well: it may claim it with the same preimage.
        ValueList<Forward> waiting = Waiting(s);
        return waiting.Count == 0 ? t : t.Do(new ForwardParts(s.Plan.Channel, waiting));
    }

    private static Transition OnSeen(SessionTerms terms, AwaitingSettlement s, ForwardsSeen seen)
    {
        ValueList<Forward> forwards = WithoutLost(s, WithForgotten(s, s.Forwards.Mark(seen), seen), seen);
        AwaitingSettlement next = s with { Forwards = forwards, Overdue = false };
        bool isGone = !seen.ChannelExists || seen.Dead;
        bool settled = forwards.Any(static f => f.Status == ForwardStatus.Settled);
        if (isGone && !settled) return GiveUp(terms, next, FailureReason.ChannelClosed);
        if (!seen.ChannelExists && s.Sent is null && FeeAllocation.Unearned(forwards, s.Fee) > Msat.Zero) return Forfeit(next);
        Transition t = Weigh(terms, next);

        // Still open after the node had its time: its incoming channel cannot be looked at, or another plugin has the part.
        return s.Overdue && t.Next is AwaitingSettlement open && IsAnyLost(open) ? t.Do(Listing.Timer) : t;
    }

    /// <summary>
    /// Settled parts that the node's list has forgotten (autoclean takes rows away): the client owns what they were worth. Only for a withheld
    /// channel, which carries nothing but these parts; one that is on chain may have paid the client for something else.
    /// </summary>
    private static ValueList<Forward> WithForgotten(AwaitingSettlement s, ValueList<Forward> forwards, ForwardsSeen seen)
    {
        if (s.Sent is not null) return forwards;
        UInt128 known = 0, unlisted = 0;
        foreach (Forward f in forwards)
        {
            if (f.Status == ForwardStatus.Settled) known += f.Amount.Value;
            else if (forwards.IsUnlisted(f, seen)) unlisted += f.Amount.Value;
        }

        if (unlisted == 0 || known + unlisted > seen.ClientOwns.Value) return forwards;
        return [.. forwards.Select(f => forwards.IsUnlisted(f, seen) ? f with { Status = ForwardStatus.Settled } : f)];
    }

    /// <summary>
    /// A part that is neither listed nor held never went out, and its HTLC is gone: from its incoming channel, or the node gave it back while we
    /// were down. Or it went out under a scid that a reorganization has taken from the channel since, and came back when the channel died.
    /// </summary>
    private static ValueList<Forward> WithoutLost(AwaitingSettlement s, ValueList<Forward> forwards, ForwardsSeen seen)
    {
        bool IsLost(Forward f) => forwards.IsUnlisted(f, seen) && !s.Replayed.Holds(f.Htlc)
            && (seen.Gone.Contains(f.Htlc) || ((s.Overdue || seen.Dead) && !seen.Waiting.Contains(f.Htlc)));
        return [.. forwards.Select(f => IsLost(f) ? f with { Status = ForwardStatus.Failed } : f)];
    }

    /// <summary>A part may have been settled before the channel died, and its news lost: the node's list is read before anything is given up.</summary>
    private static Transition OnClosed(AwaitingSettlement s)
    {
        ValueList<Forward> forwards = s.Forwards;
        foreach (Part part in s.Replayed) forwards = forwards.Mark(part.Htlc, ForwardStatus.Failed);
        var closed = s with { Forwards = forwards, Usable = false, Replayed = [] };
        return FailReplayed(s, Transition.To(closed, Look(closed)), FailureReason.ChannelClosed);
    }

    private static Transition Weigh(SessionTerms terms, AwaitingSettlement s)
    {
        bool isOpen = s.Forwards.Any(static f => f.IsOpen);
        if (!s.Forwards.Any(static f => f.Status == ForwardStatus.Settled)) return isOpen ? Transition.To(s) : GiveUp(terms, s, FailureReason.PaymentRejected);

        // A funding that is out already has no more to wait for: what the client fails after this is told and counted.
        if (s.Sent is not null || FeeAllocation.Unearned(s.Forwards, s.Fee) == Msat.Zero) return Claimed(s);
        return isOpen
            ? Transition.To(s, new StartDeadline(SessionTimer.Offer, terms.Offer.ValidUntil))
            : UnderpaidPhase.Begin(terms, new Underpaid(s.Forwards, s.Fee, s.Plan, s.Preimage, s.Alias));
    }

    private static Transition SendReplayed(AwaitingSettlement s)
    {
        ValueList<Forward> waiting = Waiting(s);
        AwaitingSettlement next = s with { Replayed = [] };
        return waiting.Count == 0 ? Transition.To(next) : Transition.To(next, new ForwardParts(s.Plan.Channel, waiting), Listing.Timer);
    }

    private static Transition OnTimer(AwaitingSettlement s, TimerFired fired) => fired.Timer switch
    {
        SessionTimer.Retry => LookAtAll(s),
        SessionTimer.Offer when IsPaidInPart(s) => OfferOver(s),
        SessionTimer.Listing => IsAnyLost(s) ? Transition.To(s with { Overdue = true }, Look(s)) : Transition.Ignore(s, fired, "the node lists every part"),
        SessionTimer.Collect or SessionTimer.Offer or SessionTimer.ClientWait or SessionTimer.ChannelReady =>
            Transition.Ignore(s, fired, "the parts are forwarded"),
    };

    /// <summary>Whether the client owns a part of a withheld channel without having earned us its fee.</summary>
    public static bool IsPaidInPart(AwaitingSettlement s) => s.Sent is null && s.Forwards.Any(static f => f.Status == ForwardStatus.Settled);

    /// <summary>
    /// The client took a part and leaves others undecided beyond the offer: it may have died in the middle of taking them. Waiting until their HTLCs
    /// expire would make the node destroy the withheld channel with all that the client was paid.
    /// </summary>
    private static Transition OfferOver(AwaitingSettlement s)
    {
        ValueList<Forward> forwards = s.Forwards;
        foreach (Part part in s.Replayed) forwards = forwards.Mark(part.Htlc, ForwardStatus.Failed);
        Transition t = UnderpaidPhase.Late(new Underpaid(forwards, s.Fee, s.Plan, s.Preimage, s.Alias, OfferOver: true));
        return FailReplayed(s, t, FailureReason.OfferExpired);
    }

    /// <summary>
    /// The node watches the deadlines of forwarded HTLCs itself; only parts that still wait here are ours to fail. Each block also brings
    /// a look at what the node knows: a notification may have been lost.
    /// </summary>
    private static Transition OnBlock(SessionTerms terms, AwaitingSettlement s, BlockAdded block)
    {
        if (!s.Replayed.ExpireWithin(block.Height, terms.Limits.CltvSafety)) return TrustedFunding.Keep(Transition.To(s, Look(s)), s.Plan, s.Sent);
        ValueList<Forward> forwards = s.Forwards;
        foreach (Part part in s.Replayed) forwards = forwards.Mark(part.Htlc, ForwardStatus.Failed);
        Transition t = Weigh(terms, s with { Forwards = forwards, Replayed = [] });
        if (t.Next is AwaitingSettlement next) t = t.Do(Look(next));
        return TrustedFunding.Keep(FailReplayed(s, t, FailureReason.CltvTooClose), s.Plan, s.Sent);
    }

    /// <summary>Whatever a restart has not learned yet.</summary>
    private static Transition LookAtAll(AwaitingSettlement s)
    {
        Transition t = Transition.To(s);
        if (IsAnyLost(s) || s.Overdue) t = t.Do(Look(s));
        return s.Usable ? t : t.Do(new PrepareChannel(s.Plan.Channel));
    }

    private static Transition GiveUp(SessionTerms terms, AwaitingSettlement s, FailureReason reason)
    {
        if (s.Sent is { } sent)
        {
            return reason == FailureReason.ChannelClosed
                ? TrustedFunding.End(s.Replayed, s.Forwards, s.Fee, s.Plan, sent, reason)
                : TrustedFunding.Wait(terms, s.Replayed, s.Fee, s.Plan, sent, reason);
        }

        return Unwind(s, reason);
    }

    /// <summary>The client destroyed the withheld channel with what it had been paid in it.</summary>
    private static Transition Forfeit(AwaitingSettlement s) => Unwind(s, FailureReason.ChannelForfeited);

    private static Transition Unwind(AwaitingSettlement s, FailureReason reason)
    {
        var unwinding = new Unwinding(reason, s.Plan, InFlight: false, s.Fee, Held: [], s.Forwards, ChannelExisted: true);
        return FailReplayed(s, Transition.To(unwinding, new Release(s.Plan)), reason);
    }

    private static Transition FailReplayed(AwaitingSettlement s, Transition t, FailureReason reason) => s.Replayed.Count == 0
        ? t
        : t.Do(new FailParts(s.Replayed, reason)).Tell(new PartsFailed(s.Replayed, reason));

    /// <summary>What the client was paid, or still may be with the preimage that is out.</summary>
    public static PaymentClaimed Claim(ValueList<Forward> forwards)
    {
        ulong forwarded = 0, fee = 0;
        foreach (Forward f in forwards)
        {
            if (f.Status == ForwardStatus.Failed) continue;
            forwarded = unchecked(forwarded + f.Amount.Value);
            fee = unchecked(fee + f.OpeningFee.Value);
        }

        return new PaymentClaimed(new Msat(forwarded), new Msat(fee));
    }

    private static ValueList<Forward> Waiting(AwaitingSettlement s) =>
        new([.. s.Replayed.Select(part => s.Forwards.LocateExactly(part.Htlc)).OfType<Forward>()]);
}
