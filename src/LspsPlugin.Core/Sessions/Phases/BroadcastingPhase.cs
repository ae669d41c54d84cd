using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Sessions.Phases;

/// <summary>The client has paid for the channel with its preimage: the funding is sent until the node has it.</summary>
internal static class BroadcastingPhase
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    public static Transition On(Broadcasting s, SessionInput input) => input.Kind switch
    {
        InputKind.PartArrived => LatePart.Forward(s, s.Plan, (PartArrived)input),
        InputKind.FundingBroadcast => Sent(s, confirmed: false),
        InputKind.FundingConfirmed => Sent(s, confirmed: true),
        InputKind.BroadcastFailed => Transition
            .To(s with { Attempt = s.Attempt + 1 }, new StartTimer(SessionTimer.Retry, Backoff.After(s.Attempt, LongestPause)))
            .Tell(new BroadcastOverdue(s.Plan.Channel, s.Attempt + 1, ((BroadcastFailed)input).Detail)),
        InputKind.TimerFired => ((TimerFired)input).Timer == SessionTimer.Retry
            ? Transition.To(s, new BroadcastFunding(s.Plan))
            : Transition.Ignore(s, input, "the payment is claimed"),

        InputKind.PartSettled or InputKind.PartFailed or InputKind.ForwardsSeen =>
            Transition.Ignore(s, input, "one settled part decides; the node passes the others on"),
        InputKind.ChannelClosed or InputKind.FundingAbsent => Transition.Ignore(s, input, "the client may still claim it: the funding is owed"),
        InputKind.BlockAdded => Transition.To(s with { BlockCame = true }),
        InputKind.ClientConnected => Transition.Ignore(s, input, "the retry timer drives the broadcast"),
        InputKind.OpeningStarted or InputKind.OpeningFailed or InputKind.FundingPlanned or InputKind.InputsReserved
            or InputKind.ChannelSecured or InputKind.ChannelNormal or InputKind.ChannelPending or InputKind.ChannelReady =>
            Transition.Ignore(s, input, "the parts are forwarded"),
        InputKind.FeesRestored or InputKind.RestoreFailed or InputKind.Released or InputKind.ReleaseFailed =>
            Transition.Ignore(s, input, "nobody asked for that yet"),
        InputKind.SaveFailed => Transition.Ignore(s, input, "the save is tried again"),
    };

    private static Transition Sent(Broadcasting s, bool confirmed)
    {
        Transition t = Transition.To(new Confirming(s.Forwards, s.Fee, s.Plan, s.Preimage, confirmed), new RestoreFees(s.Plan.Channel));
        return s.BlockCame && !confirmed ? t.Do(new BroadcastFunding(s.Plan)) : t;
    }
}

/// <summary>A part that comes after the preimage is out.</summary>
internal static class LatePart
{
    /// <summary>The fee is taken; the part goes to the client untouched, and the client decides.</summary>
    public static Transition Forward(SessionState same, FundingPlan plan, PartArrived arrived)
    {
        var late = new Forward(arrived.Part.Htlc, arrived.Part.Amount, Msat.Zero);
        return Transition.To(same, new ForwardParts(plan.Channel, [late])).Tell(new PartsForwarded(plan.Channel, [late]));
    }
}
