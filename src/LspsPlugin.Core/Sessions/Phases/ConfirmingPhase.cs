using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Sessions.Phases;

/// <summary>
/// The funding was sent. It is sent again with each block until the answer is that it is buried, because the node does not rebroadcast it.
/// </summary>
internal static class ConfirmingPhase
{
    /// <summary>The depth until which the node itself watches a funding for reorgs.</summary>
    private const uint SafeDepth = 6;

    public static bool IsBuried(BlockCount depth) => depth.Value >= SafeDepth;

    public static Transition On(Confirming s, SessionInput input) => input.Kind switch
    {
        InputKind.PartArrived => s.Unpaid
            ? PartIntake.RefusePart(s, ((PartArrived)input).Part, FailureReason.NeverPaid)
            : LatePart.Forward(Transition.To(s), s.Plan, s.Forwards, [((PartArrived)input).Part]),
        InputKind.FundingConfirmed => Settle(s with { Buried = s.Buried || IsBuried(((FundingConfirmed)input).Depth) }),
        InputKind.FeesRestored => Settle(s with { FeesRestored = true }),
        InputKind.BlockAdded => OnBlock(s),
        InputKind.BroadcastFailed => Transition.To(s).Tell(new BroadcastOverdue(s.Plan.Channel, 1, ((BroadcastFailed)input).Detail)),
        InputKind.FundingBroadcast => Transition.Ignore(s, input, "broadcast again; the next block is checked"),
        InputKind.FundingSigned => Transition.Ignore(s, input, "the signature is saved already"),
        InputKind.RestoreFailed => Transition.To(s).Tell(new StepFailed(s.Phase, null, ((RestoreFailed)input).Detail)),

        // No channel is left to set fees on, but its funding must still be buried.
        InputKind.ChannelClosed => Settle(s with { FeesRestored = true }),

        // Closed and resolved on chain, or forgotten by the operator: nothing is left to watch.
        InputKind.FundingAbsent => s.Unpaid ? OnUnpaidGone(s, (FundingAbsent)input) : Gone(s with { Buried = true, FeesRestored = true }),

        InputKind.PartFailed => OnFailed(s, (PartFailed)input),
        InputKind.PartSettled => s.Unpaid
            ? Transition.Ignore(s, input, "the offer is over, and nobody paid")
            : Settle(s with { Forwards = KeptFee.OnSettled(s.Forwards, (PartSettled)input) }),
        InputKind.ForwardsSeen => OnSeen(s, (ForwardsSeen)input),
        InputKind.PartOffered => Transition.Ignore(s, input, "one settled part decides; the node resolves the other parts itself"),
        InputKind.OpeningFailed => Transition.Ignore(s, input, "retried with the next block"),
        InputKind.TimerFired or InputKind.ClientConnected => Transition.Ignore(s, input, "blocks drive the confirmation"),
        InputKind.ChannelFound or InputKind.OpeningStarted or InputKind.FundingPlanned or InputKind.InputsReserved
            or InputKind.ChannelSecured or InputKind.ChannelNormal or InputKind.ChannelPending or InputKind.ChannelReady =>
            Transition.Ignore(s, input, "the parts are forwarded"),
        InputKind.Released or InputKind.ReleaseFailed or InputKind.LossBorne or InputKind.LossRefused => Transition.Ignore(s, input, "a paid channel is never released"),
        InputKind.SaveFailed => Transition.Ignore(s, input, "the save is retried"),
        InputKind.Displaced => Transition.Ignore(s, input, "the payment is complete"),
        InputKind.Cancelled => Transition.Ignore(s, input, "the client was paid"),
    };

    /// <summary>The client may have closed the channel before its funding was sent: then the inputs must be unreserved, and nothing was lost.</summary>
    private static Transition OnUnpaidGone(Confirming s, FundingAbsent gone) => gone.NeverSent is { } never
        ? Failing.Unwind([], s.Fee, never ? FailureReason.ClientRejected : FailureReason.NeverPaid, FundingMachine.Release(s.Plan), channelExisted: true)
        : Transition.To(s, new BroadcastFunding(s.Plan, s.SignedPsbt));

    private static Transition Gone(Confirming s) => IsFeeOpen(s) ? Transition.To(s, Look(s)) : Settle(s);

    private static Transition OnBlock(Confirming s)
    {
        Transition t = Transition.To(s);
        if (!s.Buried) t = t.Do(new BroadcastFunding(s.Plan, s.SignedPsbt));
        if (IsFeeOpen(s)) t = t.Do(Look(s));
        return s.FeesRestored ? t : t.Do(new RestoreFees(s.Plan.Channel, Again: true));
    }

    /// <summary>
    /// Whether the client has not decided all parts that carry opening fee: until then it is unknown whether the channel was paid for.
    /// </summary>
    public static bool IsFeeOpen(Confirming s) => !s.Unpaid && s.Forwards.Any(static f => f.IsFeeOpen);

    public static CheckForwards Look(Confirming s) => new(s.Plan.Channel, Alias: null, s.Plan, s.Forwards.Keys());

    private static Transition OnFailed(Confirming s, PartFailed failed)
    {
        Transition t = KeptFee.OnFailed(s, s.Unpaid ? [] : s.Forwards, s.Plan, failed, marked => s with { Forwards = marked });
        if (t.Next is not Confirming next || next == s) return t;
        Transition settled = Settle(next);
        return settled with { Events = [.. t.Events, .. settled.Events] };
    }

    /// <summary>
    /// Reads parts whose notification was lost from the node's list. An unlisted part does not count against the client if its HTLC is gone, or if
    /// that cannot be determined after six blocks. A part still undecided when the channel is gone was never paid.
    /// </summary>
    private static Transition OnSeen(Confirming s, ForwardsSeen seen)
    {
        if (!IsFeeOpen(s)) return Transition.Ignore(s, seen, "every part that carries opening fee is resolved");
        ValueList<Forward> forwards = s.Forwards.Mark(seen);
        return Settle(s with { Forwards = [.. forwards.Select(f => f with { Status = Decided(s, f, forwards, seen) })] });
    }

    private static ForwardStatus Decided(Confirming s, Forward f, ValueList<Forward> forwards, ForwardsSeen seen)
    {
        if (!f.IsOpen) return f.Status;
        if (seen.Gone.Contains(f.Htlc)) return ForwardStatus.Settled;
        if (!seen.ChannelExists) return ForwardStatus.Failed;
        return s.Buried && forwards.IsUnlisted(f, seen) && !seen.Waiting.Contains(f.Htlc) ? ForwardStatus.Settled : f.Status;
    }

    private static Transition Settle(Confirming s)
    {
        if (!s.Buried || !s.FeesRestored || IsFeeOpen(s)) return Transition.To(s);
        if (s.Unpaid)
        {
            return Transition
                .To(new Ended(Outcome.Abandoned, FailureReason.NeverPaid, s.Plan, s.Forwards, s.Fee, Preimage: null))
                .Tell(new SessionEnded(Outcome.Abandoned, FailureReason.NeverPaid));
        }

        return Transition
            .To(new Ended(Outcome.Succeeded, Reason: null, s.Plan, s.Forwards, s.Fee, s.Preimage))
            .Tell(new SessionEnded(Outcome.Succeeded, null));
    }
}
