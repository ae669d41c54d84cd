namespace LspsPlugin.Core.Sessions.Phases;

/// <summary>The plan is saved and its inputs are being reserved. After a restart: looks whether its channel exists.</summary>
internal static class ReservingPhase
{
    /// <summary>How often new inputs are selected when others reserve ours first.</summary>
    private const int MostPlans = 4;

    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(2);

    public static Transition On(SessionTerms terms, Reserving s, SessionInput input) => input.Kind switch
    {
        InputKind.PartArrived => OnPart(terms, s, (PartArrived)input),
        InputKind.InputsReserved => Transition.To(new Funding(s.Parts, s.Fee, s.Plan), new CompleteFunding(s.Plan)),
        InputKind.OpeningFailed => OnFailed(s, (OpeningFailed)input),
        InputKind.ChannelSecured => FundingPhase.Secured(terms, s.Parts, s.Fee, s.Plan, normal: false),
        InputKind.FundingAbsent => StartOver(terms, s),
        InputKind.BlockAdded => PartIntake.OnBlock(terms, s, s.Parts, ((BlockAdded)input).Height, parts => s with { Parts = parts }, reason => GiveUp(s, s.Parts, reason)),
        InputKind.TimerFired => OnTimer(terms, s, (TimerFired)input),
        InputKind.SaveFailed => Transition.Ignore(s, input, "the plan is saved already"),

        InputKind.ClientConnected => Transition.Ignore(s, input, "the client accepted already"),
        InputKind.ChannelFound or InputKind.OpeningStarted or InputKind.FundingPlanned => Transition.Ignore(s, input, "the plan is made"),
        InputKind.ChannelNormal or InputKind.ChannelPending or InputKind.ChannelReady or InputKind.ChannelClosed =>
            Transition.Ignore(s, input, "the lookup of the channel decides"),
        InputKind.PartOffered or InputKind.PartSettled or InputKind.PartFailed or InputKind.ForwardsSeen => Transition.Ignore(s, input, "nothing was forwarded"),
        InputKind.FundingSigned or InputKind.FundingBroadcast or InputKind.BroadcastFailed or InputKind.FundingConfirmed or InputKind.FeesRestored
            or InputKind.RestoreFailed or InputKind.Released or InputKind.ReleaseFailed or InputKind.LossBorne or InputKind.LossRefused => Transition.Ignore(s, input, "there is no channel"),
        InputKind.Displaced => Transition.Ignore(s, input, "this payment already holds the offer"),
    };

    /// <summary>
    /// After a restart the timer runs from the first part that is replayed. The payment was complete when its channel was planned: a replayed part is
    /// at least that old.
    /// </summary>
    private static Transition OnPart(SessionTerms terms, Reserving s, PartArrived arrived)
    {
        if (s.Opening is null) arrived = arrived with { Part = arrived.Part with { Since = s.Plan.PlannedAt } };
        Transition t = PartIntake.Join(terms, s, s.Parts, arrived, parts => s with { Parts = parts });
        if (s.Opening is not null || t.Next == s) return t;
        if (arrived.Part.IsStale(arrived.Height)) return GiveUp(s, ((Reserving)t.Next).Parts, FailureReason.HeldTooLong);
        return s.Parts.Count == 0 ? t.Do(new StartTimer(SessionTimer.Collect, terms.Limits.CollectTimeout)) : t;
    }

    private static Transition OnTimer(SessionTerms terms, Reserving s, TimerFired fired) => fired.Timer switch
    {
        SessionTimer.Retry when s.Opening is null => Transition.To(s, new FindFunding(s.Plan)),
        SessionTimer.Collect when s.Opening is null && !PartIntake.IsComplete(terms, s.Parts) =>
            Failing.FailHeld(Transition.To(s with { Parts = [] }), s.Parts, FailureReason.CollectTimeout),
        SessionTimer.Collect => Transition.Ignore(s, fired, "the payment was complete in time"),
        SessionTimer.Retry or SessionTimer.Offer or SessionTimer.ClientWait or SessionTimer.ChannelReady or SessionTimer.Listing =>
            Transition.Ignore(s, fired, "the node answers within its own deadline"),
    };

    private static Transition OnFailed(Reserving s, OpeningFailed failed)
    {
        // An input was reserved by somebody else after planning. Nothing of ours is reserved: plan again with the remaining inputs.
        if (failed.Failure == OpeningFailure.InputsTaken && s.Opening is { } opening && s.Attempt + 1 < MostPlans)
        {
            return Transition.To(new Planning(s.Parts, s.Fee, opening, s.Attempt + 1), new PlanFunding(opening));
        }

        var told = new StepFailed(s.Phase, failed.Failure, failed.Detail);

        // After a restart the lookup itself failed: nothing is known, so nothing is given up.
        if (s.Opening is null) return Transition.To(s, new StartTimer(SessionTimer.Retry, LookAgain)).Tell(told);

        return Failing.Unwind(s.Parts, s.Fee, Failing.Reason(failed.Failure), s.Plan, inFlight: false)
            .Tell(told);
    }

    /// <summary>
    /// After a restart only a lookup can be pending, and its outcome need not be awaited; there may be only a timer for the next one.
    /// </summary>
    private static Transition GiveUp(Reserving s, ValueList<Part> parts, FailureReason reason) =>
        Failing.Unwind(parts, s.Fee, reason, s.Plan, inFlight: s.Opening is not null);

    /// <summary>A crash does not fail the payment: what the plan left behind is released, and the held parts start over.</summary>
    private static Transition StartOver(SessionTerms terms, Reserving s)
    {
        Transition t = Transition.To(
            new Unwinding(FailureReason.Restarted, s.Plan, InFlight: false, s.Fee, s.Parts, Forwards: [], ChannelExisted: false),
            new Release(s.Plan));
        return s.Parts.Count == 0 ? t : t.Do(new StartTimer(SessionTimer.Collect, terms.Limits.CollectTimeout));
    }
}
