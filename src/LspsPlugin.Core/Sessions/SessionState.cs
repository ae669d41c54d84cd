using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Sessions;

/// <summary>The phases of a session; see <see cref="SessionGraph"/>.</summary>
public enum Phase : byte
{
    /// <summary>Parts are held until they add up to the payment.</summary>
    Collecting,

    /// <inheritdoc cref="FundingPhase.Negotiating"/>
    Negotiating,

    /// <inheritdoc cref="FundingPhase.AwaitingClient"/>
    AwaitingClient,

    /// <inheritdoc cref="FundingPhase.Planning"/>
    Planning,

    /// <inheritdoc cref="FundingPhase.Reserving"/>
    Reserving,

    /// <inheritdoc cref="FundingPhase.Recovering"/>
    Recovering,

    /// <inheritdoc cref="FundingPhase.Completing"/>
    Completing,

    /// <inheritdoc cref="FundingPhase.LocatingChannel"/>
    LocatingChannel,

    /// <summary>The channel exists and is not usable yet, or waits for a payment.</summary>
    AwaitingChannelReady,

    /// <summary>The parts were forwarded to the client.</summary>
    AwaitingSettlement,

    /// <summary>The parts are decided, and the channel is not usable: after a restart, or when it was closed.</summary>
    Reconnecting,

    /// <summary>The client settled a part of the payment, and the parts that carried the rest of the opening fee failed.</summary>
    Underpaid,

    /// <summary>The payment goes over a channel that existed before.</summary>
    ForwardingOverExisting,

    /// <summary>The channel is paid for, and the funding transaction is being sent.</summary>
    Broadcasting,

    /// <summary>The funding transaction was sent and is not buried yet.</summary>
    Confirming,

    /// <summary>The attempt failed and is being released.</summary>
    Unwinding,

    /// <summary>The attempt failed while a call to the node was pending.</summary>
    AwaitingOutcome,

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
    private protected SessionState()
    {
    }

    private protected SessionState(Phase phase) => Phase = phase;

    /// <summary>The phase, for exhaustive switches. It includes the phase of the funding.</summary>
    public virtual Phase Phase { get; }

    /// <summary>Returns the phase of a session whose funding is in <paramref name="phase"/>.</summary>
    private protected static Phase PhaseOf(FundingPhase phase) => phase switch
    {
        FundingPhase.Negotiating => Phase.Negotiating,
        FundingPhase.AwaitingClient => Phase.AwaitingClient,
        FundingPhase.Planning => Phase.Planning,
        FundingPhase.Reserving => Phase.Reserving,
        FundingPhase.Recovering => Phase.Recovering,
        FundingPhase.Completing => Phase.Completing,
        FundingPhase.LocatingChannel => Phase.LocatingChannel,
        FundingPhase.Secured => Phase.AwaitingChannelReady,
        FundingPhase.AwaitingOutcome => Phase.AwaitingOutcome,
        FundingPhase.Releasing or FundingPhase.Over => Phase.Unwinding,
    };
}

/// <summary>Parts are held until they add up to the payment.</summary>
public sealed record Collecting(ValueList<Part> Parts) : SessionState(Phase.Collecting)
{
    /// <summary>The initial state: no part is held.</summary>
    public static readonly Collecting Nothing = new(Parts: []);
}

/// <summary>The payment is complete; its parts are held until its channel exists.</summary>
/// <param name="Parts">The held parts.</param>
/// <param name="Fee">The opening fee of the payment.</param>
/// <param name="Funding">The state of the channel's funding, from the question to the client on.</param>
public sealed record AwaitingChannel(ValueList<Part> Parts, Msat Fee, FundingState Funding) : SessionState
{
    /// <inheritdoc/>
    public override Phase Phase => PhaseOf(Funding.Phase);
}

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

/// <summary>The forwards are decided and saved; the funding is withheld, unless the client was trusted.</summary>
/// <param name="Forwards">The forwarded parts.</param>
/// <param name="Fee">The opening fee of the payment.</param>
/// <param name="Plan">The planned channel and its funding transaction.</param>
/// <param name="Alias">The scid under which the node lists the forwards; still known when the channel is gone.</param>
/// <param name="Overdue">The node had its time to send on what it was handed, or to replay it: a part that it neither lists nor has is lost.</param>
/// <param name="Sent">Null while the funding is withheld.</param>
/// <param name="Preimage">The preimage, once a part was settled while others still carry opening fee.</param>
public abstract record Forwarded(
    ValueList<Forward> Forwards, Msat Fee, FundingPlan Plan, Scid? Alias, bool Overdue, SentFunding? Sent, Preimage? Preimage) : SessionState
{
    /// <summary>Parts that wait for the channel.</summary>
    public abstract ValueList<Part> Held { get; }
}

/// <summary>The parts are on their way to the client, over a usable channel.</summary>
/// <param name="Forwards">The forwarded parts.</param>
/// <param name="Fee">The opening fee of the payment.</param>
/// <param name="Plan">The planned channel and its funding transaction.</param>
/// <param name="Alias">The scid under which the node lists the forwards; still known when the channel is gone.</param>
/// <param name="Overdue">The node had its time to send on what it was handed, or to replay it: a part that it neither lists nor has is lost.</param>
/// <param name="Sent">Null while the funding is withheld.</param>
/// <param name="Preimage">The preimage, once a part was settled while others still carry opening fee.</param>
public sealed record AwaitingSettlement(
    ValueList<Forward> Forwards, Msat Fee, FundingPlan Plan, Scid? Alias = null, bool Overdue = false, SentFunding? Sent = null, Preimage? Preimage = null)
    : Forwarded(Forwards, Fee, Plan, Alias, Overdue, Sent, Preimage)
{
    /// <inheritdoc/>
    public override Phase Phase => Phase.AwaitingSettlement;

    /// <inheritdoc/>
    public override ValueList<Part> Held => [];
}

/// <summary>
/// The channel is not usable: after a restart until it is re-established, because a forward before that would fail, or after it was closed.
/// </summary>
/// <param name="Forwards">The forwarded parts.</param>
/// <param name="Fee">The opening fee of the payment.</param>
/// <param name="Plan">The planned channel and its funding transaction.</param>
/// <param name="Replayed">Replayed parts that wait for the channel.</param>
/// <param name="Alias">The scid under which the node lists the forwards; still known when the channel is gone.</param>
/// <param name="Overdue">The node had its time to send on what it was handed, or to replay it: a part that it neither lists nor has is lost.</param>
/// <param name="Sent">Null while the funding is withheld.</param>
/// <param name="Preimage">The preimage, once a part was settled while others still carry opening fee.</param>
public sealed record Reconnecting(
    ValueList<Forward> Forwards, Msat Fee, FundingPlan Plan, ValueList<Part> Replayed, Scid? Alias = null, bool Overdue = false, SentFunding? Sent = null, Preimage? Preimage = null)
    : Forwarded(Forwards, Fee, Plan, Alias, Overdue, Sent, Preimage)
{
    /// <inheritdoc/>
    public override Phase Phase => Phase.Reconnecting;

    /// <inheritdoc/>
    public override ValueList<Part> Held => Replayed;
}

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
public sealed record ForwardingOverExisting(ValueList<Forward> Forwards, Msat Fee, ExistingChannel Over, bool Overdue = false) : SessionState(Phase.ForwardingOverExisting)
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
/// <param name="Funding">What is left of the funding: a call whose outcome is awaited, or the release.</param>
/// <param name="Fee">The opening fee of the payment.</param>
/// <param name="Held">Parts that arrived since, or were replayed after a restart: they start over once everything is released.</param>
/// <param name="Forwards">The forwards, for the saved record.</param>
/// <param name="ChannelExisted">Whether parts were forwarded over the channel: the outcome is then Abandoned, otherwise Failed.</param>
public sealed record Unwinding(
    FailureReason Reason, FundingState Funding, Msat Fee, ValueList<Part> Held, ValueList<Forward> Forwards, bool ChannelExisted) : SessionState
{
    /// <inheritdoc/>
    public override Phase Phase => PhaseOf(Funding.Phase);

    /// <summary>The plan that is released; null when the attempt failed before it was saved.</summary>
    public FundingPlan? Plan => Funding.KnownPlan;
}

/// <summary>The session is over. <paramref name="Reason"/> is null on success.</summary>
public sealed record Ended(Outcome Outcome, FailureReason? Reason, FundingPlan? Plan, ValueList<Forward> Forwards, Msat Fee, Preimage? Preimage)
    : SessionState(Phase.Ended);
