using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Sessions.Phases;

/// <summary>Asks the client for a channel, and waits for the client while it is offline (R52-58, R52-67).</summary>
internal static class NegotiatingPhase
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    public static Transition On(SessionTerms terms, Negotiating s, SessionInput input) => input.Kind switch
    {
        InputKind.PartArrived => PartIntake.Join(terms, s, s.Parts, (PartArrived)input, parts => s with { Parts = parts }),
        InputKind.ChannelFound => s.Away ? Transition.Ignore(s, input, "the client was gone") : PassingPhase.Begin(s, (ChannelFound)input),
        InputKind.OpeningStarted => OnStarted(s, (OpeningStarted)input),
        InputKind.OpeningFailed => OnFailed(terms, s, (OpeningFailed)input),
        InputKind.ClientConnected => s.Away ? Again(s) : Transition.Ignore(s, input, "the client is being asked"),
        InputKind.TimerFired => OnTimer(s, (TimerFired)input),
        InputKind.BlockAdded => PartIntake.OnBlock(
            terms, s, s.Parts, ((BlockAdded)input).Height, parts => s with { Parts = parts }, reason => GiveUp(s, reason)),

        InputKind.FundingPlanned or InputKind.InputsReserved or InputKind.ChannelSecured or InputKind.FundingAbsent
            or InputKind.ChannelNormal or InputKind.ChannelPending or InputKind.ChannelReady or InputKind.ChannelClosed =>
            Transition.Ignore(s, input, "nothing is funded"),
        InputKind.PartOffered or InputKind.PartSettled or InputKind.PartFailed or InputKind.ForwardsSeen => Transition.Ignore(s, input, "nothing was forwarded"),
        InputKind.FundingSigned or InputKind.FundingBroadcast or InputKind.BroadcastFailed or InputKind.FundingConfirmed or InputKind.FeesRestored
            or InputKind.RestoreFailed or InputKind.Released or InputKind.ReleaseFailed or InputKind.LossBorne or InputKind.LossRefused => Transition.Ignore(s, input, "there is no channel"),
        InputKind.SaveFailed => Failing.End(s.Parts, s.Fee, FailureReason.NotRecorded), // the save of a payment over an existing channel
        InputKind.Displaced => Transition.Ignore(s, input, "the payment is complete"),
    };

    /// <summary>Returns the opening that carries <paramref name="parts"/> less <paramref name="fee"/>.</summary>
    public static StartOpening Ask(ValueList<Part> parts, Msat fee)
    {
        Msat sum = parts.Sum() ?? new Msat(ulong.MaxValue);
        return new StartOpening(sum > fee ? new Msat(sum.Value - fee.Value) : Msat.Zero, parts.Count, fee);
    }

    private static Transition OnStarted(Negotiating s, OpeningStarted started) => s.Away
        ? Transition.Ignore(s, started, "the client was gone")
        : Transition.To(new Planning(s.Parts, s.Fee, started.Opening), new PlanFunding(started.Opening));

    private static Transition OnFailed(SessionTerms terms, Negotiating s, OpeningFailed failed)
    {
        var told = new StepFailed(s.Phase, failed.Failure, failed.Detail);
        return failed.Failure switch
        {
            // It is asked again while the payment waits, like a client that was offline.
            OpeningFailure.ClientOffline or OpeningFailure.ClientBusy => Transition
                .To(s with { Away = true, Attempt = s.Attempt + 1 }, new StartTimer(SessionTimer.Retry, Backoff.After(s.Attempt, LongestPause)))
                .Tell(told),

            // The answer was lost: an opening may be pending on the node and must be cancelled.
            OpeningFailure.Unknown => Failing.Unwind(s.Parts, s.Fee, FailureReason.NodeRefused, plan: null, inFlight: false).Tell(told),

            OpeningFailure.ChannelTooLarge => WithoutSurplus(terms, s).Tell(told),

            OpeningFailure.ClientDisconnected or OpeningFailure.ClientRejected or OpeningFailure.ClientDelayTooLong or OpeningFailure.ClientLimits or OpeningFailure.NoFunds
                or OpeningFailure.InputsTaken or OpeningFailure.NodeRefused or OpeningFailure.ChainTooDear
                or OpeningFailure.TrustSpent =>
                Failing.End(s.Parts, s.Fee, Failing.Reason(failed.Failure)).Tell(told),
        };
    }

    /// <summary>
    /// A payer may send up to twice the payment size, more than the largest allowed channel may carry: fails the parts without which the payment is
    /// still complete.
    /// </summary>
    private static Transition WithoutSurplus(SessionTerms terms, Negotiating s)
    {
        ValueList<Part> surplus = PartIntake.Surplus(terms, s.Parts);
        if (surplus.Count == 0) return Failing.End(s.Parts, s.Fee, FailureReason.ChannelTooLarge);
        Negotiating next = s with { Parts = s.Parts.Without(surplus) };
        return Failing.FailHeld(Transition.To(next), surplus, FailureReason.ChannelTooLarge).Do(Ask(next.Parts, next.Fee));
    }

    private static Transition OnTimer(Negotiating s, TimerFired fired) => fired.Timer switch
    {
        SessionTimer.Retry => s.Away ? Again(s) : Transition.Ignore(s, fired, "the client is being asked"),
        SessionTimer.ClientWait => GiveUp(s, FailureReason.ClientOffline),
        SessionTimer.Collect or SessionTimer.Offer => Transition.Ignore(s, fired, "the payment was complete in time"),
        SessionTimer.ChannelReady or SessionTimer.Listing => Transition.Ignore(s, fired, "the timer belongs to an earlier attempt"),
    };

    private static Transition Again(Negotiating s) => Transition.To(s with { Away = false }, Ask(s.Parts, s.Fee));

    private static Transition GiveUp(Negotiating s, FailureReason reason) => s.Away
        ? Failing.End(s.Parts, s.Fee, reason)
        : Failing.Unwind(s.Parts, s.Fee, reason, plan: null, inFlight: true);
}
