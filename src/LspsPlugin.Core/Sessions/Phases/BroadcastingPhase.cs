using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Sessions.Phases;

/// <summary>The client released the preimage and so paid for the channel: the funding is sent until the node has it.</summary>
internal static class BroadcastingPhase
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10);

    public static Transition On(Broadcasting s, SessionInput input) => input.Kind switch
    {
        InputKind.PartArrived => LatePart.Forward(Transition.To(s), s.Plan, s.Forwards, [((PartArrived)input).Part]),
        InputKind.FundingSigned => Signed(s with { SignedPsbt = s.SignedPsbt ?? ((FundingSigned)input).SignedPsbt }),
        InputKind.FundingBroadcast => Sent(s, default),
        InputKind.FundingConfirmed => Sent(s, ((FundingConfirmed)input).Depth),
        InputKind.BroadcastFailed => Transition
            .To(s with { Attempt = s.Attempt + 1 }, new StartTimer(SessionTimer.Retry, Backoff.After(s.Attempt, LongestPause)))
            .Tell(new BroadcastOverdue(s.Plan.Channel, s.Attempt + 1, ((BroadcastFailed)input).Detail)),
        InputKind.TimerFired => ((TimerFired)input).Timer == SessionTimer.Retry
            ? Transition.To(s, Next(s))
            : Transition.Ignore(s, input, "the payment is claimed"),

        InputKind.PartFailed => KeptFee.OnFailed(s, s.Forwards, s.Plan, (PartFailed)input, marked => s with { Forwards = marked }),
        InputKind.PartSettled => Transition.To(s with { Forwards = KeptFee.OnSettled(s.Forwards, (PartSettled)input) }),
        InputKind.PartOffered or InputKind.ForwardsSeen => Transition.Ignore(s, input, "one settled part decides; the node resolves the other parts itself"),
        InputKind.FundingAbsent => Forfeit(s),
        InputKind.ChannelClosed => Transition.Ignore(s, input, "the channel is checked before the broadcast"),
        InputKind.BlockAdded => Transition.To(s with { BlockCame = true }),
        InputKind.ClientConnected => Transition.Ignore(s, input, "the retry timer drives the broadcast"),
        InputKind.ChannelFound or InputKind.OpeningStarted or InputKind.OpeningFailed or InputKind.FundingPlanned or InputKind.InputsReserved
            or InputKind.ChannelSecured or InputKind.ChannelNormal or InputKind.ChannelPending or InputKind.ChannelReady =>
            Transition.Ignore(s, input, "the parts are forwarded"),
        InputKind.FeesRestored or InputKind.RestoreFailed or InputKind.Released or InputKind.ReleaseFailed or InputKind.LossBorne or InputKind.LossRefused =>
            Transition.Ignore(s, input, "this was not requested yet"),
        InputKind.SaveFailed => Transition.Ignore(s, input, "the save is retried"),
        InputKind.Displaced => Transition.Ignore(s, input, "the payment is complete"),
        InputKind.Cancelled => Transition.Ignore(s, input, "the client was paid"),
    };

    /// <summary>Returns the next action. The signed PSBT is saved before the transaction is sent.</summary>
    public static NodeAction Next(Broadcasting s) => s.SignedPsbt is { } signed ? new BroadcastFunding(s.Plan, signed) : new SignFunding(s.Plan);

    /// <summary>
    /// The client closed the channel after it released the preimage and before our broadcast, and the node deletes all data of a withheld channel.
    /// Only the client could claim funds sent to its funding output now. So nothing is sent.
    /// </summary>
    private static Transition Forfeit(Broadcasting s) => Failing.Release(FailureReason.ChannelForfeited, s.Plan, s.Fee, s.Forwards);

    private static Transition Signed(Broadcasting s) => Transition.To(s, Next(s));

    private static Transition Sent(Broadcasting s, BlockCount depth)
    {
        if (s.SignedPsbt is not { } signed) return Transition.To(s);
        Transition t = Transition.To(
            new Confirming(s.Forwards, s.Fee, s.Plan, s.Preimage, signed, ConfirmingPhase.IsBuried(depth)), new RestoreFees(s.Plan.Channel));
        return s.BlockCame ? t.Do(new BroadcastFunding(s.Plan, signed)) : t;
    }
}

/// <summary>
/// Handles parts that the client decides after it settled another part of the same payment. Only parts that carry opening fee are tracked.
/// </summary>
internal static class KeptFee
{
    public static ValueList<Forward> OnSettled(ValueList<Forward> forwards, PartSettled settled) =>
        forwards.LocateExactly(settled.Htlc) is { IsFeeOpen: true } ? forwards.Mark(settled.Htlc, ForwardStatus.Settled) : forwards;

    /// <summary>
    /// Handles a failed part, which the node fails upstream itself. If it carried opening fee, that share is lost: it is recorded, reported and
    /// counted against the client.
    /// </summary>
    public static Transition OnFailed(SessionState s, ValueList<Forward> forwards, FundingPlan plan, PartFailed failed, Func<ValueList<Forward>, SessionState> marked) =>
        forwards.LocateExactly(failed.Htlc) is { IsFeeOpen: true } bore
            ? Transition.To(marked(forwards.Mark(failed.Htlc, ForwardStatus.Failed))).Tell(new FeeKept(plan.Channel, bore.Amount, bore.OpeningFee))
            : Transition.Ignore(s, failed, "one settled part decides; the node resolves the other parts itself");
}

/// <summary>Handles parts that arrive after the preimage is known.</summary>
internal static class LatePart
{
    /// <summary>
    /// Forwards the parts without deducting a fee, because it was already taken. A part that is replayed after a restart is forwarded as decided
    /// before, with its share of the fee.
    /// </summary>
    public static Transition Forward(Transition t, FundingPlan plan, ValueList<Forward> decided, ValueList<Part> parts)
    {
        var late = new ValueList<Forward>([.. parts.Select(part =>
            decided.FirstOrDefault(known => known.Htlc == part.Htlc && known.IsOpen) ?? new Forward(part.Htlc, part.Amount, Msat.Zero))]);
        return t.Do(new ForwardParts(plan.Channel, late)).Tell(new PartsForwarded(plan.Channel, late));
    }
}
