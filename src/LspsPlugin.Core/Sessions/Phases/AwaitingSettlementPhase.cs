using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Sessions.Phases;

/// <summary>
/// The parts were forwarded to the client. The funding must be sent once the settled parts carry the whole opening fee; if all parts failed, the
/// channel is released.
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

    /// <summary>
    /// Returns the action that looks up the status of all parts, including those that the node may have failed without a notification.
    /// </summary>
    public static CheckForwards Look(AwaitingSettlement s) => new(s.Plan.Channel, s.Alias, s.Plan, s.Forwards.Keys());

    private static Transition OnPart(SessionTerms terms, AwaitingSettlement s, PartArrived arrived)
    {
        Part part = arrived.Part;
        if (s.Replayed.Holds(part.Htlc)) return Transition.Ignore(s, arrived, "the node replayed a part that we hold");
        if (s.Forwards.LocateExactly(part.Htlc) is { } decided)
        {
            if (!decided.IsOpen) return PartIntake.RefusePart(s, part, FailureReason.PaymentRejected);

            // The forward was saved, but the node did not get the answer: give the same answer again, once the channel is usable.
            return s.Usable
                ? Transition.To(s, new ForwardParts(s.Plan.Channel, [decided]), Listing.Timer)
                : Transition.To(s with { Replayed = s.Replayed.Add(part) });
        }

        if (PartIntake.GetRejection(terms, arrived) is { } refused) return PartIntake.RefusePart(s, part, refused);
        if (s.Forwards.Count >= terms.Limits.MaxParts) return PartIntake.RefusePart(s, part, FailureReason.TooManyParts);
        if (terms.Offer.PaymentSize is null) return PartIntake.RefusePart(s, part, FailureReason.OneHtlcOnly);

        // Only listed parts certainly carry their fee. While any part is unlisted, the fee that another part must carry is unknown.
        if (!s.Usable) return PartIntake.RefusePart(s, part, FailureReason.ChannelNotReady);
        if (IsAnyLost(s)) return PartIntake.RefusePart(s, part, FailureReason.ChannelNotReady).Do(Look(s));

        // A late part must carry the fee of failed parts, and no more (M6); it is failed if it cannot.
        Msat owed = FeeAllocation.Owed(s.Forwards, s.Fee);
        if (part.Amount <= owed) return PartIntake.RefusePart(s, part, FailureReason.FeeOutstanding);
        var late = new Forward(part.Htlc, part.Amount - owed, owed);
        return Transition
            .To(s with { Forwards = s.Forwards.Add(late) }, new ForwardParts(s.Plan.Channel, [late]), Listing.Timer)
            .Tell(new PartsForwarded(s.Plan.Channel, [late]));
    }

    /// <summary>Whether the node may have failed a part without a notification: it is not listed, and we do not hold it.</summary>
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

        // Parts that still waited for the channel are forwarded too: the client may claim them with the same preimage.
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

        // Still undecided after the timeout: the incoming channel cannot be read, or another plugin holds the part.
        return s.Overdue && t.Next is AwaitingSettlement open && IsAnyLost(open) ? t.Do(Listing.Timer) : t;
    }

    /// <summary>
    /// Marks parts as settled that the node's list no longer contains (autoclean deletes rows), if the client's balance covers them. Only for a
    /// withheld channel, which carries nothing but these parts; the balance in a funded channel may come from other payments.
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
    /// Marks parts as failed that are neither listed nor held. Such a part was never sent, and its HTLC is gone: from its incoming channel, or the
    /// node failed it while we were down. Or it was sent under a scid that the channel lost in a reorg, and failed when the channel was closed.
    /// </summary>
    private static ValueList<Forward> WithoutLost(AwaitingSettlement s, ValueList<Forward> forwards, ForwardsSeen seen)
    {
        bool IsLost(Forward f) => forwards.IsUnlisted(f, seen) && !s.Replayed.Holds(f.Htlc)
            && (seen.Gone.Contains(f.Htlc) || ((s.Overdue || seen.Dead) && !seen.Waiting.Contains(f.Htlc)));
        return [.. forwards.Select(f => IsLost(f) ? f with { Status = ForwardStatus.Failed } : f)];
    }

    /// <summary>
    /// A part may have been settled before the channel closed, and the notification lost: the node's list is read before anything is given up.
    /// </summary>
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

        // If the funding was already sent, there is nothing more to wait for: parts that fail later are reported and counted.
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

    /// <summary>Whether the client has a balance in a withheld channel while the fee is not fully earned.</summary>
    public static bool IsPaidInPart(AwaitingSettlement s) => s.Sent is null && s.Forwards.Any(static f => f.Status == ForwardStatus.Settled);

    /// <summary>
    /// The client settled a part and leaves others undecided after the end of the offer; it may have crashed between them. If we waited until these
    /// HTLCs expire, the node would close the withheld channel, and the client would lose what it was paid.
    /// </summary>
    private static Transition OfferOver(AwaitingSettlement s)
    {
        ValueList<Forward> forwards = s.Forwards;
        foreach (Part part in s.Replayed) forwards = forwards.Mark(part.Htlc, ForwardStatus.Failed);
        Transition t = UnderpaidPhase.Late(new Underpaid(forwards, s.Fee, s.Plan, s.Preimage, s.Alias, OfferOver: true));
        return FailReplayed(s, t, FailureReason.OfferExpired);
    }

    /// <summary>
    /// The node watches the expiry of forwarded HTLCs itself; only parts that still wait here must be failed by us. The status of the parts is also
    /// looked up with each block, because a notification may have been lost.
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

    /// <summary>Looks up everything that is unknown after a restart.</summary>
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

    /// <summary>The client closed the withheld channel and lost its balance in it.</summary>
    private static Transition Forfeit(AwaitingSettlement s) => Unwind(s, FailureReason.ChannelForfeited);

    private static Transition Unwind(AwaitingSettlement s, FailureReason reason)
    {
        var unwinding = new Unwinding(reason, s.Plan, InFlight: false, s.Fee, Held: [], s.Forwards, ChannelExisted: true);
        return FailReplayed(s, Transition.To(unwinding, new Release(s.Plan)), reason);
    }

    private static Transition FailReplayed(AwaitingSettlement s, Transition t, FailureReason reason) => s.Replayed.Count == 0
        ? t
        : t.Do(new FailParts(s.Replayed, reason)).Tell(new PartsFailed(s.Replayed, reason));

    /// <summary>Returns the sums of amounts and fees of all parts that are settled or can still be settled with the known preimage.</summary>
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
