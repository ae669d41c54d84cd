using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Sessions;

/// <summary>An event for logs, metrics and notifications. No decision depends on an event.</summary>
public abstract record SessionEvent
{
    private protected SessionEvent()
    {
    }
}

/// <summary>The session entered another phase.</summary>
public sealed record PhaseChanged(Phase From, Phase To, InputKind Because) : SessionEvent;

/// <summary>An input was ignored in the current state.</summary>
public sealed record InputIgnored(Phase Phase, InputKind Input, string Because) : SessionEvent;

/// <summary>A part joined the payment.</summary>
public sealed record PartAdded(HtlcKey Htlc, Msat Amount, int Count, Msat Sum) : SessionEvent;

/// <summary>A part was failed immediately because of a limit; no session took it.</summary>
public sealed record PartTurnedAway(NodeId Client, HtlcKey Htlc, RejectReason Reason) : SessionEvent;

/// <summary>Held parts were failed.</summary>
public sealed record PartsFailed(ValueList<Part> Parts, FailureReason Reason) : SessionEvent;

/// <summary>Parts were forwarded over the channel.</summary>
public sealed record PartsForwarded(ChannelId Channel, ValueList<Forward> Forwards) : SessionEvent;

/// <summary>The node or the client refused a step; <paramref name="Detail"/> is its message.</summary>
public sealed record StepFailed(Phase Phase, OpeningFailure? Failure, string Detail) : SessionEvent;

/// <summary>The opening fee is earned: a part that carried fee was settled.</summary>
public sealed record PaymentClaimed(Msat Forwarded, Msat OpeningFee) : SessionEvent;

/// <summary>The client failed a part that carried opening fee after it had settled another part; that share of the fee is lost.</summary>
public sealed record FeeKept(ChannelId Channel, Msat Forwarded, Msat OpeningFee) : SessionEvent;

/// <summary>The client settled parts that carry less than the opening fee and failed the others: the funding stays withheld.</summary>
/// <param name="Channel">The channel; its funding stays withheld.</param>
/// <param name="Forwarded">The amount that the client received.</param>
/// <param name="Missing">The part of the opening fee that was not earned.</param>
public sealed record ChannelUnderpaid(ChannelId Channel, Msat Forwarded, Msat Missing) : SessionEvent;

/// <summary>The funding of an underpaid channel is sent because the loss is within the operator's limits.</summary>
public sealed record UnderpaidFunded(ChannelId Channel, Sat Loss) : SessionEvent;

/// <summary>A payment was settled over a channel that the client already had: no opening fee was earned, and the offer stays valid.</summary>
public sealed record PaymentPassed(ChannelId Channel, Msat Forwarded) : SessionEvent;

/// <summary>The funding of a channel is about to be sent before anybody has paid for the channel.</summary>
/// <param name="Channel">The channel; its funding was sent before the payment.</param>
/// <param name="AtRisk">The on-chain cost of opening and closing the channel.</param>
public sealed record ChannelTrusted(ChannelId Channel, Sat AtRisk) : SessionEvent;

/// <summary>Nobody paid for a channel whose funding was sent first.</summary>
/// <param name="Channel">The channel; its funding was sent and nobody paid.</param>
/// <param name="Loss">The on-chain cost of opening and closing the channel.</param>
public sealed record ChannelUnpaid(ChannelId Channel, Sat Loss) : SessionEvent;

/// <summary>The funding transaction could not be sent although the channel is owed. The operator must act if this continues.</summary>
public sealed record BroadcastOverdue(ChannelId Channel, int Attempt, string Detail) : SessionEvent;

/// <summary>A channel or reservation of a failed attempt could not be released yet; the release is retried.</summary>
public sealed record ReleaseOverdue(int Attempt, string Detail) : SessionEvent;

/// <summary>The session ended; the reason is null on success.</summary>
public sealed record SessionEnded(Outcome Outcome, FailureReason? Reason) : SessionEvent;
