using System.Collections.Immutable;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2;

namespace LspsPlugin.Core.Sessions.Phases;

/// <summary>The withheld channel exists: once it can carry the parts, their forwards are decided, saved and sent.</summary>
internal static class AwaitingChannelReadyPhase
{
    /// <summary>The look that nothing asked for: the safety net under channel_state_changed.</summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(5);

    public static Transition On(SessionTerms terms, AwaitingChannelReady s, SessionInput input) => input.Kind switch
    {
        InputKind.PartArrived => OnPart(terms, s, (PartArrived)input),
        InputKind.ChannelNormal => Transition.To(s with { Normal = true }, new PrepareChannel(s.Plan.Channel)),
        InputKind.ChannelPending => s.Normal
            ? Transition.To(s with { Normal = false }, new PrepareChannel(s.Plan.Channel))
            : Transition.To(s, new StartTimer(SessionTimer.Retry, LookAgain)),
        InputKind.ChannelReady => Decide(terms, s with { Facts = ((ChannelReady)input).Facts }),
        InputKind.ChannelClosed or InputKind.FundingAbsent => GiveUp(s, FailureReason.ChannelClosed),
        InputKind.OpeningFailed => Transition.To(s, new StartTimer(SessionTimer.Retry, LookAgain))
            .Tell(new StepFailed(s.Phase, ((OpeningFailed)input).Failure, ((OpeningFailed)input).Detail)),
        InputKind.TimerFired => OnTimer(terms, s, (TimerFired)input),
        InputKind.ClientConnected => Transition.To(s, new PrepareChannel(s.Plan.Channel)),
        InputKind.BlockAdded => s.Parts.ExpireWithin(((BlockAdded)input).Height, terms.Limits.CltvSafety)
            ? GiveUp(s, FailureReason.CltvTooClose)
            : Transition.To(s),
        InputKind.SaveFailed => GiveUp(s, FailureReason.NotRecorded),

        InputKind.OpeningStarted or InputKind.FundingPlanned or InputKind.InputsReserved or InputKind.ChannelSecured =>
            Transition.Ignore(s, input, "the channel exists"),
        InputKind.PartSettled or InputKind.PartFailed or InputKind.ForwardsSeen => Transition.Ignore(s, input, "nothing was forwarded"),
        InputKind.FundingSigned or InputKind.FundingBroadcast or InputKind.BroadcastFailed or InputKind.FundingConfirmed or InputKind.FeesRestored
            or InputKind.RestoreFailed or InputKind.Released or InputKind.ReleaseFailed => Transition.Ignore(s, input, "nothing was broadcast"),
    };

    private static Transition OnPart(SessionTerms terms, AwaitingChannelReady s, PartArrived arrived)
    {
        Transition joined = Intake.Join(terms, s, s.Parts, arrived, parts => s with { Parts = parts });
        if (joined.Next == s || s.Facts is null) return joined;

        // A restart replays the parts one by one; the last of them completes the payment.
        Transition decided = Decide(terms, (AwaitingChannelReady)joined.Next);
        return decided with { Events = [.. joined.Events, .. decided.Events] };
    }

    private static Transition Decide(SessionTerms terms, AwaitingChannelReady s)
    {
        ChannelFacts facts = s.Facts!;
        if (facts.ToSelfDelay > terms.Offer.FeeParams.MaxClientToSelfDelay) return GiveUp(s, FailureReason.ClientDelayTooLong);
        if (!Intake.IsComplete(terms, s.Parts)) return Transition.To(s);
        if (terms.Offer.PaymentSize is null && s.Parts.Sum() is { } size)
        {
            // After a restart the payer may send another amount than the one that the channel was opened for; the price is that of what comes.
            OpeningFeeParams offered = terms.Offer.FeeParams;
            if (size < offered.MinPaymentSize || size > offered.MaxPaymentSize) return GiveUp(s, FailureReason.PaymentSizeOutOfRange);
            if (!OpeningFee.TryCompute(size, offered, out Msat fee)) return GiveUp(s, FailureReason.FeeOverflow);
            s = s with { Fee = fee };
        }

        ValueList<Part> carried = Carried(terms, s, facts);
        if (!Intake.IsComplete(terms, carried)) return GiveUp(s, FailureReason.ChannelTooSmall);
        if (FeeAllocation.TryAllocate(carried, s.Fee, facts.HtlcMinimum) is not { } forwards) return GiveUp(s, FailureReason.FeeNotCovered);

        Transition t = Transition
            .To(new AwaitingSettlement(forwards, s.Fee, s.Plan, Usable: true, Checked: true, Replayed: [], facts.Alias), new ForwardParts(s.Plan.Channel, forwards))
            .Tell(new PartsForwarded(s.Plan.Channel, forwards));
        if (carried.Count == s.Parts.Count) return t;

        var rest = new ValueList<Part>([.. s.Parts.Where(part => !carried.Holds(part.Htlc))]);
        return t.Do(new FailParts(rest, FailureReason.ChannelTooSmall)).Tell(new PartsFailed(rest, FailureReason.ChannelTooSmall));
    }

    /// <summary>The parts, in order of arrival, that fit through the channel: it was sized before late parts came.</summary>
    private static ValueList<Part> Carried(SessionTerms terms, AwaitingChannelReady s, ChannelFacts facts)
    {
        var carried = ImmutableArray.CreateBuilder<Part>(s.Parts.Count);
        ulong room = facts.Spendable.Value > ulong.MaxValue - s.Fee.Value ? ulong.MaxValue : facts.Spendable.Value + s.Fee.Value;
        foreach (Part part in s.Parts)
        {
            // Below the client's minimum a part cannot be forwarded; above the channel's maximum neither.
            if (part.Amount.Value > room || part.Amount < facts.HtlcMinimum || part.Amount > facts.HtlcMaximum) continue;
            room -= part.Amount.Value;
            carried.Add(part);
        }

        return new ValueList<Part>(carried.ToImmutable());
    }

    private static Transition OnTimer(SessionTerms terms, AwaitingChannelReady s, TimerFired fired) => fired.Timer switch
    {
        SessionTimer.ChannelReady => GiveUp(s, FailureReason.ChannelNotReady),
        SessionTimer.Retry => Transition.To(s, new PrepareChannel(s.Plan.Channel)),
        SessionTimer.Replay => Transition.Ignore(s, fired, "the timer belongs to a later phase"),
        SessionTimer.Collect or SessionTimer.Offer or SessionTimer.ClientWait => Intake.IsComplete(terms, s.Parts)
            ? Transition.Ignore(s, fired, "the payment was complete in time")
            : GiveUp(s, FailureReason.CollectTimeout),
    };

    /// <summary>Nothing went out over the channel: the attempt failed, as one does whose channel was never there.</summary>
    private static Transition GiveUp(AwaitingChannelReady s, FailureReason reason) =>
        Failing.Unwind(s.Parts, s.Fee, reason, s.Plan, inFlight: false, channelExisted: false);
}
