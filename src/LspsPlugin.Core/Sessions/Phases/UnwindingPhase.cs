using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Sessions.Phases;

/// <summary>The attempt failed and its parts are answered; what its funding left on the node is released before it ends.</summary>
internal static class UnwindingPhase
{
    public static Transition On(SessionTerms terms, Unwinding s, SessionInput input) => input.Kind switch
    {
        InputKind.PartArrived => OnPart(terms, s, (PartArrived)input),
        InputKind.ChannelFound or InputKind.OpeningStarted or InputKind.OpeningFailed or InputKind.FundingPlanned or InputKind.InputsReserved or InputKind.ChannelSecured
            or InputKind.FundingAbsent or InputKind.ChannelNormal or InputKind.ClientConnected or InputKind.Released or InputKind.ReleaseFailed =>
            Follow(terms, s, input, FundingMachine.Apply(AwaitingChannelPhase.Terms(terms, s.Held, s.Fee), s.Funding, (FundingInput)input)),
        InputKind.TimerFired => OnTimer(terms, s, (TimerFired)input),
        InputKind.BlockAdded => OnBlock(terms, s, (BlockAdded)input),

        InputKind.PartSettled => OnSettled(terms, s, (PartSettled)input),
        InputKind.ForwardsSeen => OnSeen(terms, s, (ForwardsSeen)input),
        InputKind.ChannelPending or InputKind.ChannelReady or InputKind.ChannelClosed => Transition.Ignore(s, input, "the release checks the channel itself"),
        InputKind.PartOffered or InputKind.PartFailed => Transition.Ignore(s, input, "every part is answered"),
        InputKind.FundingSigned or InputKind.FundingBroadcast or InputKind.BroadcastFailed or InputKind.FundingConfirmed or InputKind.FeesRestored
            or InputKind.RestoreFailed or InputKind.LossBorne or InputKind.LossRefused => Transition.Ignore(s, input, "nothing was broadcast"),
        InputKind.SaveFailed => Transition.Ignore(s, input, "the save is retried"),
        InputKind.Displaced => Transition.Ignore(s, input, "this payment already holds the offer"),
        InputKind.Cancelled => OnCancelled(s, input),
    };

    /// <summary>What a crash interrupted would start over.</summary>
    private static Transition OnCancelled(Unwinding s, SessionInput input) => s.Reason == FailureReason.Restarted
        ? Failing.FailHeld(Transition.To(s with { Reason = FailureReason.Cancelled, Held = [] }), s.Held, FailureReason.Cancelled)
        : Transition.Ignore(s, input, "the payment is given up already");

    /// <summary>
    /// Holds a part that arrives during the release: it starts over in a new session once everything is released. A release may take long, so the
    /// part waits no longer than any incomplete payment.
    /// </summary>
    private static Transition OnPart(SessionTerms terms, Unwinding s, PartArrived arrived)
    {
        // After a restart the other parts of a payment that is too old are replayed one by one.
        if (s.Reason == FailureReason.HeldTooLong) return PartIntake.RefusePart(s, arrived.Part, FailureReason.HeldTooLong);
        Transition t = PartIntake.Join(terms, s, s.Held, arrived, held => s with { Held = held });
        return s.Held.Count == 0 && t.Next != s ? t.Do(new StartTimer(SessionTimer.Collect, terms.Limits.CollectTimeout)) : t;
    }

    private static Transition OnTimer(SessionTerms terms, Unwinding s, TimerFired fired) => fired.Timer switch
    {
        SessionTimer.Retry => Follow(terms, s, fired, FundingMachine.Retry(AwaitingChannelPhase.Terms(terms, s.Held, s.Fee), s.Funding)),
        SessionTimer.Collect => Failing.FailHeld(Transition.To(s with { Held = [] }), s.Held, FailureReason.CollectTimeout),
        SessionTimer.Offer or SessionTimer.ClientWait or SessionTimer.ChannelReady or SessionTimer.Listing =>
            Transition.Ignore(s, fired, "the attempt is over already"),
    };

    private static Transition Follow(SessionTerms terms, Unwinding s, SessionInput input, FundingStep step)
    {
        if (step.Ignored is { } because) return Transition.Ignore(s, input, because);
        if (step.Next is Over) return End(terms, s);
        Transition t = Funded.To(s with { Funding = step.Next }, step);
        return step.ReleaseProblem is { } problem ? t.Tell(new ReleaseOverdue(((Releasing)step.Next).Attempt, problem)) : t;
    }

    /// <summary>The preimage arrived late: the channel is owed, and the release stops.</summary>
    private static Transition OnSettled(SessionTerms terms, Unwinding s, PartSettled settled) =>
        s is { Plan: { } plan, Reason: not FailureReason.ChannelForfeited } && s.Forwards.Locate(settled.Htlc) is not null
            ? Claimed(terms, s, plan, s.Forwards.Mark(settled.Htlc, ForwardStatus.Settled), settled.Preimage)
            : Transition.Ignore(s, settled, "the part is not of this payment");

    /// <summary>The release, or a pending lookup, found that the client was paid.</summary>
    private static Transition OnSeen(SessionTerms terms, Unwinding s, ForwardsSeen seen)
    {
        ValueList<Forward> forwards = s.Forwards.Mark(seen);
        return s is { Plan: { } plan, Reason: not FailureReason.ChannelForfeited } && (seen.ClientOwns > Msat.Zero || forwards.Any(f => f.Status == ForwardStatus.Settled))
            ? Claimed(terms, s, plan, forwards, preimage: null)
            : Transition.Ignore(s, seen, "every part is answered");
    }

    /// <summary>
    /// The client has a balance in the channel, so it is never closed. If the fee is paid it is funded, and parts held for a new attempt count as
    /// late parts; otherwise it waits for the rest of its fee.
    /// </summary>
    private static Transition Claimed(SessionTerms terms, Unwinding s, FundingPlan plan, ValueList<Forward> forwards, Preimage? preimage)
    {
        if (FeeAllocation.Unearned(forwards, s.Fee) > Msat.Zero)
        {
            Transition waits = UnderpaidPhase.Begin(terms, new Underpaid(forwards, s.Fee, plan, preimage));
            return Failing.FailHeld(waits, s.Held, FailureReason.FeeOutstanding);
        }

        Transition t = Transition.To(new Broadcasting(forwards, s.Fee, plan, preimage), new SignFunding(plan));
        return s.Held.Count == 0 ? t : LatePart.Forward(t, plan, forwards, s.Held);
    }

    private static Transition OnBlock(SessionTerms terms, Unwinding s, BlockAdded block) => PartIntake.OnBlock(
        terms, s, s.Held, block.Height, held => s with { Held = held }, reason => Failing.FailHeld(Transition.To(s with { Held = [] }), s.Held, reason));

    private static Transition End(SessionTerms terms, Unwinding s)
    {
        if (s.Reason == FailureReason.Restarted && s.Held.Count > 0) return CollectingPhase.Resume(terms, s.Held);
        Outcome outcome = s.ChannelExisted ? Outcome.Abandoned : Outcome.Failed;
        return Transition
            .To(new Ended(outcome, s.Reason, s.Plan, s.Forwards, s.Fee, Preimage: null))
            .Tell(new SessionEnded(outcome, s.Reason));
    }
}
