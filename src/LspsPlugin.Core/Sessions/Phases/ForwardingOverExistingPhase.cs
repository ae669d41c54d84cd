using System.Collections.Immutable;
using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Sessions.Phases;

/// <summary>
/// The payment was forwarded over a channel that the client already had. Nothing must be funded. The state is kept so that a replayed part is
/// forwarded the same way, and to report the outcome. The offer stays unpaid and valid for an opening.
/// </summary>
internal static class ForwardingOverExistingPhase
{
    /// <summary>
    /// The interval of polling: no notification says when the channel of a reconnected client is usable, only that the client connected.
    /// </summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    public static Transition On(SessionTerms terms, ForwardingOverExisting s, SessionInput input) => input.Kind switch
    {
        InputKind.PartArrived => OnPart(terms, s, (PartArrived)input),
        InputKind.PartOffered => Transition.To(s with { Forwards = s.Forwards.MarkOffered(((PartOffered)input).Htlc) }),
        InputKind.PartSettled => Weigh(s with { Forwards = s.Forwards.Mark(((PartSettled)input).Htlc, ForwardStatus.Settled) }),
        InputKind.PartFailed => Weigh(s with { Forwards = s.Forwards.Mark(((PartFailed)input).Htlc, ForwardStatus.Failed) }),
        InputKind.ForwardsSeen => OnSeen(s, (ForwardsSeen)input),
        InputKind.BlockAdded => OnBlock(terms, s, (BlockAdded)input),
        InputKind.TimerFired => OnTimer(s, (TimerFired)input),
        InputKind.OpeningFailed => s.Replayed.Count > 0 ? LookLater(s) : Transition.Ignore(s, input, "retried with the next block"),
        InputKind.ClientConnected => s.Replayed.Count > 0 ? Transition.To(s, Look(s)) : Transition.Ignore(s, input, "the parts are forwarded"),
        InputKind.SaveFailed => Transition.Ignore(s, input, "the saved record is still valid; the save is retried"),

        InputKind.ChannelFound or InputKind.OpeningStarted or InputKind.FundingPlanned or InputKind.InputsReserved
            or InputKind.ChannelSecured or InputKind.FundingAbsent or InputKind.ChannelNormal or InputKind.ChannelPending or InputKind.ChannelReady
            or InputKind.ChannelClosed or InputKind.FundingSigned or InputKind.FundingBroadcast or InputKind.BroadcastFailed
            or InputKind.FundingConfirmed or InputKind.FeesRestored or InputKind.RestoreFailed or InputKind.Released or InputKind.ReleaseFailed
            or InputKind.LossBorne or InputKind.LossRefused =>
            Transition.Ignore(s, input, "no channel was opened"),
        InputKind.Displaced => Transition.Ignore(s, input, "the payment is complete"),
        InputKind.Cancelled => Transition.Ignore(s, input, "the client has the parts"),
    };

    /// <summary>
    /// Forwards the payment over <paramref name="found"/>, or asks for a new channel if that channel cannot carry it at the promised price.
    /// </summary>
    public static Transition Begin(AwaitingChannel s, ChannelFound found)
    {
        if (Carried(s, found) is not { } forwards) return Transition.To(s, AwaitingChannelPhase.Request(s.Parts, s.Fee) with { Anew = true });
        ulong taken = forwards.Aggregate(0UL, static (sum, forward) => sum + forward.OpeningFee.Value);
        return Transition
            .To(new ForwardingOverExisting(forwards, new Msat(taken), found.Channel), new ForwardParts(found.Channel.Channel, forwards), Listing.Timer)
            .Tell(new PartsForwarded(found.Channel.Channel, forwards));
    }

    public static CheckForwards Look(ForwardingOverExisting s) => new(s.Over.Channel, s.Over.Alias, Plan: null, s.Forwards.Keys());

    /// <summary>Returns the forwards; null when the parts do not fit, or the node's fee would exceed the promised opening fee.</summary>
    private static ValueList<Forward>? Carried(AwaitingChannel s, ChannelFound found)
    {
        var forwards = ImmutableArray.CreateBuilder<Forward>(s.Parts.Count);
        ulong room = found.Facts.Spendable.Value, allowed = s.Fee.Value;
        foreach (Part part in s.Parts)
        {
            if (found.Channel.Carry(part) is not { } forward || forward.Amount < found.Facts.HtlcMinimum || forward.Amount > found.Facts.HtlcMaximum) return null;
            if (forward.Amount.Value > room || forward.OpeningFee.Value > allowed) return null;
            (room, allowed) = (room - forward.Amount.Value, allowed - forward.OpeningFee.Value);
            forwards.Add(forward);
        }

        return new ValueList<Forward>(forwards.MoveToImmutable());
    }

    private static Transition OnPart(SessionTerms terms, ForwardingOverExisting s, PartArrived arrived)
    {
        Part part = arrived.Part;
        if (s.Replayed.Holds(part.Htlc)) return Transition.Ignore(s, arrived, "the node replayed a part that we hold");
        if (s.Forwards.LocateExactly(part.Htlc) is { } decided)
        {
            if (!decided.IsOpen) return PartIntake.RefusePart(s, part, FailureReason.PaymentRejected);

            // The forward was saved, but the node did not get the answer: give the same answer again, once the client is connected.
            return Transition.To(s with { Replayed = s.Replayed.Add(part) }, new StartTimer(SessionTimer.Listing, terms.Limits.CollectTimeout), Look(s));
        }

        if (PartIntake.GetRejection(terms, arrived) is { } refused) return PartIntake.RefusePart(s, part, refused);
        if (s.Forwards.Count >= terms.Limits.MaxParts) return PartIntake.RefusePart(s, part, FailureReason.TooManyParts);
        if (terms.Offer.PaymentSize is null) return PartIntake.RefusePart(s, part, FailureReason.OneHtlcOnly);
        if (s.Over.Carry(part) is not { } late) return PartIntake.RefusePart(s, part, FailureReason.FeeNotCovered);
        return Transition
            .To(s with { Forwards = s.Forwards.Add(late), Fee = s.Fee + late.OpeningFee }, new ForwardParts(s.Over.Channel, [late]), Listing.Timer)
            .Tell(new PartsForwarded(s.Over.Channel, [late]));
    }

    /// <summary>The list contains all payments over that channel: only rows that match a part exactly count.</summary>
    private static Transition OnSeen(ForwardingOverExisting s, ForwardsSeen seen)
    {
        ValueList<ForwardSeen> ours = [.. seen.Seen.Where(row => s.Forwards.Locate(row, seen) is { } part && seen.Seen.Any(own => own.Htlc == part.Htlc))];
        ValueList<Forward> forwards = s.Forwards.Mark(new ForwardsSeen(ours));
        bool isHopeless = !seen.ChannelExists || seen.Dead || s.Overdue;
        bool IsLost(Forward f) => f.IsOpen && !s.Replayed.Holds(f.Htlc) && !ours.Any(row => row.Htlc == f.Htlc)
            && (seen.Gone.Contains(f.Htlc) || (isHopeless && !seen.Waiting.Contains(f.Htlc)));
        forwards = [.. forwards.Select(f => IsLost(f) ? f with { Status = ForwardStatus.Failed } : f)];
        ForwardingOverExisting next = s with { Forwards = forwards, Overdue = false };
        if (s.Replayed.Count == 0) return AskAgain(s, Weigh(next));
        if (seen.Usable) return SendReplayed(next);
        return isHopeless ? FailReplayed(next, FailureReason.ChannelNotReady) : LookLater(next);
    }

    private static Transition OnTimer(ForwardingOverExisting s, TimerFired fired) => fired.Timer switch
    {
        SessionTimer.Listing when IsAnyLost(s) || s.Replayed.Count > 0 => Transition.To(s with { Overdue = true }, Look(s)),
        SessionTimer.Retry when s.Replayed.Count > 0 => Transition.To(s, Look(s)),
        _ => Transition.Ignore(s, fired, "the parts are forwarded"),
    };

    /// <summary>The node watches the expiry of forwarded HTLCs; only parts that wait here must be failed by us.</summary>
    private static Transition OnBlock(SessionTerms terms, ForwardingOverExisting s, BlockAdded block)
    {
        if (!s.Replayed.ExpireWithin(block.Height, terms.Limits.CltvSafety)) return Transition.To(s, Look(s));
        Transition t = FailReplayed(s, FailureReason.CltvTooClose);
        return t.Next is ForwardingOverExisting left ? t.Do(Look(left)) : t;
    }

    /// <summary>Still undecided after the timeout: the incoming channel cannot be read, or another plugin holds the part.</summary>
    private static Transition AskAgain(ForwardingOverExisting before, Transition t) => before.Overdue && t.Next is ForwardingOverExisting open && IsAnyLost(open) ? t.Do(Listing.Timer) : t;

    private static bool IsAnyLost(ForwardingOverExisting s) => s.Forwards.Any(f => f.Status == ForwardStatus.Handed && !s.Replayed.Holds(f.Htlc));

    private static Transition LookLater(ForwardingOverExisting s) => Transition.To(s, new StartTimer(SessionTimer.Retry, LookAgain));

    private static Transition SendReplayed(ForwardingOverExisting s)
    {
        ValueList<Forward> waiting = [.. s.Replayed.Select(part => s.Forwards.LocateExactly(part.Htlc)).OfType<Forward>()];
        return Weigh(s with { Replayed = [] }).Do(new ForwardParts(s.Over.Channel, waiting), Listing.Timer);
    }

    private static Transition FailReplayed(ForwardingOverExisting s, FailureReason reason)
    {
        ValueList<Forward> forwards = s.Forwards;
        foreach (Part part in s.Replayed) forwards = forwards.Mark(part.Htlc, ForwardStatus.Failed);
        return Weigh(s with { Forwards = forwards, Replayed = [] }).Do(new FailParts(s.Replayed, reason)).Tell(new PartsFailed(s.Replayed, reason));
    }

    private static Transition Weigh(ForwardingOverExisting s)
    {
        if (s.Forwards.Any(static forward => forward.IsOpen)) return Transition.To(s);
        bool paid = s.Forwards.Any(forward => forward.Status == ForwardStatus.Settled);
        Outcome outcome = paid ? Outcome.Succeeded : Outcome.Failed;
        FailureReason? reason = paid ? null : FailureReason.PaymentRejected;
        Transition t = Transition.To(new Ended(outcome, reason, Plan: null, s.Forwards, s.Fee, Preimage: null));
        if (paid) t = t.Tell(new PaymentPassed(s.Over.Channel, new Msat(s.Forwards.Where(f => f.Status == ForwardStatus.Settled).Aggregate(0UL, static (sum, f) => sum + f.Amount.Value))));
        return t.Tell(new SessionEnded(outcome, reason));
    }
}
