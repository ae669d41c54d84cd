using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Sessions.Phases;

/// <summary>The parts are with the client. One settled part obliges us to broadcast; all failed means to release the channel.</summary>
internal static class AwaitingSettlementPhase
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(2);

    public static Transition On(SessionTerms terms, AwaitingSettlement s, SessionInput input) => input.Kind switch
    {
        InputKind.PartArrived => OnPart(terms, s, (PartArrived)input),
        InputKind.PartSettled => OnSettled(s, (PartSettled)input),
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
        InputKind.FundingSigned => Transition.Ignore(s, input, "the signature is on record already, or not wanted yet"),
        InputKind.FeesRestored or InputKind.RestoreFailed or InputKind.Released or InputKind.ReleaseFailed =>
            Transition.Ignore(s, input, "nobody asked for that yet"),
        InputKind.SaveFailed => Transition.Ignore(s, input, "what is on record still holds; the save is tried again"),
        InputKind.Displaced => Transition.Ignore(s, input, "the payment is complete"),
    };

    private static Transition OnPart(SessionTerms terms, AwaitingSettlement s, PartArrived arrived)
    {
        Part part = arrived.Part;
        if (s.Replayed.Holds(part.Htlc)) return Transition.Ignore(s, arrived, "the node replayed a part that we hold");
        if (Find(s.Forwards, part.Htlc) is { } decided)
        {
            if (decided.Status != ForwardStatus.Offered) return Intake.RefusePart(s, part, FailureReason.PaymentRejected);

            // Decided and saved, but the node never learned: the same answer again, once the channel is back.
            return s.Usable
                ? Transition.To(s, new ForwardParts(s.Plan.Channel, [decided]))
                : Transition.To(s with { Replayed = s.Replayed.Add(part) });
        }

        if (Intake.Refuse(terms, arrived) is { } refused) return Intake.RefusePart(s, part, refused);
        if (s.Forwards.Count >= terms.Limits.MaxParts) return Intake.RefusePart(s, part, FailureReason.TooManyParts);
        if (terms.Offer.PaymentSize is null) return Intake.RefusePart(s, part, FailureReason.OneHtlcOnly);

        // While it is open whether a part with a share of the fee still lives, nobody knows what another one owes.
        if (!s.Usable || !s.Checked) return Intake.RefusePart(s, part, FailureReason.ChannelNotReady);

        // A late part pays what failed parts took back with them of the fee, and no more (M6).
        Msat owed = FeeAllocation.Owed(s.Forwards, s.Fee);
        Msat share = owed < part.Amount ? owed : new Msat(part.Amount.Value - 1);
        var late = new Forward(part.Htlc, new Msat(part.Amount.Value - share.Value), share);
        return Transition
            .To(s with { Forwards = s.Forwards.Add(late) }, new ForwardParts(s.Plan.Channel, [late]))
            .Tell(new PartsForwarded(s.Plan.Channel, [late]));
    }

    private static Transition OnSettled(AwaitingSettlement s, PartSettled settled) => s.Forwards.LocateExactly(settled.Htlc) is not null
        ? Claimed(s with { Forwards = s.Forwards.Mark(settled.Htlc, ForwardStatus.Settled) }, settled.Preimage)
        : LookUp(s, settled, settled.Htlc);

    private static Transition OnFailed(SessionTerms terms, AwaitingSettlement s, PartFailed failed) => s.Forwards.LocateExactly(failed.Htlc) is not null
        ? Weigh(terms, s with { Forwards = s.Forwards.Mark(failed.Htlc, ForwardStatus.Failed) })
        : LookUp(s, failed, failed.Htlc);

    /// <summary>
    /// It may be a part under another name of its channel, or a stranger's HTLC with the same hash: the list of what went out over the JIT
    /// channel tells.
    /// </summary>
    private static Transition LookUp(AwaitingSettlement s, SessionInput told, HtlcKey htlc) => s.Forwards.Locate(htlc) is null
        ? Transition.Ignore(s, told, "the part is not of this payment")
        : Transition.To(s, new CheckForwards(s.Plan, s.Alias));

    private static Transition Claimed(AwaitingSettlement s, Preimage? preimage)
    {
        Transition t = s.Sent is { } sent
            ? Transition.To(new Confirming(s.Forwards, s.Fee, s.Plan, preimage, sent.SignedPsbt, sent.Buried), new RestoreFees(s.Plan.Channel))
            : Transition.To(new Broadcasting(s.Forwards, s.Fee, s.Plan, preimage), new SignFunding(s.Plan));
        t = t.Tell(Claim(s.Forwards));

        // What still waited for the channel goes to the client as well: it may claim it with the same preimage.
        ValueList<Forward> waiting = Waiting(s);
        return waiting.Count == 0 ? t : t.Do(new ForwardParts(s.Plan.Channel, waiting));
    }

    private static Transition OnSeen(SessionTerms terms, AwaitingSettlement s, ForwardsSeen seen)
    {
        ValueList<Forward> forwards = s.Forwards.Mark(seen);
        if (s.Overdue || seen.Dead) forwards = WithoutLost(s, forwards, seen);
        bool known = s.Checked || forwards.All(f => f.Status != ForwardStatus.Offered || IsAlive(s, forwards, seen, f));
        AwaitingSettlement next = s with { Forwards = forwards, Checked = known, Overdue = false };

        // A channel that is on chain already may have paid the client for something else.
        bool paid = seen.Paid && s.Sent is null;
        if (paid || forwards.Any(f => f.Status == ForwardStatus.Settled)) return Claimed(next, preimage: null);
        return seen.ChannelExists && !seen.Dead ? Weigh(terms, next) : GiveUp(terms, next, FailureReason.ChannelClosed);
    }

    /// <summary>
    /// A part that is neither listed nor held never went out, and its HTLC is gone: the node gave it back while we were down. Or it went out
    /// under a scid that a reorganization has taken from the channel since, and came back when the channel died.
    /// </summary>
    private static ValueList<Forward> WithoutLost(AwaitingSettlement s, ValueList<Forward> forwards, ForwardsSeen seen) =>
        new([.. forwards.Select(f => f.Status == ForwardStatus.Offered && !IsAlive(s, forwards, seen, f) ? f with { Status = ForwardStatus.Failed } : f)]);

    /// <summary>The node has sent it on, or holds it for us.</summary>
    private static bool IsAlive(AwaitingSettlement s, ValueList<Forward> forwards, ForwardsSeen seen, Forward forward) =>
        s.Replayed.Holds(forward.Htlc) || seen.Seen.Any(row => forwards.Locate(row, seen) == forward);

    /// <summary>A part may have been settled before the channel died, and its news lost: the node's list is read before anything is given up.</summary>
    private static Transition OnClosed(AwaitingSettlement s)
    {
        ValueList<Forward> forwards = s.Forwards;
        foreach (Part part in s.Replayed) forwards = forwards.Mark(part.Htlc, ForwardStatus.Failed);
        var closed = s with { Forwards = forwards, Usable = false, Checked = false, Replayed = [] };
        return FailReplayed(s, Transition.To(closed, new CheckForwards(s.Plan, s.Alias)), FailureReason.ChannelClosed);
    }

    private static Transition Weigh(SessionTerms terms, AwaitingSettlement s) =>
        s.Forwards.All(f => f.Status == ForwardStatus.Failed) ? GiveUp(terms, s, FailureReason.PaymentRejected) : Transition.To(s);

    private static Transition SendReplayed(AwaitingSettlement s)
    {
        ValueList<Forward> waiting = Waiting(s);
        AwaitingSettlement next = s with { Replayed = [] };
        return waiting.Count == 0 ? Transition.To(next) : Transition.To(next, new ForwardParts(s.Plan.Channel, waiting));
    }

    private static Transition OnTimer(AwaitingSettlement s, TimerFired fired) => fired.Timer switch
    {
        SessionTimer.Retry => LookAtAll(s),
        SessionTimer.Replay => Transition.To(s with { Overdue = true }, new CheckForwards(s.Plan, s.Alias)),
        SessionTimer.Collect or SessionTimer.Offer or SessionTimer.ClientWait or SessionTimer.ChannelReady =>
            Transition.Ignore(s, fired, "the parts are forwarded"),
    };

    /// <summary>
    /// The node watches the deadlines of forwarded HTLCs itself; only parts that still wait here are ours to fail. Each block also brings
    /// a look at what the node knows: a notification may have been lost.
    /// </summary>
    private static Transition OnBlock(SessionTerms terms, AwaitingSettlement s, BlockAdded block)
    {
        var look = new CheckForwards(s.Plan, s.Alias);
        if (!s.Replayed.ExpireWithin(block.Height, terms.Limits.CltvSafety)) return TrustedFunding.Keep(Transition.To(s, look), s.Plan, s.Sent);
        ValueList<Forward> forwards = s.Forwards;
        foreach (Part part in s.Replayed) forwards = forwards.Mark(part.Htlc, ForwardStatus.Failed);
        Transition t = Weigh(terms, s with { Forwards = forwards, Replayed = [] });
        if (t.Next.Phase == Phase.AwaitingSettlement) t = t.Do(look);
        return TrustedFunding.Keep(FailReplayed(s, t, FailureReason.CltvTooClose), s.Plan, s.Sent);
    }

    /// <summary>Whatever a restart has not learned yet.</summary>
    private static Transition LookAtAll(AwaitingSettlement s)
    {
        Transition t = Transition.To(s);
        if (!s.Checked || s.Overdue) t = t.Do(new CheckForwards(s.Plan, s.Alias));
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

        var unwinding = new Unwinding(reason, s.Plan, InFlight: false, s.Fee, Held: [], s.Forwards, ChannelExisted: true);
        return FailReplayed(s, Transition.To(unwinding, new Release(s.Plan)), reason);
    }

    private static Transition FailReplayed(AwaitingSettlement s, Transition t, FailureReason reason) => s.Replayed.Count == 0
        ? t
        : t.Do(new FailParts(s.Replayed, reason)).Tell(new PartsFailed(s.Replayed, reason));

    private static PaymentClaimed Claim(ValueList<Forward> forwards)
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
        new([.. s.Replayed.Select(part => Find(s.Forwards, part.Htlc)).OfType<Forward>()]);

    private static Forward? Find(ValueList<Forward> forwards, HtlcKey htlc) => forwards.FirstOrDefault(f => f.Htlc == htlc);
}
