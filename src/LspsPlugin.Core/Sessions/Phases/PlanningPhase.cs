namespace LspsPlugin.Core.Sessions.Phases;

/// <summary>The wallet computes the funding transaction. Nothing is reserved, so nothing must be released.</summary>
internal static class PlanningPhase
{
    public static Transition On(SessionTerms terms, Planning s, SessionInput input) => input.Kind switch
    {
        InputKind.PartArrived => PartIntake.Join(terms, s, s.Parts, (PartArrived)input, parts => s with { Parts = parts }),
        InputKind.FundingPlanned => Plan(terms, s, ((FundingPlanned)input).Plan),
        InputKind.OpeningFailed => OnFailed(s, (OpeningFailed)input),
        InputKind.SaveFailed => Failing.Unwind(s.Parts, s.Fee, FailureReason.NotRecorded, plan: null, inFlight: false),
        InputKind.BlockAdded => PartIntake.OnBlock(
            terms, s, s.Parts, ((BlockAdded)input).Height, parts => s with { Parts = parts }, reason => Failing.Unwind(s.Parts, s.Fee, reason, plan: null, inFlight: true)),
        InputKind.TimerFired => Transition.Ignore(s, input, "the wallet answers within its own deadline"),

        InputKind.ClientConnected => Transition.Ignore(s, input, "the client accepted already"),
        InputKind.ChannelFound or InputKind.OpeningStarted => Transition.Ignore(s, input, "the client accepted already"),
        InputKind.InputsReserved or InputKind.ChannelSecured or InputKind.FundingAbsent or InputKind.ChannelNormal
            or InputKind.ChannelPending or InputKind.ChannelReady or InputKind.ChannelClosed => Transition.Ignore(s, input, "nothing is funded"),
        InputKind.PartOffered or InputKind.PartSettled or InputKind.PartFailed or InputKind.ForwardsSeen => Transition.Ignore(s, input, "nothing was forwarded"),
        InputKind.FundingSigned or InputKind.FundingBroadcast or InputKind.BroadcastFailed or InputKind.FundingConfirmed or InputKind.FeesRestored
            or InputKind.RestoreFailed or InputKind.Released or InputKind.ReleaseFailed or InputKind.LossBorne or InputKind.LossRefused => Transition.Ignore(s, input, "there is no channel"),
        InputKind.Displaced => Transition.Ignore(s, input, "the payment is complete"),
    };

    /// <summary>
    /// Checks the cost of the plan, which is now known with the feerate that will be paid. The estimate made before the client was asked may be
    /// outdated or missing.
    /// </summary>
    private static Transition Plan(SessionTerms terms, Planning s, FundingPlan plan) => plan.Cost.ToMsat() > s.Fee + terms.Limits.MaxShortfall.ToMsat()
        ? OnFailed(s, new OpeningFailed(
            OpeningFailure.ChainTooDear, $"the channel costs {plan.Cost}, the promised fee is {s.Fee}; `lsps2-max-shortfall-sat` is {terms.Limits.MaxShortfall.Value}"))
        : Transition.To(new Reserving(s.Parts, s.Fee, plan, s.Opening, s.Attempt), new ReserveInputs(plan));

    private static Transition OnFailed(Planning s, OpeningFailed failed) => Failing
        .Unwind(s.Parts, s.Fee, Failing.Reason(failed.Failure), plan: null, inFlight: false)
        .Tell(new StepFailed(s.Phase, failed.Failure, failed.Detail));
}
