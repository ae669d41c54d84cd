using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Sessions.Phases;

/// <summary>
/// The payment is complete and its channel is being opened. The parts are kept or failed here; every step towards the channel is the funding machine's.
/// </summary>
internal static class AwaitingChannelPhase
{
    public static Transition On(SessionTerms terms, AwaitingChannel s, SessionInput input) => input.Kind switch
    {
        InputKind.PartArrived => OnPart(terms, s, (PartArrived)input),
        InputKind.BlockAdded => PartIntake.OnBlock(
            terms, s, s.Parts, ((BlockAdded)input).Height, parts => s with { Parts = parts }, reason => GiveUp(s, reason)),
        InputKind.TimerFired => OnTimer(terms, s, (TimerFired)input),
        InputKind.ChannelFound => s.Funding is Negotiating ? ForwardingOverExistingPhase.Begin(s, (ChannelFound)input) : Follow(terms, s, input),
        InputKind.OpeningFailed => s.Funding is Negotiating && ((OpeningFailed)input).Failure == OpeningFailure.ChannelTooLarge
            ? WithoutSurplus(terms, s, (OpeningFailed)input)
            : Follow(terms, s, input),
        InputKind.OpeningStarted or InputKind.FundingPlanned or InputKind.InputsReserved or InputKind.ChannelSecured or InputKind.FundingAbsent
            or InputKind.ChannelNormal or InputKind.ClientConnected or InputKind.Released or InputKind.ReleaseFailed => Follow(terms, s, input),
        InputKind.SaveFailed => Follow(terms, s, input, FundingMachine.NotSaved(s.Funding), FailureReason.NotRecorded),

        InputKind.ChannelPending or InputKind.ChannelReady or InputKind.ChannelClosed => Transition.Ignore(s, input, "the channel is checked once it exists"),
        InputKind.PartOffered or InputKind.PartSettled or InputKind.PartFailed or InputKind.ForwardsSeen => Transition.Ignore(s, input, "nothing was forwarded"),
        InputKind.FundingSigned or InputKind.FundingBroadcast or InputKind.BroadcastFailed or InputKind.FundingConfirmed or InputKind.FeesRestored
            or InputKind.RestoreFailed or InputKind.LossBorne or InputKind.LossRefused => Transition.Ignore(s, input, "nothing was broadcast"),
        InputKind.Displaced => Transition.Ignore(s, input, "the payment is complete"),
        InputKind.Cancelled => GiveUp(s, FailureReason.Cancelled),
    };

    /// <summary>Asks for a channel that carries <paramref name="parts"/> less <paramref name="fee"/>.</summary>
    public static Transition Begin(SessionTerms terms, ValueList<Part> parts, Msat fee) =>
        Transition.To(new AwaitingChannel(parts, fee, new Negotiating()), new StartTimer(SessionTimer.ClientWait, terms.Limits.ClientWait), Request(parts, fee));

    /// <summary>Returns the opening that carries <paramref name="parts"/> less <paramref name="fee"/>.</summary>
    public static StartOpening Request(ValueList<Part> parts, Msat fee)
    {
        Msat sum = parts.Sum() ?? new Msat(ulong.MaxValue);
        return new StartOpening(sum > fee ? new Msat(sum.Value - fee.Value) : Msat.Zero, parts.Count, fee);
    }

    /// <summary>Returns the terms of the funding for a payment of <paramref name="parts"/>.</summary>
    public static FundingTerms Terms(SessionTerms terms, ValueList<Part> parts, Msat fee) => new(Request(parts, fee), fee, terms.Limits.MaxShortfall);

    /// <summary>
    /// Adds a late part. After a restart the timer runs from the first part that is replayed. The payment was complete when its channel was planned: a
    /// replayed part is at least that old.
    /// </summary>
    private static Transition OnPart(SessionTerms terms, AwaitingChannel s, PartArrived arrived)
    {
        if (s.Funding is not Recovering recovering) return PartIntake.Join(terms, s, s.Parts, arrived, parts => s with { Parts = parts });
        arrived = arrived with { Part = arrived.Part with { Since = recovering.Plan.PlannedAt } };
        Transition t = PartIntake.Join(terms, s, s.Parts, arrived, parts => s with { Parts = parts });
        if (t.Next == s) return t;
        if (arrived.Part.IsStale(arrived.Height)) return GiveUp((AwaitingChannel)t.Next, FailureReason.HeldTooLong);
        return s.Parts.Count == 0 ? t.Do(new StartTimer(SessionTimer.Collect, terms.Limits.CollectTimeout)) : t;
    }

    private static Transition OnTimer(SessionTerms terms, AwaitingChannel s, TimerFired fired) => fired.Timer switch
    {
        SessionTimer.Retry => Follow(terms, s, fired, FundingMachine.Retry(Terms(terms, s.Parts, s.Fee), s.Funding)),
        SessionTimer.ClientWait => s.Funding is Negotiating or AwaitingClient
            ? GiveUp(s, FailureReason.ClientOffline)
            : Transition.Ignore(s, fired, "the client accepted already"),
        SessionTimer.Collect when s.Funding is Recovering && !PartIntake.IsComplete(terms, s.Parts) =>
            Failing.FailHeld(Transition.To(s with { Parts = [] }), s.Parts, FailureReason.CollectTimeout),
        SessionTimer.Collect or SessionTimer.Offer => Transition.Ignore(s, fired, "the payment was complete in time"),
        SessionTimer.ChannelReady or SessionTimer.Listing => Transition.Ignore(s, fired, "the timer belongs to an earlier attempt"),
    };

    private static Transition Follow(SessionTerms terms, AwaitingChannel s, SessionInput input) =>
        Follow(terms, s, input, FundingMachine.Apply(Terms(terms, s.Parts, s.Fee), s.Funding, (FundingInput)input));

    /// <summary>Does what the funding machine decided, and what follows from it for the payment.</summary>
    private static Transition Follow(SessionTerms terms, AwaitingChannel s, SessionInput input, FundingStep step, FailureReason? notSaved = null)
    {
        if (step.Ignored is { } because) return Transition.Ignore(s, input, because);
        FailureReason? failed = notSaved ?? (step.Failure is { } failure ? Failing.Reason(failure) : null);
        Transition t = step.Next switch
        {
            Secured secured => AwaitingChannelReadyPhase.Begin(terms, s.Parts, s.Fee, secured),
            Over => Failing.End(s.Parts, s.Fee, failed ?? FailureReason.NodeRefused),
            Releasing => failed is { } reason ? Failing.Unwind(s.Parts, s.Fee, reason, step) : StartOver(terms, s, step),
            _ => Funded.To(s with { Funding = step.Next }, step),
        };
        return step.Refusal is { } refusal ? t.Tell(new StepFailed(s.Phase, refusal.Failure, refusal.Detail)) : t;
    }

    /// <summary>Gives the payment up: its parts are failed, and what was started on the node is released.</summary>
    private static Transition GiveUp(AwaitingChannel s, FailureReason reason) => FundingMachine.GiveUp(s.Funding) is { Next: not Over } step
        ? Failing.Unwind(s.Parts, s.Fee, reason, step)
        : Failing.End(s.Parts, s.Fee, reason);

    /// <summary>
    /// A payer may send up to twice the payment size, more than the largest allowed channel may carry: fails the parts without which the payment is
    /// still complete.
    /// </summary>
    private static Transition WithoutSurplus(SessionTerms terms, AwaitingChannel s, OpeningFailed failed)
    {
        ValueList<Part> surplus = PartIntake.Surplus(terms, s.Parts);
        if (surplus.Count == 0) return Follow(terms, s, failed);
        AwaitingChannel next = s with { Parts = s.Parts.Without(surplus) };
        return Failing.FailHeld(Transition.To(next), surplus, FailureReason.ChannelTooLarge)
            .Do(Request(next.Parts, next.Fee))
            .Tell(new StepFailed(s.Phase, failed.Failure, failed.Detail));
    }

    /// <summary>A crash does not fail the payment: what the plan left behind is released, and the held parts start over.</summary>
    private static Transition StartOver(SessionTerms terms, AwaitingChannel s, FundingStep step)
    {
        Transition t = Funded.To(new Unwinding(FailureReason.Restarted, step.Next, s.Fee, s.Parts, Forwards: [], ChannelExisted: false), step);
        return s.Parts.Count == 0 ? t : t.Do(new StartTimer(SessionTimer.Collect, terms.Limits.CollectTimeout));
    }
}
