using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2;

namespace LspsPlugin.Core.Sessions;

/// <summary>The record of another program about the channel that it opened for an offer.</summary>
/// <param name="Plan">The planned channel and its funding transaction.</param>
/// <param name="Broadcast">Whether the record says that the funding transaction was sent.</param>
/// <param name="Preimage">The payment's preimage; null when the record has none.</param>
public sealed record ForeignOpening(FundingPlan Plan, bool Broadcast, Preimage? Preimage);

/// <summary>The node's data about that channel.</summary>
/// <param name="Withheld">Whether the funding is still withheld: the node was never told to broadcast it.</param>
/// <param name="Paid">Whether the client has a balance in the channel.</param>
/// <param name="CarriesHtlcs">Whether the channel has pending HTLCs.</param>
/// <param name="Alias">This node's alias for the channel; null when the node reports none.</param>
public sealed record ForeignChannel(bool Withheld, bool Paid, bool CarriesHtlcs, Scid? Alias);

/// <summary>
/// Computes the state in which this plugin continues a session that another program started. The other program's intentions are ignored: the record
/// and the node say what was done, and the phases do the rest, as after a crash.
/// </summary>
public static class Adoption
{
    /// <summary>Returns the state from which the session continues.</summary>
    /// <param name="offer">The offer that the channel was opened for.</param>
    /// <param name="opening">The other program's record.</param>
    /// <param name="channel">Null when the node no longer has the channel.</param>
    /// <param name="forwards">The rows of the node's list of forwards for parts that went out over the channel.</param>
    public static SavedState Of(Offer offer, ForeignOpening opening, ForeignChannel? channel, ValueList<Forward> forwards)
    {
        Msat fee = Fee(offer, forwards);
        bool claimed = opening.Preimage is not null || forwards.Any(forward => forward.Status == ForwardStatus.Settled);
        var state = new SavedState(Phase.Broadcasting, fee, opening.Plan, forwards, opening.Preimage, Reason: null, Outcome: null, ChannelExisted: true);

        // A funded channel leaves the node's list when its close is buried. A withheld channel leaves it at once, and there is nothing left to fund.
        // In both cases the node has unreserved the inputs.
        if (channel is null)
        {
            state = state with { Phase = Phase.Ended };
            if (opening.Broadcast) return state with { Outcome = Outcome.Succeeded };
            return state with { Outcome = Outcome.Abandoned, Reason = claimed ? FailureReason.ChannelForfeited : FailureReason.ChannelClosed };
        }

        // Paid for, or already broadcast: the funding is sent until it is buried, whoever sent it before.
        bool isPaid = opening.Preimage is not null || forwards.Count == 0 || FeeAllocation.Unearned(forwards, fee) == Msat.Zero;
        if (opening.Broadcast || !channel.Withheld || (isPaid && (claimed || channel.Paid))) return state;

        // The client has a balance in the channel and has not paid the fee yet.
        if (claimed || channel.Paid) return state with { Phase = forwards.Any(static forward => forward.IsOpen) ? Phase.AwaitingSettlement : Phase.Underpaid, Alias = channel.Alias };

        // The node replays parts that never left, and they go over the existing channel: the client agreed to this one, and many clients accept only
        // one.
        if (forwards.Count == 0 && !channel.CarriesHtlcs) return state with { Phase = Phase.Reserving, ChannelExisted = false };

        return forwards.Any(static forward => forward.IsOpen)
            ? state with { Phase = Phase.AwaitingSettlement, Alias = channel.Alias }
            : state with { Phase = Phase.Unwinding, Reason = FailureReason.PaymentRejected };
    }

    /// <summary>
    /// Returns a forward as the node lists it. The difference between the incoming and the outgoing amount is the opening fee: a JIT channel charges
    /// no other fee.
    /// </summary>
    public static Forward Listed(HtlcKey htlc, Msat received, Msat sent, ForwardStatus status) =>
        new(htlc, sent, received > sent ? received - sent : Msat.Zero, status);

    /// <summary>The promised fee; for a variable amount, the fee that was taken.</summary>
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
