using System.Collections.Immutable;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Sessions.Phases;

/// <summary>
/// The payment went over a channel that the client had already. Nothing is owed: what is kept is kept so that a part which the node offers
/// again goes the same way, and to tell how it ended. The offer stays unpaid, and good for an opening.
/// </summary>
internal static class PassingPhase
{
    public static Transition On(SessionTerms terms, Passing s, SessionInput input) => input.Kind switch
    {
        InputKind.PartArrived => OnPart(terms, s, (PartArrived)input),
        InputKind.PartSettled => Weigh(s with { Forwards = s.Forwards.Mark(((PartSettled)input).Htlc, ForwardStatus.Settled) }),
        InputKind.PartFailed => Weigh(s with { Forwards = s.Forwards.Mark(((PartFailed)input).Htlc, ForwardStatus.Failed) }),
        InputKind.ForwardsSeen => OnSeen(s, (ForwardsSeen)input),
        InputKind.BlockAdded => Transition.To(s, Look(s)),
        InputKind.TimerFired => ((TimerFired)input).Timer == SessionTimer.Replay
            ? Transition.To(s with { Overdue = true }, Look(s))
            : Transition.Ignore(s, input, "the parts are forwarded"),
        InputKind.OpeningFailed => Transition.Ignore(s, input, "the next block brings another look"),
        InputKind.SaveFailed => Transition.Ignore(s, input, "what is on record still holds; the save is tried again"),

        InputKind.ClientConnected or InputKind.ChannelFound or InputKind.OpeningStarted or InputKind.FundingPlanned or InputKind.InputsReserved
            or InputKind.ChannelSecured or InputKind.FundingAbsent or InputKind.ChannelNormal or InputKind.ChannelPending or InputKind.ChannelReady
            or InputKind.ChannelClosed or InputKind.FundingSigned or InputKind.FundingBroadcast or InputKind.BroadcastFailed
            or InputKind.FundingConfirmed or InputKind.FeesRestored or InputKind.RestoreFailed or InputKind.Released or InputKind.ReleaseFailed =>
            Transition.Ignore(s, input, "no channel was opened"),
    };

    /// <summary>Sends the payment over <paramref name="found"/>, or asks for a channel of its own where that cannot carry it at the promised price.</summary>
    public static Transition Begin(Negotiating s, ChannelFound found)
    {
        if (Carried(s, found) is not { } forwards) return Transition.To(s, NegotiatingPhase.Ask(s.Parts, s.Fee) with { Anew = true });
        ulong taken = forwards.Aggregate(0UL, static (sum, forward) => sum + forward.OpeningFee.Value);
        return Transition
            .To(new Passing(forwards, new Msat(taken), found.Channel), new ForwardParts(found.Channel.Channel, forwards))
            .Tell(new PartsForwarded(found.Channel.Channel, forwards));
    }

    public static CheckForwards Look(Passing s) => new(s.Over.Channel, s.Over.Alias, Plan: null);

    /// <summary>Null when a part, or all of them, do not fit, or the node would take more than the opening fee that was promised.</summary>
    private static ValueList<Forward>? Carried(Negotiating s, ChannelFound found)
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

    private static Transition OnPart(SessionTerms terms, Passing s, PartArrived arrived)
    {
        Part part = arrived.Part;
        if (s.Forwards.FirstOrDefault(forward => forward.Htlc == part.Htlc) is { } decided)
        {
            return decided.Status == ForwardStatus.Offered
                ? Transition.To(s, new ForwardParts(s.Over.Channel, [decided]))
                : Intake.RefusePart(s, part, FailureReason.PaymentRejected);
        }

        if (Intake.Refuse(terms, arrived) is { } refused) return Intake.RefusePart(s, part, refused);
        if (s.Forwards.Count >= terms.Limits.MaxParts) return Intake.RefusePart(s, part, FailureReason.TooManyParts);
        if (terms.Offer.PaymentSize is null) return Intake.RefusePart(s, part, FailureReason.OneHtlcOnly);
        if (s.Over.Carry(part) is not { } late) return Intake.RefusePart(s, part, FailureReason.FeeNotCovered);
        return Transition
            .To(s with { Forwards = s.Forwards.Add(late), Fee = s.Fee + late.OpeningFee }, new ForwardParts(s.Over.Channel, [late]))
            .Tell(new PartsForwarded(s.Over.Channel, [late]));
    }

    /// <summary>The list has all that ever went over that channel: nothing is said of a part that it does not name itself.</summary>
    private static Transition OnSeen(Passing s, ForwardsSeen seen)
    {
        ValueList<ForwardSeen> ours = [.. seen.Seen.Where(row => s.Forwards.Locate(row, seen) is { } part && seen.Seen.Any(own => own.Htlc == part.Htlc))];
        ValueList<Forward> forwards = s.Forwards.Mark(new ForwardsSeen(ours));
        if (!seen.ChannelExists || s.Overdue)
        {
            forwards = [.. forwards.Select(f => f.Status == ForwardStatus.Offered && !ours.Any(row => row.Htlc == f.Htlc) ? f with { Status = ForwardStatus.Failed } : f)];
        }

        return Weigh(s with { Forwards = forwards, Overdue = false });
    }

    private static Transition Weigh(Passing s)
    {
        if (s.Forwards.Any(forward => forward.Status == ForwardStatus.Offered)) return Transition.To(s);
        bool paid = s.Forwards.Any(forward => forward.Status == ForwardStatus.Settled);
        Outcome outcome = paid ? Outcome.Succeeded : Outcome.Failed;
        FailureReason? reason = paid ? null : FailureReason.PaymentRejected;
        Transition t = Transition.To(new Ended(outcome, reason, Plan: null, s.Forwards, s.Fee, Preimage: null));
        if (paid) t = t.Tell(new PaymentPassed(s.Over.Channel, new Msat(s.Forwards.Where(f => f.Status == ForwardStatus.Settled).Aggregate(0UL, static (sum, f) => sum + f.Amount.Value))));
        return t.Tell(new SessionEnded(outcome, reason));
    }
}
