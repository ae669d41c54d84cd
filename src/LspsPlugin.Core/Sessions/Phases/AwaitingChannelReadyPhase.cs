using System.Collections.Immutable;
using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2;

namespace LspsPlugin.Core.Sessions.Phases;

/// <summary>
/// The channel exists. Once it can carry the parts, their forwards are computed, saved and sent. The funding is withheld; or, if the LSP trusts the
/// client, it is sent first, and then the channel is never released.
/// </summary>
internal static class AwaitingChannelReadyPhase
{
    /// <summary>The interval of polling, in case a channel_state_changed notification is lost.</summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(5);

    public static Transition On(SessionTerms terms, AwaitingChannelReady s, SessionInput input) => input.Kind switch
    {
        InputKind.PartArrived => OnPart(terms, s, (PartArrived)input),
        InputKind.ChannelNormal => Transition.To(s with { Normal = true }, new PrepareChannel(s.Plan.Channel)),
        InputKind.ChannelPending => s.Normal ? Transition.To(s with { Normal = false }, new PrepareChannel(s.Plan.Channel)) : Again(s),
        InputKind.ChannelReady => Decide(terms, s with { Facts = ((ChannelReady)input).Facts }),
        InputKind.ChannelClosed => s.Sent is { } sent
            ? TrustedFunding.End(s.Parts, [], s.Fee, s.Plan, sent, FailureReason.ChannelClosed)
            : GiveUp(terms, s, FailureReason.ChannelClosed),
        InputKind.FundingAbsent => Failing.Unwind(
            s.Parts, s.Fee, s.Sent is null ? FailureReason.ChannelClosed : FailureReason.NeverPaid, FundingMachine.Release(s.Plan), channelExisted: s.Sent is not null),
        InputKind.OpeningFailed => Again(s).Tell(new StepFailed(s.Phase, ((OpeningFailed)input).Failure, ((OpeningFailed)input).Detail)),
        InputKind.TimerFired => OnTimer(terms, s, (TimerFired)input),
        InputKind.ClientConnected => Transition.To(s, new PrepareChannel(s.Plan.Channel)),
        InputKind.BlockAdded => OnBlock(terms, s, (BlockAdded)input),

        // Once the funding was sent, its obligations hold whether the save succeeds or not; only the payment can be given up.
        InputKind.SaveFailed => s.Sent is null || ((SaveFailed)input).Wanted == Phase.AwaitingSettlement
            ? GiveUp(terms, s, FailureReason.NotRecorded)
            : Transition.Ignore(s, input, "the save is retried"),
        InputKind.FundingSigned => OnSigned(terms, s, (FundingSigned)input),
        InputKind.FundingBroadcast or InputKind.FundingConfirmed => s.Sent is { } told
            ? Decide(terms, s with { Sent = TrustedFunding.Told(told, input) })
            : Transition.Ignore(s, input, "the funding is withheld"),
        InputKind.BroadcastFailed => Again(s).Tell(new BroadcastOverdue(s.Plan.Channel, 1, ((BroadcastFailed)input).Detail)),

        InputKind.ChannelFound or InputKind.OpeningStarted or InputKind.FundingPlanned or InputKind.InputsReserved or InputKind.ChannelSecured =>
            Transition.Ignore(s, input, "the channel exists"),
        InputKind.PartOffered or InputKind.PartSettled or InputKind.PartFailed or InputKind.ForwardsSeen => Transition.Ignore(s, input, "nothing was forwarded"),
        InputKind.FeesRestored or InputKind.RestoreFailed or InputKind.Released or InputKind.ReleaseFailed or InputKind.LossBorne or InputKind.LossRefused =>
            Transition.Ignore(s, input, "this was not requested yet"),
        InputKind.Displaced => Transition.Ignore(s, input, "this payment already holds the offer"),
        InputKind.Cancelled => s.Sent is null ? GiveUp(terms, s, FailureReason.Cancelled) : Transition.Ignore(s, input, "the funding was sent"),
    };

    /// <summary>The funding machine is done: the channel exists.</summary>
    public static Transition Begin(SessionTerms terms, ValueList<Part> parts, Msat fee, Secured secured)
    {
        var s = new AwaitingChannelReady(parts, fee, secured.Plan, secured.Normal);
        TimeSpan patience = terms.Offer.ClientTrustsLsp ? terms.Limits.ChannelReadyTimeout : terms.Limits.ConfirmationWait;
        Transition t = Transition.To(s, new StartTimer(SessionTimer.ChannelReady, patience), new PrepareChannel(secured.Plan.Channel));
        return TrustedFunding.Next(terms, s) is { } send ? t.Do(send) : t;
    }

    private static Transition OnPart(SessionTerms terms, AwaitingChannelReady s, PartArrived arrived)
    {
        Transition joined = PartIntake.Join(terms, s, s.Parts, arrived, parts => s with { Parts = parts });
        if (joined.Next == s) return joined;
        var next = (AwaitingChannelReady)joined.Next;
        bool first = s.Sent is not null && s.Parts.Count == 0;

        // After a restart the node replays the parts one by one; the last of them completes the payment.
        Transition t = first ? TrustedFunding.Begin(terms, next with { Facts = null }) : Decide(terms, next);
        if (s.Sent is null && TrustedFunding.Next(terms, next) is { } sign) t = t.Do(sign);
        return t with { Events = [.. joined.Events, .. t.Events] };
    }

    private static Transition OnSigned(SessionTerms terms, AwaitingChannelReady s, FundingSigned signed)
    {
        if (terms.Offer.ClientTrustsLsp) return Transition.Ignore(s, signed, "the funding is withheld");
        if (s.Sent is not null) return Transition.Ignore(s, signed, "the signature is saved already");
        if (signed.ToSelfDelay > terms.Offer.FeeParams.MaxClientToSelfDelay) return GiveUp(terms, s, FailureReason.ClientDelayTooLong);

        if (signed.Facts is { } facts && !PartIntake.IsComplete(terms, Carried(terms, s, facts))) return TooNarrow(terms, s, facts);

        // This state is saved before the broadcast: from then on the channel is never released.
        AwaitingChannelReady next = s with { Sent = new SentFunding(signed.SignedPsbt) };
        return Transition.To(next, new BroadcastFunding(s.Plan, signed.SignedPsbt)).Tell(new ChannelTrusted(s.Plan.Channel, s.Plan.Cost));
    }

    private static Transition OnBlock(SessionTerms terms, AwaitingChannelReady s, BlockAdded block)
    {
        Transition t = PartIntake.OnBlock(
            terms, s, s.Parts, block.Height, parts => s with { Parts = parts }, reason => GiveUp(terms, s, reason), mayBeStale: s.Sent is not null);
        return TrustedFunding.Keep(t, s.Plan, s.Sent);
    }

    private static Transition Decide(SessionTerms terms, AwaitingChannelReady s)
    {
        if (s.Facts is not { } facts || !TrustedFunding.MayForward(terms, s)) return Transition.To(s);
        if (facts.ToSelfDelay > terms.Offer.FeeParams.MaxClientToSelfDelay) return GiveUp(terms, s, FailureReason.ClientDelayTooLong);
        if (!PartIntake.IsComplete(terms, s.Parts)) return Transition.To(s);
        if (terms.Offer.PaymentSize is null && s.Parts.Sum() is { } size)
        {
            // After a restart the payer may send another amount than the one that the channel was opened for; the fee is that of the new amount.
            OpeningFeeParams offered = terms.Offer.FeeParams;
            if (size < offered.MinPaymentSize || size > offered.MaxPaymentSize) return GiveUp(terms, s, FailureReason.PaymentSizeOutOfRange);
            if (!OpeningFee.TryCompute(size, offered, out Msat fee)) return GiveUp(terms, s, FailureReason.FeeOverflow);
            s = s with { Fee = fee };
        }

        ValueList<Part> carried = Carried(terms, s, facts);
        if (!PartIntake.IsComplete(terms, carried)) return TooNarrow(terms, s, facts);
        if (FeeAllocation.TryAllocate(carried, s.Fee, facts.HtlcMinimum) is not { } forwards) return GiveUp(terms, s, FailureReason.FeeNotCovered);

        Transition t = Transition
            .To(
                new AwaitingSettlement(forwards, s.Fee, s.Plan, facts.Alias, Sent: s.Sent),
                new ForwardParts(s.Plan.Channel, forwards),
                Listing.Timer)
            .Tell(new PartsForwarded(s.Plan.Channel, forwards));
        if (carried.Count == s.Parts.Count) return t;

        var rest = new ValueList<Part>([.. s.Parts.Where(part => !carried.Holds(part.Htlc))]);
        FailureReason limit = facts.Exceeded(s.Parts, s.Fee);
        return t.Do(new FailParts(rest, limit)).Tell(new PartsFailed(rest, limit));
    }

    private static Transition TooNarrow(SessionTerms terms, AwaitingChannelReady s, ChannelFacts facts)
    {
        FailureReason limit = facts.Exceeded(s.Parts, s.Fee);
        return GiveUp(terms, s, limit).Tell(new StepFailed(s.Phase, Failure: null, $"{s.Parts.Count} part(s) of {s.Parts.Sum()} do not fit through a channel of {s.Plan.Capacity} ({limit}): {facts}"));
    }

    /// <summary>Returns the parts, in order of arrival, that fit through the channel. It was sized before late parts arrived.</summary>
    private static ValueList<Part> Carried(SessionTerms terms, AwaitingChannelReady s, ChannelFacts facts)
    {
        var carried = ImmutableArray.CreateBuilder<Part>(s.Parts.Count);
        ulong room = facts.Room.Value > ulong.MaxValue - s.Fee.Value ? ulong.MaxValue : facts.Room.Value + s.Fee.Value;
        foreach (Part part in s.Parts)
        {
            // A part below the client's minimum or above the channel's maximum cannot be forwarded.
            if (carried.Count >= facts.Slots || part.Amount.Value > room || part.Amount < facts.HtlcMinimum || part.Amount > facts.HtlcMaximum) continue;
            room -= part.Amount.Value;
            carried.Add(part);
        }

        return new ValueList<Part>(carried.ToImmutable());
    }

    private static Transition OnTimer(SessionTerms terms, AwaitingChannelReady s, TimerFired fired)
    {
        bool complete = PartIntake.IsComplete(terms, s.Parts);
        if (fired.Timer == SessionTimer.Offer && s.Sent is { } sent && !complete)
        {
            return TrustedFunding.End(s.Parts, [], s.Fee, s.Plan, sent, FailureReason.OfferExpired);
        }

        if (IsIdle(s)) return Transition.Ignore(s, fired, "no payment is under way");
        return fired.Timer switch
        {
            SessionTimer.ChannelReady => GiveUp(terms, s, FailureReason.ChannelNotReady),
            SessionTimer.Retry => Retry(terms, s),
            SessionTimer.Listing => Transition.Ignore(s, fired, "the timer belongs to a later phase"),
            SessionTimer.Collect or SessionTimer.Offer or SessionTimer.ClientWait => complete
                ? Transition.Ignore(s, fired, "the payment was complete in time")
                : GiveUp(terms, s, FailureReason.CollectTimeout),
        };
    }

    private static Transition Retry(SessionTerms terms, AwaitingChannelReady s)
    {
        Transition t = Transition.To(s, new PrepareChannel(s.Plan.Channel));
        return TrustedFunding.Next(terms, s) is { } send ? t.Do(send) : t;
    }

    /// <summary>Checks again later. While no payment is pending, the next part or block causes the check.</summary>
    private static Transition Again(AwaitingChannelReady s) =>
        IsIdle(s) ? Transition.To(s) : Transition.To(s, new StartTimer(SessionTimer.Retry, LookAgain));

    private static bool IsIdle(AwaitingChannelReady s) => s.Sent is not null && s.Parts.Count == 0;

    /// <summary>
    /// Gives up before anything was forwarded. While the funding is withheld the attempt fails and the channel is released. A channel whose funding
    /// was sent waits for another payment, unless the offer is over.
    /// </summary>
    private static Transition GiveUp(SessionTerms terms, AwaitingChannelReady s, FailureReason reason) => s.Sent switch
    {
        null => Failing.Unwind(s.Parts, s.Fee, reason, FundingMachine.Release(s.Plan)),
        { } sent when reason.EndsOffer() => TrustedFunding.End(s.Parts, [], s.Fee, s.Plan, sent, reason),
        { } sent => TrustedFunding.Wait(terms, s.Parts, s.Fee, s.Plan, sent, reason),
    };
}
