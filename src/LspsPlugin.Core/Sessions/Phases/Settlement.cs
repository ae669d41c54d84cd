using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Sessions.Phases;

/// <summary>
/// What happens to forwarded parts, whether the channel is usable or not. The funding must be sent once the settled parts carry the whole opening fee; if
/// all parts failed, the channel is released.
/// </summary>
internal static class Settlement
{
    /// <summary>The interval of polling while the node cannot answer, or the channel is not usable.</summary>
    public static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Returns the action that looks up the status of all parts, including those that the node may have failed without a notification.
    /// </summary>
    public static CheckForwards Look(Forwarded s) => new(s.Plan.Channel, s.Alias, s.Plan, s.Forwards.Keys());

    /// <summary>Whether the node may have failed a part without a notification: it is not listed, and we do not hold it.</summary>
    public static bool IsAnyLost(Forwarded s) => s.Forwards.Any(f => f.Status == ForwardStatus.Handed && !s.Held.Holds(f.Htlc));

    /// <summary>Whether the client has a balance in a withheld channel while the fee is not fully earned.</summary>
    public static bool IsPaidInPart(Forwarded s) => s.Sent is null && s.Forwards.Any(static f => f.Status == ForwardStatus.Settled);

    /// <summary>Returns why a part that is not one of the forwarded ones is failed; null when it may join them.</summary>
    public static FailureReason? GetLateRejection(SessionTerms terms, Forwarded s, PartArrived arrived)
    {
        if (PartIntake.GetRejection(terms, arrived) is { } refused) return refused;
        if (s.Forwards.Count >= terms.Limits.MaxParts) return FailureReason.TooManyParts;
        return terms.Offer.PaymentSize is null ? FailureReason.OneHtlcOnly : null;
    }

    public static Transition OnSettled(SessionTerms terms, Forwarded s, PartSettled settled) => s.Forwards.LocateExactly(settled.Htlc) is not null
        ? Weigh(terms, s with { Forwards = s.Forwards.Mark(settled.Htlc, ForwardStatus.Settled), Preimage = s.Preimage ?? settled.Preimage })
        : Listing.LookUp(s, s.Forwards, settled, settled.Htlc, Look(s));

    public static Transition OnFailed(SessionTerms terms, Forwarded s, PartFailed failed) => s.Forwards.LocateExactly(failed.Htlc) is not null
        ? Weigh(terms, s with { Forwards = s.Forwards.Mark(failed.Htlc, ForwardStatus.Failed) })
        : Listing.LookUp(s, s.Forwards, failed, failed.Htlc, Look(s));

    public static Transition OnSeen(SessionTerms terms, Forwarded s, ForwardsSeen seen)
    {
        ValueList<Forward> forwards = WithoutLost(s, WithForgotten(s, s.Forwards.Mark(seen), seen), seen);
        Forwarded next = s with { Forwards = forwards, Overdue = false };
        bool isGone = !seen.ChannelExists || seen.Dead;
        bool settled = forwards.Any(static f => f.Status == ForwardStatus.Settled);
        if (isGone && !settled) return GiveUp(terms, next, FailureReason.ChannelClosed);
        if (!seen.ChannelExists && s.Sent is null && FeeAllocation.Unearned(forwards, s.Fee) > Msat.Zero) return Forfeit(next);
        Transition t = Weigh(terms, next);

        // Still undecided after the timeout: the incoming channel cannot be read, or another plugin holds the part.
        return s.Overdue && t.Next is Forwarded open && IsAnyLost(open) ? t.Do(Listing.Timer) : t;
    }

    /// <summary>
    /// Marks parts as settled that the node's list no longer contains (autoclean deletes rows), if the client's balance covers them. Only for a
    /// withheld channel, which carries nothing but these parts; the balance in a funded channel may come from other payments.
    /// </summary>
    private static ValueList<Forward> WithForgotten(Forwarded s, ValueList<Forward> forwards, ForwardsSeen seen)
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
    private static ValueList<Forward> WithoutLost(Forwarded s, ValueList<Forward> forwards, ForwardsSeen seen)
    {
        bool IsLost(Forward f) => forwards.IsUnlisted(f, seen) && !s.Held.Holds(f.Htlc)
            && (seen.Gone.Contains(f.Htlc) || ((s.Overdue || seen.Dead) && !seen.Waiting.Contains(f.Htlc)));
        return [.. forwards.Select(f => IsLost(f) ? f with { Status = ForwardStatus.Failed } : f)];
    }

    /// <summary>
    /// A part may have been settled before the channel closed, and the notification lost: the node's list is read before anything is given up.
    /// </summary>
    public static Transition OnClosed(Forwarded s)
    {
        ValueList<Forward> forwards = s.Forwards;
        foreach (Part part in s.Held) forwards = forwards.Mark(part.Htlc, ForwardStatus.Failed);
        var closed = new Reconnecting(forwards, s.Fee, s.Plan, Replayed: [], s.Alias, s.Overdue, s.Sent, s.Preimage);
        return Failing.FailHeld(Transition.To(closed, Look(closed)), s.Held, FailureReason.ChannelClosed);
    }

    public static Transition Weigh(SessionTerms terms, Forwarded s)
    {
        bool isOpen = s.Forwards.Any(static f => f.IsOpen);
        if (!s.Forwards.Any(static f => f.Status == ForwardStatus.Settled)) return isOpen ? Transition.To(s) : GiveUp(terms, s, FailureReason.PaymentRejected);

        // If the funding was already sent, there is nothing more to wait for: parts that fail later are reported and counted.
        if (s.Sent is not null || FeeAllocation.Unearned(s.Forwards, s.Fee) == Msat.Zero) return Claimed(s);
        return isOpen
            ? Transition.To(s, new StartDeadline(SessionTimer.Offer, terms.Offer.ValidUntil))
            : UnderpaidPhase.Begin(terms, new Underpaid(s.Forwards, s.Fee, s.Plan, s.Preimage, s.Alias));
    }

    public static Transition OnTimer(Forwarded s, TimerFired fired) => fired.Timer switch
    {
        SessionTimer.Retry => LookAtAll(s),
        SessionTimer.Offer when IsPaidInPart(s) => OfferOver(s),
        SessionTimer.Listing => IsAnyLost(s) ? Transition.To(s with { Overdue = true }, Look(s)) : Transition.Ignore(s, fired, "the node lists every part"),
        SessionTimer.Collect or SessionTimer.Offer or SessionTimer.ClientWait or SessionTimer.ChannelReady =>
            Transition.Ignore(s, fired, "the parts are forwarded"),
    };

    /// <summary>Looks up everything that is unknown after a restart.</summary>
    public static Transition LookAtAll(Forwarded s)
    {
        Transition t = Transition.To(s);
        if (IsAnyLost(s) || s.Overdue) t = t.Do(Look(s));
        return s is Reconnecting ? t.Do(new PrepareChannel(s.Plan.Channel)) : t;
    }

    /// <summary>Repeats a step that the node could not do.</summary>
    public static Transition Retry(Forwarded s, OpeningFailed failed) =>
        Transition.To(s, new StartTimer(SessionTimer.Retry, LookAgain)).Tell(new StepFailed(s.Phase, failed.Failure, failed.Detail));

    /// <summary>News of a funding that was sent first.</summary>
    public static Transition OnFunding(Forwarded s, SessionInput input)
    {
        if (s.Sent is not { } told) return Transition.Ignore(s, input, "the funding is withheld");
        return input is BroadcastFailed failed
            ? Transition.To(s).Tell(new BroadcastOverdue(s.Plan.Channel, 1, failed.Detail))
            : Transition.To(s with { Sent = TrustedFunding.Told(told, input) });
    }

    /// <summary>
    /// The client settled a part and leaves others undecided after the end of the offer; it may have crashed between them. If we waited until these
    /// HTLCs expire, the node would close the withheld channel, and the client would lose what it was paid.
    /// </summary>
    private static Transition OfferOver(Forwarded s)
    {
        ValueList<Forward> forwards = s.Forwards;
        foreach (Part part in s.Held) forwards = forwards.Mark(part.Htlc, ForwardStatus.Failed);
        Transition t = UnderpaidPhase.Late(new Underpaid(forwards, s.Fee, s.Plan, s.Preimage, s.Alias, OfferOver: true));
        return Failing.FailHeld(t, s.Held, FailureReason.OfferExpired);
    }

    private static Transition GiveUp(SessionTerms terms, Forwarded s, FailureReason reason)
    {
        if (s.Sent is { } sent)
        {
            return reason == FailureReason.ChannelClosed
                ? TrustedFunding.End(s.Held, s.Forwards, s.Fee, s.Plan, sent, reason)
                : TrustedFunding.Wait(terms, s.Held, s.Fee, s.Plan, sent, reason);
        }

        return Unwind(s, reason);
    }

    /// <summary>The client closed the withheld channel and lost its balance in it.</summary>
    private static Transition Forfeit(Forwarded s) => Unwind(s, FailureReason.ChannelForfeited);

    private static Transition Unwind(Forwarded s, FailureReason reason) =>
        Failing.FailHeld(Failing.Release(reason, s.Plan, s.Fee, s.Forwards), s.Held, reason);

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

    private static Transition Claimed(Forwarded s)
    {
        Transition t = s.Sent is { } sent
            ? Transition.To(new Confirming(s.Forwards, s.Fee, s.Plan, s.Preimage, sent.SignedPsbt, sent.Buried), new RestoreFees(s.Plan.Channel))
            : Transition.To(new Broadcasting(s.Forwards, s.Fee, s.Plan, s.Preimage), new SignFunding(s.Plan));
        t = t.Tell(Claim(s.Forwards));

        // Parts that still waited for the channel are forwarded too: the client may claim them with the same preimage.
        ValueList<Forward> waiting = Waiting(s);
        return waiting.Count == 0 ? t : t.Do(new ForwardParts(s.Plan.Channel, waiting));
    }

    /// <summary>Returns the forwards of the parts that wait for the channel.</summary>
    public static ValueList<Forward> Waiting(Forwarded s) =>
        new([.. s.Held.Select(part => s.Forwards.LocateExactly(part.Htlc)).OfType<Forward>()]);
}
