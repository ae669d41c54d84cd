namespace LspsPlugin.Core.Sessions.Phases;

/// <summary>The plan is on record and its inputs are being reserved; after a restart: looks whether its channel exists.</summary>
internal static class ReservingPhase
{
    /// <summary>How often new inputs are chosen when others take ours first.</summary>
    private const int MostPlans = 4;

    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(2);

    public static Transition On(SessionTerms terms, Reserving s, SessionInput input) => input.Kind switch
    {
        InputKind.PartArrived => Intake.Join(terms, s, s.Parts, (PartArrived)input, parts => s with { Parts = parts }),
        InputKind.InputsReserved => Transition.To(new Funding(s.Parts, s.Fee, s.Plan), new CompleteFunding(s.Plan)),
        InputKind.OpeningFailed => OnFailed(s, (OpeningFailed)input),
        InputKind.ChannelSecured => FundingPhase.Secured(terms, s.Parts, s.Fee, s.Plan, normal: false),
        InputKind.FundingAbsent => StartOver(s),
        InputKind.BlockAdded => s.Parts.ExpireWithin(((BlockAdded)input).Height, terms.Limits.CltvSafety)
            ? GiveUp(s)
            : Transition.To(s),
        InputKind.TimerFired => s.Opening is null && ((TimerFired)input).Timer == SessionTimer.Retry
            ? Transition.To(s, new FindFunding(s.Plan))
            : Transition.Ignore(s, input, "the node answers within its own deadline"),
        InputKind.SaveFailed => Transition.Ignore(s, input, "the plan is on record already"),

        InputKind.ClientConnected => Transition.Ignore(s, input, "the client accepted already"),
        InputKind.ChannelFound or InputKind.OpeningStarted or InputKind.FundingPlanned => Transition.Ignore(s, input, "the plan is made"),
        InputKind.ChannelNormal or InputKind.ChannelPending or InputKind.ChannelReady or InputKind.ChannelClosed =>
            Transition.Ignore(s, input, "the look at the channel tells"),
        InputKind.PartSettled or InputKind.PartFailed or InputKind.ForwardsSeen => Transition.Ignore(s, input, "nothing was forwarded"),
        InputKind.FundingSigned or InputKind.FundingBroadcast or InputKind.BroadcastFailed or InputKind.FundingConfirmed or InputKind.FeesRestored
            or InputKind.RestoreFailed or InputKind.Released or InputKind.ReleaseFailed => Transition.Ignore(s, input, "there is no channel"),
    };

    private static Transition OnFailed(Reserving s, OpeningFailed failed)
    {
        // Somebody took an input between plan and reservation. Nothing of ours is reserved: plan again with what is left.
        if (failed.Failure == OpeningFailure.InputsTaken && s.Opening is { } opening && s.Attempt + 1 < MostPlans)
        {
            return Transition.To(new Planning(s.Parts, s.Fee, opening, s.Attempt + 1), new PlanFunding(opening));
        }

        var told = new StepFailed(s.Phase, failed.Failure, failed.Detail);

        // After a restart the look itself failed: nothing is known, so nothing is given up.
        if (s.Opening is null) return Transition.To(s, new StartTimer(SessionTimer.Retry, LookAgain)).Tell(told);

        return Failing.Unwind(s.Parts, s.Fee, Failing.Reason(failed.Failure), s.Plan, inFlight: false)
            .Tell(told);
    }

    /// <summary>After a restart nothing but a look can be out, and nobody waits for a look: there may be none, only a timer for the next.</summary>
    private static Transition GiveUp(Reserving s) =>
        Failing.Unwind(s.Parts, s.Fee, FailureReason.CltvTooClose, s.Plan, inFlight: s.Opening is not null);

    /// <summary>A crash is no reason to fail a payment: what the plan left behind is released, the held parts go on.</summary>
    private static Transition StartOver(Reserving s) => Transition.To(
        new Unwinding(FailureReason.Restarted, s.Plan, InFlight: false, s.Fee, s.Parts, Forwards: [], ChannelExisted: false),
        new Release(s.Plan));
}
