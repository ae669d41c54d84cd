using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Sessions.Phases;

/// <summary>fundchannel_complete is pending. The channel id is already saved, whatever the answer is.</summary>
internal static class FundingPhase
{
    private static readonly TimeSpan LookAfter = TimeSpan.FromSeconds(1);

    public static Transition On(SessionTerms terms, Funding s, SessionInput input) => input.Kind switch
    {
        InputKind.PartArrived => PartIntake.Join(terms, s, s.Parts, (PartArrived)input, parts => s with { Parts = parts }),
        InputKind.ChannelSecured => Secured(terms, s.Parts, s.Fee, s.Plan, s.Normal),
        InputKind.ChannelNormal => Transition.To(s with { Normal = true }),
        InputKind.OpeningFailed => OnFailed(s, (OpeningFailed)input),
        InputKind.FundingAbsent => Failing.Unwind(s.Parts, s.Fee, FailureReason.NodeRefused, s.Plan, inFlight: false),
        InputKind.BlockAdded => PartIntake.OnBlock(
            terms, s, s.Parts, ((BlockAdded)input).Height, parts => s with { Parts = parts }, reason => Failing.Unwind(s.Parts, s.Fee, reason, s.Plan, inFlight: !s.Lost)),
        InputKind.TimerFired => s.Lost && ((TimerFired)input).Timer == SessionTimer.Retry
            ? Transition.To(s, new FindFunding(s.Plan))
            : Transition.Ignore(s, input, "the node answers within its own deadline"),
        InputKind.SaveFailed => Transition.Ignore(s, input, "the plan is saved already"),

        InputKind.ClientConnected => Transition.Ignore(s, input, "the client accepted already"),
        InputKind.ChannelPending or InputKind.ChannelReady => Transition.Ignore(s, input, "the channel was not checked yet"),
        InputKind.ChannelClosed => Transition.Ignore(s, input, "the channel is checked after the node's answer"),
        InputKind.ChannelFound or InputKind.OpeningStarted or InputKind.FundingPlanned or InputKind.InputsReserved => Transition.Ignore(s, input, "the plan is made"),
        InputKind.PartOffered or InputKind.PartSettled or InputKind.PartFailed or InputKind.ForwardsSeen => Transition.Ignore(s, input, "nothing was forwarded"),
        InputKind.FundingSigned or InputKind.FundingBroadcast or InputKind.BroadcastFailed or InputKind.FundingConfirmed or InputKind.FeesRestored
            or InputKind.RestoreFailed or InputKind.Released or InputKind.ReleaseFailed or InputKind.LossBorne or InputKind.LossRefused => Transition.Ignore(s, input, "nothing was broadcast"),
        InputKind.Displaced => Transition.Ignore(s, input, "the payment is complete"),
    };

    public static Transition Secured(SessionTerms terms, ValueList<Part> parts, Msat fee, FundingPlan plan, bool normal)
    {
        var s = new AwaitingChannelReady(parts, fee, plan, normal);
        TimeSpan patience = terms.Offer.ClientTrustsLsp ? terms.Limits.ChannelReadyTimeout : terms.Limits.ConfirmationWait;
        Transition t = Transition.To(s, new StartTimer(SessionTimer.ChannelReady, patience), new PrepareChannel(plan.Channel));
        return TrustedFunding.Next(terms, s) is { } send ? t.Do(send) : t;
    }

    private static Transition OnFailed(Funding s, OpeningFailed failed)
    {
        var told = new StepFailed(s.Phase, failed.Failure, failed.Detail);

        // The answer was lost, so the channel may exist: look it up.
        return failed.Failure == OpeningFailure.Unknown
            ? Transition.To(s with { Lost = true }, new StartTimer(SessionTimer.Retry, LookAfter)).Tell(told)
            : Failing.Unwind(s.Parts, s.Fee, Failing.Reason(failed.Failure), s.Plan, inFlight: false).Tell(told);
    }
}
