using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2;

namespace LspsPlugin.Core.Sessions;

/// <summary>What another program's record says of the channel that it opened for an offer.</summary>
/// <param name="Broadcast">It says that the funding was sent.</param>
public sealed record ForeignOpening(FundingPlan Plan, bool Broadcast, Preimage? Preimage);

/// <summary>What the node says of that channel.</summary>
/// <param name="Withheld">Its funding was never given to the node for sending.</param>
/// <param name="Paid">The client owns a part of it.</param>
/// <param name="CarriesHtlcs">HTLCs are under way in it.</param>
public sealed record ForeignChannel(bool Withheld, bool Paid, bool CarriesHtlcs, Scid? Alias);

/// <summary>
/// The state in which a session of another program goes on as ours. What it meant to do next is not asked: the record and the node say
/// what was done, and the phases do the rest, as after a crash.
/// </summary>
public static class Adoption
{
    /// <param name="channel">Null when the node has it no longer.</param>
    /// <param name="forwards">What the node's list says of parts that went out over the channel.</param>
    public static SavedState Of(Offer offer, ForeignOpening opening, ForeignChannel? channel, ValueList<Forward> forwards)
    {
        Msat fee = Fee(offer, forwards);
        bool claimed = opening.Preimage is not null || forwards.Any(forward => forward.Status == ForwardStatus.Settled);
        var state = new SavedState(Phase.Broadcasting, fee, opening.Plan, forwards, opening.Preimage, Reason: null, Outcome: null, ChannelExisted: true);

        // A funded channel leaves the node's list when its close is buried; one that was withheld leaves it at once, and there is nothing
        // to fund any more. In both the node has given the coins free.
        if (channel is null)
        {
            state = state with { Phase = Phase.Ended };
            if (opening.Broadcast) return state with { Outcome = Outcome.Succeeded };
            return state with { Outcome = Outcome.Abandoned, Reason = claimed ? FailureReason.ChannelForfeited : FailureReason.ChannelClosed };
        }

        // Paid for, or already on its way to the chain: the funding is sent until it is buried, whoever sent it before.
        bool isPaid = opening.Preimage is not null || forwards.Count == 0 || FeeAllocation.Unearned(forwards, fee) == Msat.Zero;
        if (opening.Broadcast || !channel.Withheld || (isPaid && (claimed || channel.Paid))) return state;

        // The client owns a part of it and has not paid for it, or not yet.
        if (claimed || channel.Paid) return state with { Phase = forwards.Any(static forward => forward.IsOpen) ? Phase.AwaitingSettlement : Phase.Underpaid, Alias = channel.Alias };

        // Parts that never left are offered again by the node, and go over the channel that is there: the client granted this one, and
        // many a client grants one only.
        if (forwards.Count == 0 && !channel.CarriesHtlcs) return state with { Phase = Phase.Reserving, ChannelExisted = false };

        return forwards.Any(static forward => forward.IsOpen)
            ? state with { Phase = Phase.AwaitingSettlement, Alias = channel.Alias }
            : state with { Phase = Phase.Unwinding, Reason = FailureReason.PaymentRejected };
    }

    /// <summary>
    /// A forward as the node lists it. What came in more than went out was taken for the opening: a JIT channel charges nothing else.
    /// </summary>
    public static Forward Listed(HtlcKey htlc, Msat received, Msat sent, ForwardStatus status) =>
        new(htlc, sent, received > sent ? received - sent : Msat.Zero, status);

    /// <summary>What the offer promises; for an amount that the payer chooses, what was taken.</summary>
    private static Msat Fee(Offer offer, ValueList<Forward> forwards)
    {
        if (offer.PaymentSize is { } size) return OpeningFee.TryCompute(size, offer.FeeParams, out Msat promised) ? promised : Msat.Zero;
        ulong taken = 0;
        foreach (Forward forward in forwards)
        {
            if (forward.Status != ForwardStatus.Failed) taken = unchecked(taken + forward.OpeningFee.Value);
        }

        return new Msat(taken);
    }
}
