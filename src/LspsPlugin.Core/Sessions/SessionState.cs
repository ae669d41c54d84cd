using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Sessions;

/// <summary>The phases of a session; see <see cref="SessionGraph"/>.</summary>
public enum Phase : byte
{
    /// <summary>Parts are held until they add up to the payment.</summary>
    Collecting,

    /// <summary>The client is asked for a channel.</summary>
    Negotiating,

    /// <summary>The wallet selects inputs.</summary>
    Planning,

    /// <summary>The inputs are being reserved.</summary>
    Reserving,

    /// <summary>fundchannel_complete is pending.</summary>
    Funding,

    /// <summary>The channel exists and is not usable yet, or waits for a payment.</summary>
    AwaitingChannelReady,

    /// <summary>The parts were forwarded to the client.</summary>
    AwaitingSettlement,

    /// <summary>The client settled a part of the payment, and the parts that carried the rest of the opening fee failed.</summary>
    Underpaid,

    /// <summary>The payment goes over a channel that existed before.</summary>
    Passing,

    /// <summary>The channel is paid for, and the funding transaction is being sent.</summary>
    Broadcasting,

    /// <summary>The funding transaction was sent and is not buried yet.</summary>
    Confirming,

    /// <summary>The attempt failed and is being released.</summary>
    Unwinding,

    /// <summary>The session is over.</summary>
    Ended,
}

/// <summary>How a session ended.</summary>
public enum Outcome : byte
{
    /// <summary>The payment was forwarded and settled, and the channel was funded.</summary>
    Succeeded,

    /// <summary>The session ended before a channel existed.</summary>
    Failed,

    /// <summary>The session ended after the channel existed, without a paid channel.</summary>
    Abandoned,

    /// <summary>The offer expired.</summary>
    Timeout,
}

/// <summary>The state of one payment for one JIT scid. <see cref="SavedState"/> is the part that survives a crash.</summary>
public abstract record SessionState
{
    private protected SessionState(Phase phase) => Phase = phase;

    /// <summary>The phase, for exhaustive switches.</summary>
    public Phase Phase { get; }
}

/// <summary>Parts are held until they add up to the payment.</summary>
public sealed record Collecting(ValueList<Part> Parts) : SessionState(Phase.Collecting)
{
    /// <summary>The initial state: no part is held.</summary>
    public static readonly Collecting Nothing = new(Parts: []);
}

/// <summary>The payment is complete; the client is asked for a channel (connect, fundchannel_start).</summary>
/// <param name="Parts">The held parts.</param>
/// <param name="Fee">The opening fee of the payment.</param>
/// <param name="Away">Whether the client is not connected. Nothing is pending then; a timer or the client's connection continues the session.</param>
/// <param name="Attempt">The number of failed attempts before, from 0.</param>
public sealed record Negotiating(ValueList<Part> Parts, Msat Fee, bool Away = false, int Attempt = 0) : SessionState(Phase.Negotiating);

/// <summary>The client agreed; the wallet selects inputs without reserving them.</summary>
public sealed record Planning(ValueList<Part> Parts, Msat Fee, Opening Opening, int Attempt = 0) : SessionState(Phase.Planning);

/// <summary>
/// The plan is saved; its inputs are being reserved. After a restart the session continues here and looks whether the channel exists.
/// </summary>
public sealed record Reserving(ValueList<Part> Parts, Msat Fee, FundingPlan Plan, Opening? Opening, int Attempt = 0)
    : SessionState(Phase.Reserving);

/// <summary>fundchannel_complete is pending: the only call that cannot be repeated.</summary>
/// <param name="Parts">The held parts.</param>
/// <param name="Fee">The opening fee of the payment.</param>
/// <param name="Plan">The planned channel and its funding transaction.</param>
/// <param name="Normal">Whether the node reported the channel as usable before it answered.</param>
/// <param name="Lost">Whether the answer was lost: the node is asked whether the channel exists.</param>
public sealed record Funding(ValueList<Part> Parts, Msat Fee, FundingPlan Plan, bool Normal = false, bool Lost = false) : SessionState(Phase.Funding);

/// <summary>
/// The channel exists and waits for channel_ready and for its zero forwarding fee. If the LSP trusts the client it may also wait for a payment.
/// </summary>
/// <param name="Parts">The held parts.</param>
/// <param name="Fee">The opening fee of the payment.</param>
/// <param name="Plan">The planned channel and its funding transaction.</param>
/// <param name="Normal">Whether the node reported the channel as usable.</param>
/// <param name="Facts">The channel's limits, known once it is usable. The payment may still be incomplete.</param>
/// <param name="Sent">Null while the funding is withheld.</param>
public sealed record AwaitingChannelReady(
    ValueList<Part> Parts, Msat Fee, FundingPlan Plan, bool Normal = false, ChannelFacts? Facts = null, SentFunding? Sent = null)
    : SessionState(Phase.AwaitingChannelReady);

/// <summary>The parts are on their way to the client; the funding is withheld, unless the client was trusted.</summary>
/// <param name="Forwards">The forwarded parts.</param>
/// <param name="Fee">The opening fee of the payment.</param>
/// <param name="Plan">The planned channel and its funding transaction.</param>
/// <param name="Usable">Whether the channel is usable. False after a restart until it is re-established: a forward before that would fail.</param>
/// <param name="Replayed">Replayed parts that wait for the channel.</param>
/// <param name="Alias">The scid under which the node lists the forwards; still known when the channel is gone.</param>
/// <param name="Overdue">The node had its time to send on what it was handed, or to replay it: a part that it neither lists nor has is lost.</param>
/// <param name="Sent">Null while the funding is withheld.</param>
/// <param name="Preimage">The preimage, once a part was settled while others still carry opening fee.</param>
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
/// The client has a balance in the channel, and less than the opening fee was earned: the funding stays withheld. It is sent when the rest of the fee
/// is paid or, once the offer is over, when the operator's loss limits allow it. We never close such a channel.
/// </summary>
/// <param name="Forwards">The forwards. All are decided, unless the offer is over.</param>
/// <param name="Fee">The opening fee of the payment.</param>
/// <param name="Plan">The planned channel and its funding transaction.</param>
/// <param name="Preimage">The payment's preimage; null while it is unknown.</param>
/// <param name="Alias">The scid under which the node lists the forwards.</param>
/// <param name="OfferOver">Whether the offer is over, so that nobody can pay the rest of the fee.</param>
public sealed record Underpaid(ValueList<Forward> Forwards, Msat Fee, FundingPlan Plan, Preimage? Preimage, Scid? Alias = null, bool OfferOver = false)
    : SessionState(Phase.Underpaid);

/// <summary>The parts were forwarded over a channel that the client already had: nothing was opened, and none of our funds are at risk.</summary>
/// <param name="Forwards">The forwarded parts.</param>
/// <param name="Fee">The node's forwarding fee for these parts.</param>
/// <param name="Over">The channel that carries the payment.</param>
/// <param name="Overdue">The node had its time to send on what it was handed, or to replay it: a part that it neither lists nor has is lost.</param>
public sealed record Passing(ValueList<Forward> Forwards, Msat Fee, ExistingChannel Over, bool Overdue = false) : SessionState(Phase.Passing)
{
    /// <summary>Replayed parts that wait for the client to reconnect. They are not saved, because the node would replay them again.</summary>
    public ValueList<Part> Replayed { get; init; } = [];
}

/// <summary>The client released the preimage: the funding transaction must get into the chain, and is retried until it does.</summary>
/// <param name="Forwards">The forwarded parts.</param>
/// <param name="Fee">The opening fee of the payment.</param>
/// <param name="Plan">The planned channel and its funding transaction.</param>
/// <param name="Preimage">The preimage; null when only the node's list of forwards shows that a part was settled.</param>
/// <param name="SignedPsbt">The signed PSBT in base64; null until the wallet has signed.</param>
/// <param name="Attempt">The number of failed attempts before, from 0.</param>
/// <param name="BlockCame">Whether a block arrived while the transaction was being sent: it may be confirmed already.</param>
public sealed record Broadcasting(
    ValueList<Forward> Forwards, Msat Fee, FundingPlan Plan, Preimage? Preimage, string? SignedPsbt = null, int Attempt = 0, bool BlockCame = false)
    : SessionState(Phase.Broadcasting);

/// <summary>The funding transaction was sent. It is sent again with each block until it is buried, because a reorg may remove it.</summary>
/// <param name="Forwards">The forwarded parts.</param>
/// <param name="Fee">The opening fee of the payment.</param>
/// <param name="Plan">The planned channel and its funding transaction.</param>
/// <param name="Preimage">The payment's preimage; null while it is unknown.</param>
/// <param name="SignedPsbt">The signed PSBT in base64.</param>
/// <param name="Buried">Whether it has enough confirmations that it is no longer watched.</param>
/// <param name="FeesRestored">Whether the channel has the node's normal forwarding fees again.</param>
/// <param name="Unpaid">Whether the funding was sent first and the offer ended before anybody paid for the channel.</param>
public sealed record Confirming(
    ValueList<Forward> Forwards,
    Msat Fee,
    FundingPlan Plan,
    Preimage? Preimage,
    string SignedPsbt,
    bool Buried = false,
    bool FeesRestored = false,
    bool Unpaid = false) : SessionState(Phase.Confirming);

/// <summary>The attempt failed. It ends once channel, opening and inputs are released.</summary>
/// <param name="Reason">Why the attempt failed.</param>
/// <param name="Plan">The planned channel and its funding transaction; null when nothing was planned.</param>
/// <param name="InFlight">Whether a call to the node is still pending: its outcome is awaited before anything is released.</param>
/// <param name="Fee">The opening fee of the payment.</param>
/// <param name="Held">Parts that arrived since, or were replayed after a restart: they start over once everything is released.</param>
/// <param name="Forwards">The forwards, for the saved record.</param>
/// <param name="ChannelExisted">Whether parts were forwarded over the channel: the outcome is then Abandoned, otherwise Failed.</param>
/// <param name="Attempt">The number of failed attempts before, from 0.</param>
public sealed record Unwinding(
    FailureReason Reason,
    FundingPlan? Plan,
    bool InFlight,
    Msat Fee,
    ValueList<Part> Held,
    ValueList<Forward> Forwards,
    bool ChannelExisted,
    int Attempt = 0) : SessionState(Phase.Unwinding);

/// <summary>The session is over. <paramref name="Reason"/> is null on success.</summary>
public sealed record Ended(Outcome Outcome, FailureReason? Reason, FundingPlan? Plan, ValueList<Forward> Forwards, Msat Fee, Preimage? Preimage)
    : SessionState(Phase.Ended);
