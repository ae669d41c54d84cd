using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Sessions;

/// <summary>Something worth telling: for logs, metrics and notifications. Nothing depends on an event.</summary>
public abstract record SessionEvent
{
    private protected SessionEvent()
    {
    }
}

public sealed record PhaseChanged(Phase From, Phase To, InputKind Because) : SessionEvent;

/// <summary>An input met a state that has no use for it.</summary>
public sealed record InputIgnored(Phase Phase, InputKind Input, string Because) : SessionEvent;

/// <summary>A part joined the payment.</summary>
public sealed record PartAdded(HtlcKey Htlc, Msat Amount, int Count, Msat Sum) : SessionEvent;

/// <summary>A part was given back at once: no session took it.</summary>
public sealed record PartTurnedAway(NodeId Client, HtlcKey Htlc, Bound Bound) : SessionEvent;

public sealed record PartsFailed(ValueList<Part> Parts, FailureReason Reason) : SessionEvent;

public sealed record PartsForwarded(ChannelId Channel, ValueList<Forward> Forwards) : SessionEvent;

/// <summary>The node or the client refused a step; <paramref name="Detail"/> is what it said.</summary>
public sealed record StepFailed(Phase Phase, OpeningFailure? Failure, string Detail) : SessionEvent;

/// <summary>The opening fee is earned: a part that carried its share was settled.</summary>
public sealed record PaymentClaimed(Msat Forwarded, Msat OpeningFee) : SessionEvent;

/// <summary>The client failed a part that bore opening fee, after it had taken another: the channel is paid for by so much less.</summary>
public sealed record FeeKept(ChannelId Channel, Msat Forwarded, Msat OpeningFee) : SessionEvent;

/// <summary>The client took parts that bring less than the opening fee and failed the others: the funding of its channel stays withheld.</summary>
/// <param name="Forwarded">What the client was paid.</param>
/// <param name="Missing">What of the opening fee was not earned.</param>
public sealed record ChannelUnderpaid(ChannelId Channel, Msat Forwarded, Msat Missing) : SessionEvent;

/// <summary>The funding of an underpaid channel goes out nevertheless: what it lacks is within what the operator may lose.</summary>
public sealed record UnderpaidFunded(ChannelId Channel, Sat Loss) : SessionEvent;

/// <summary>A payment was taken over a channel that the client had already: no opening fee was earned, and the offer stays.</summary>
public sealed record PaymentPassed(ChannelId Channel, Msat Forwarded) : SessionEvent;

/// <summary>The funding of a channel is about to go out before anybody has paid for it.</summary>
/// <param name="AtRisk">What the chain takes for it.</param>
public sealed record ChannelTrusted(ChannelId Channel, Sat AtRisk) : SessionEvent;

/// <summary>A channel that was opened on trust was never paid for.</summary>
/// <param name="Loss">What the chain took, or will take, for it.</param>
public sealed record ChannelUnpaid(ChannelId Channel, Sat Loss) : SessionEvent;

/// <summary>The funding transaction cannot be sent although the preimage is out: an operator must act if this goes on.</summary>
public sealed record BroadcastOverdue(ChannelId Channel, int Attempt, string Detail) : SessionEvent;

/// <summary>A channel or reservation of a failed attempt could not be released yet.</summary>
public sealed record ReleaseOverdue(int Attempt, string Detail) : SessionEvent;

public sealed record SessionEnded(Outcome Outcome, FailureReason? Reason) : SessionEvent;
