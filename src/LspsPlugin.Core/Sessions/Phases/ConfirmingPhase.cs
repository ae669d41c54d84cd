namespace LspsPlugin.Core.Sessions.Phases;

/// <summary>The funding is out. With each block it is looked for, and sent again while it is missing: nobody else does.</summary>
internal static class ConfirmingPhase
{
    public static Transition On(Confirming s, SessionInput input) => input.Kind switch
    {
        InputKind.PartArrived => LatePart.Forward(s, s.Plan, (PartArrived)input),
        InputKind.FundingConfirmed => Settle(s with { Confirmed = true }),
        InputKind.FeesRestored => Settle(s with { FeesRestored = true }),
        InputKind.BlockAdded => OnBlock(s),
        InputKind.BroadcastFailed => Transition.To(s).Tell(new BroadcastOverdue(s.Plan.Channel, 1, ((BroadcastFailed)input).Detail)),
        InputKind.FundingBroadcast => Transition.Ignore(s, input, "sent again; the next block tells"),
        InputKind.RestoreFailed => Transition.To(s).Tell(new StepFailed(s.Phase, null, ((RestoreFailed)input).Detail)),

        // There is no channel left to set fees on, but its funding is still owed until it confirms.
        InputKind.ChannelClosed or InputKind.FundingAbsent => Settle(s with { FeesRestored = true }),

        InputKind.PartSettled or InputKind.PartFailed or InputKind.ForwardsSeen =>
            Transition.Ignore(s, input, "one settled part decides; the node passes the others on"),
        InputKind.TimerFired or InputKind.ClientConnected => Transition.Ignore(s, input, "blocks drive the confirmation"),
        InputKind.OpeningStarted or InputKind.OpeningFailed or InputKind.FundingPlanned or InputKind.InputsReserved
            or InputKind.ChannelSecured or InputKind.ChannelNormal or InputKind.ChannelPending or InputKind.ChannelReady =>
            Transition.Ignore(s, input, "the parts are forwarded"),
        InputKind.Released or InputKind.ReleaseFailed => Transition.Ignore(s, input, "a paid channel is never released"),
        InputKind.SaveFailed => Transition.Ignore(s, input, "the save is tried again"),
    };

    private static Transition OnBlock(Confirming s)
    {
        Transition t = Transition.To(s);
        if (!s.Confirmed) t = t.Do(new BroadcastFunding(s.Plan));
        return s.FeesRestored ? t : t.Do(new RestoreFees(s.Plan.Channel));
    }

    private static Transition Settle(Confirming s)
    {
        if (!s.Confirmed || !s.FeesRestored) return Transition.To(s);
        return Transition
            .To(new Ended(Outcome.Succeeded, Reason: null, s.Plan, s.Forwards, s.Fee, s.Preimage))
            .Tell(new SessionEnded(Outcome.Succeeded, null));
    }
}
