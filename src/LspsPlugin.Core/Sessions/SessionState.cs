using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Sessions;

public enum Phase : byte
{
    Collecting,
    Negotiating,
    Planning,
    Reserving,
    Funding,
    AwaitingChannelReady,
    AwaitingSettlement,

    /// <summary>The client took a part of the payment, and what carried the rest of the opening fee came back.</summary>
    Underpaid,

    /// <summary>Over a channel that was there before.</summary>
    Passing,
    Broadcasting,
    Confirming,
    Unwinding,
    Ended,
}

public enum Outcome : byte
{
    /// <summary>Paid, forwarded, funded.</summary>
    Succeeded,

    /// <summary>Ended before a channel existed.</summary>
    Failed,

    /// <summary>Ended after the channel existed; it was released.</summary>
    Abandoned,

    /// <summary>The offer ran out.</summary>
    Timeout,
}

/// <summary>Where one payment for one JIT scid stands. What of it survives a crash is <see cref="SavedState"/>.</summary>
public abstract record SessionState
{
    private protected SessionState(Phase phase) => Phase = phase;

    public Phase Phase { get; }
}

/// <summary>Parts are held until they add up to the payment.</summary>
public sealed record Collecting(ValueList<Part> Parts) : SessionState(Phase.Collecting)
{
    public static readonly Collecting Nothing = new(Parts: []);
}

/// <summary>The payment is complete; the client is asked for a channel (connect, fundchannel_start).</summary>
/// <param name="Away">The client is not connected; nothing is in flight, a timer or its connection goes on.</param>
public sealed record Negotiating(ValueList<Part> Parts, Msat Fee, bool Away = false, int Attempt = 0) : SessionState(Phase.Negotiating);

/// <summary>The client agreed; the wallet chooses inputs, reserving nothing yet.</summary>
public sealed record Planning(ValueList<Part> Parts, Msat Fee, Opening Opening, int Attempt = 0) : SessionState(Phase.Planning);

/// <summary>The plan is on record; its inputs are being reserved. A restart comes back here and looks whether the channel exists.</summary>
public sealed record Reserving(ValueList<Part> Parts, Msat Fee, FundingPlan Plan, Opening? Opening, int Attempt = 0)
    : SessionState(Phase.Reserving);

/// <summary>fundchannel_complete is in flight: the one call that cannot be repeated.</summary>
/// <param name="Normal">The node reported the channel usable before it answered.</param>
/// <param name="Lost">The call is over and its answer was lost: the node is asked whether the channel exists.</param>
public sealed record Funding(ValueList<Part> Parts, Msat Fee, FundingPlan Plan, bool Normal = false, bool Lost = false) : SessionState(Phase.Funding);

/// <summary>The channel exists; it waits for channel_ready and its zero forwarding fee. Opened on trust, it also waits for a payment.</summary>
/// <param name="Normal">The node reported the channel usable.</param>
/// <param name="Facts">Known once the channel is usable; the payment may still lack parts.</param>
/// <param name="Sent">Null while the funding is withheld.</param>
public sealed record AwaitingChannelReady(
    ValueList<Part> Parts, Msat Fee, FundingPlan Plan, bool Normal = false, ChannelFacts? Facts = null, SentFunding? Sent = null)
    : SessionState(Phase.AwaitingChannelReady);

/// <summary>The parts are on their way to the client; the funding is withheld, unless the client was trusted.</summary>
/// <param name="Usable">False after a restart until the channel is re-established: a forward before that would fail.</param>
/// <param name="Replayed">Parts that the node offered again and that wait for the channel.</param>
/// <param name="Alias">The name under which the node lists the forwards; still known when the channel is gone.</param>
/// <param name="Overdue">The node had its time to send on what it was handed, or to replay it: a part that it neither lists nor has is lost.</param>
/// <param name="Sent">Null while the funding is withheld.</param>
/// <param name="Preimage">Once a part was settled, while others still carry opening fee.</param>
public sealed record AwaitingSettlement(
    ValueList<Forward> Forwards,
    Msat Fee,
    FundingPlan Plan,
    bool Usable,
    ValueList<Part> Replayed,
    Scid? Alias = null,
    bool Overdue = false,
    SentFunding? Sent = null,
    Preimage? Preimage = null)
    : SessionState(Phase.AwaitingSettlement);

/// <summary>
/// The client owns something in the channel, and less than the opening fee was earned: the funding stays withheld. It goes out when the rest
/// of the fee is paid, or, once the offer is over, when the operator's bound on losses has room for it. We never destroy such a channel.
/// </summary>
/// <param name="Forwards">All decided; once the offer is over some may be left open by the client.</param>
/// <param name="Alias">The name under which the node lists the forwards.</param>
/// <param name="OfferOver">Nobody can pay the rest any more: what is missing is the operator's loss, as soon as that is allowed.</param>
public sealed record Underpaid(ValueList<Forward> Forwards, Msat Fee, FundingPlan Plan, Preimage? Preimage, Scid? Alias = null, bool OfferOver = false)
    : SessionState(Phase.Underpaid);

/// <summary>The parts are on their way over a channel that the client had already: nothing was opened, and nothing of ours is at stake.</summary>
/// <param name="Fee">What the node takes for these forwards.</param>
/// <param name="Overdue">The node had its time to send on what it was handed, or to replay it: a part that it neither lists nor has is lost.</param>
public sealed record Passing(ValueList<Forward> Forwards, Msat Fee, ExistingChannel Over, bool Overdue = false) : SessionState(Phase.Passing)
{
    /// <summary>Parts that the node offered again and that wait for the client to come back. Not on record: the node would offer them once more.</summary>
    public ValueList<Part> Replayed { get; init; } = [];
}

/// <summary>The preimage is out: the funding must reach the chain, however often that is tried.</summary>
/// <param name="Preimage">Null when only the node's list of forwards told that a part settled.</param>
/// <param name="SignedPsbt">Null until the wallet has signed.</param>
/// <param name="BlockCame">A block came while the transaction was being sent: it may have confirmed already.</param>
public sealed record Broadcasting(
    ValueList<Forward> Forwards, Msat Fee, FundingPlan Plan, Preimage? Preimage, string? SignedPsbt = null, int Attempt = 0, bool BlockCame = false)
    : SessionState(Phase.Broadcasting);

/// <summary>The funding is in the node's hands; it is sent again with each block until it is buried: a reorg may take it out again.</summary>
/// <param name="Buried">So deep in the chain that nobody looks any more.</param>
/// <param name="Unpaid">It was opened on trust, and the offer ended before anybody paid for it.</param>
public sealed record Confirming(
    ValueList<Forward> Forwards,
    Msat Fee,
    FundingPlan Plan,
    Preimage? Preimage,
    string SignedPsbt,
    bool Buried = false,
    bool FeesRestored = false,
    bool Unpaid = false) : SessionState(Phase.Confirming);

/// <summary>The attempt failed; it is not over before channel, opening and inputs are released.</summary>
/// <param name="InFlight">An effect is still out: its outcome is awaited before anything is released.</param>
/// <param name="Held">Parts that came since, or that a restart brought back: they start over once everything is released.</param>
/// <param name="Forwards">What had been forwarded, for the record.</param>
/// <param name="ChannelExisted">Parts went out over it: the attempt is then abandoned, before that it has failed.</param>
public sealed record Unwinding(
    FailureReason Reason,
    FundingPlan? Plan,
    bool InFlight,
    Msat Fee,
    ValueList<Part> Held,
    ValueList<Forward> Forwards,
    bool ChannelExisted,
    int Attempt = 0) : SessionState(Phase.Unwinding);

/// <summary>Over. <paramref name="Reason"/> is null on success.</summary>
public sealed record Ended(Outcome Outcome, FailureReason? Reason, FundingPlan? Plan, ValueList<Forward> Forwards, Msat Fee, Preimage? Preimage)
    : SessionState(Phase.Ended);
