using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Sessions;

/// <summary>The kinds of <see cref="SessionInput"/>, named after its subtypes.</summary>
public enum InputKind : byte
{
    /// <inheritdoc cref="Sessions.PartArrived"/>
    PartArrived,

    /// <inheritdoc cref="Sessions.TimerFired"/>
    TimerFired,

    /// <inheritdoc cref="Sessions.BlockAdded"/>
    BlockAdded,

    /// <inheritdoc cref="Core.Funding.ClientConnected"/>
    ClientConnected,

    /// <inheritdoc cref="Core.Funding.ChannelFound"/>
    ChannelFound,

    /// <inheritdoc cref="Core.Funding.OpeningStarted"/>
    OpeningStarted,

    /// <inheritdoc cref="Core.Funding.OpeningFailed"/>
    OpeningFailed,

    /// <inheritdoc cref="Core.Funding.FundingPlanned"/>
    FundingPlanned,

    /// <inheritdoc cref="Core.Funding.InputsReserved"/>
    InputsReserved,

    /// <inheritdoc cref="Core.Funding.ChannelSecured"/>
    ChannelSecured,

    /// <inheritdoc cref="Core.Funding.FundingAbsent"/>
    FundingAbsent,

    /// <inheritdoc cref="Core.Funding.ChannelNormal"/>
    ChannelNormal,

    /// <inheritdoc cref="Sessions.ChannelPending"/>
    ChannelPending,

    /// <inheritdoc cref="Sessions.ChannelReady"/>
    ChannelReady,

    /// <inheritdoc cref="Sessions.ChannelClosed"/>
    ChannelClosed,

    /// <inheritdoc cref="Sessions.PartOffered"/>
    PartOffered,

    /// <inheritdoc cref="Sessions.PartSettled"/>
    PartSettled,

    /// <inheritdoc cref="Sessions.PartFailed"/>
    PartFailed,

    /// <inheritdoc cref="Sessions.ForwardsSeen"/>
    ForwardsSeen,

    /// <inheritdoc cref="Sessions.FundingSigned"/>
    FundingSigned,

    /// <inheritdoc cref="Sessions.FundingBroadcast"/>
    FundingBroadcast,

    /// <inheritdoc cref="Sessions.BroadcastFailed"/>
    BroadcastFailed,

    /// <inheritdoc cref="Sessions.FundingConfirmed"/>
    FundingConfirmed,

    /// <inheritdoc cref="Sessions.FeesRestored"/>
    FeesRestored,

    /// <inheritdoc cref="Sessions.RestoreFailed"/>
    RestoreFailed,

    /// <inheritdoc cref="Core.Funding.Released"/>
    Released,

    /// <inheritdoc cref="Core.Funding.ReleaseFailed"/>
    ReleaseFailed,

    /// <inheritdoc cref="Sessions.LossBorne"/>
    LossBorne,

    /// <inheritdoc cref="Sessions.LossRefused"/>
    LossRefused,

    /// <inheritdoc cref="Sessions.SaveFailed"/>
    SaveFailed,

    /// <inheritdoc cref="Sessions.Displaced"/>
    Displaced,

    /// <inheritdoc cref="Sessions.Cancelled"/>
    Cancelled,
}

/// <summary>An input of the state machine: a hook call, a notification, a timer, or the outcome of an action.</summary>
public abstract record SessionInput
{
    private protected SessionInput(InputKind kind) => Kind = kind;

    /// <summary>The kind, for exhaustive switches.</summary>
    public InputKind Kind { get; }
}

/// <summary>An HTLC for the offer arrived, or was replayed.</summary>
/// <param name="Part">The part; it is held until it is answered.</param>
/// <param name="Height">The block height as the plugin knows it.</param>
/// <param name="OfferTaken">Whether another payment is already opening a channel for this offer.</param>
/// <param name="Idle">
/// The channel of an earlier payment that failed after the funding was sent (LSP trusts client); a complete payment takes it over.
/// </param>
public sealed record PartArrived(Part Part, BlockHeight Height, bool OfferTaken = false, IdleChannel? Idle = null) : SessionInput(InputKind.PartArrived);

/// <summary>A timer of the session fired.</summary>
public sealed record TimerFired(SessionTimer Timer) : SessionInput(InputKind.TimerFired);

/// <summary>A block was added to the chain.</summary>
public sealed record BlockAdded(BlockHeight Height) : SessionInput(InputKind.BlockAdded);

/// <summary>The channel exists, but cannot carry HTLCs yet.</summary>
public sealed record ChannelPending() : SessionInput(InputKind.ChannelPending);

/// <summary>The channel is usable, and its forwarding fee is zero.</summary>
public sealed record ChannelReady(ChannelFacts Facts) : SessionInput(InputKind.ChannelReady);

/// <summary>The channel is closed or closing.</summary>
public sealed record ChannelClosed() : SessionInput(InputKind.ChannelClosed);

/// <summary>The node sent the part on to the client.</summary>
public sealed record PartOffered(HtlcKey Htlc) : SessionInput(InputKind.PartOffered);

/// <summary>The client settled the part; the preimage is null when the node did not report it.</summary>
public sealed record PartSettled(HtlcKey Htlc, Preimage? Preimage) : SessionInput(InputKind.PartSettled);

/// <summary>The client or the node failed the part.</summary>
public sealed record PartFailed(HtlcKey Htlc) : SessionInput(InputKind.PartFailed);

/// <summary>The node's data about our parts. Parts that its list of forwards does not contain are absent.</summary>
/// <param name="Seen">The rows, in the order in which the node created them.</param>
/// <param name="ChannelExists">Whether the node still has the JIT channel, in any state.</param>
/// <param name="ClientOwns">The client's balance in the JIT channel. It includes settled parts that the node's list no longer contains.</param>
/// <param name="Usable">Whether an HTLC can be sent over the channel now.</param>
/// <param name="Dead">Whether no HTLC can be sent over the channel any more and none is pending in it.</param>
public sealed record ForwardsSeen(ValueList<ForwardSeen> Seen, bool ChannelExists = true, Msat ClientOwns = default, bool Usable = false, bool Dead = false)
    : SessionInput(InputKind.ForwardsSeen)
{
    /// <summary>
    /// Parts that were looked up and are neither listed nor pending in their incoming channel: the node failed them without a notification.
    /// </summary>
    public ValueList<HtlcKey> Gone { get; init; } = [];

    /// <summary>Parts that are not listed but still pending in their incoming channel: the node or another plugin has not decided them yet.</summary>
    public ValueList<HtlcKey> Waiting { get; init; } = [];
}

/// <summary>One row of the node's list of forwards.</summary>
/// <param name="Htlc">The incoming HTLC.</param>
/// <param name="Status">The node's status of the forward.</param>
/// <param name="MayBeForeign">Whether the row may belong to another payment; it then matches only with exactly the same key.</param>
public sealed record ForwardSeen(HtlcKey Htlc, ForwardStatus Status, bool MayBeForeign = false);

/// <summary>The wallet signed the funding transaction.</summary>
/// <param name="SignedPsbt">The signed PSBT in base64. The wallet is no longer needed to get the funding confirmed.</param>
/// <param name="ToSelfDelay">The to_self_delay that the client imposes on us, if the node reports it.</param>
/// <param name="Facts">The client's channel limits, if the node reports them.</param>
public sealed record FundingSigned(string SignedPsbt, BlockCount? ToSelfDelay = null, ChannelFacts? Facts = null) : SessionInput(InputKind.FundingSigned);

/// <summary>bitcoind has the transaction in its mempool.</summary>
public sealed record FundingBroadcast() : SessionInput(InputKind.FundingBroadcast);

/// <summary>The funding transaction could not be signed or sent.</summary>
public sealed record BroadcastFailed(string Detail) : SessionInput(InputKind.BroadcastFailed);

/// <summary>The funding transaction is confirmed in the current chain.</summary>
/// <param name="Depth">The number of confirmations, from 1.</param>
public sealed record FundingConfirmed(BlockCount Depth) : SessionInput(InputKind.FundingConfirmed);

/// <summary>The channel has the node's normal forwarding fees.</summary>
public sealed record FeesRestored() : SessionInput(InputKind.FeesRestored);

/// <summary>The normal forwarding fees could not be set.</summary>
public sealed record RestoreFailed(string Detail) : SessionInput(InputKind.RestoreFailed);

/// <summary>The operator's loss limits allow funding the underpaid channel.</summary>
public sealed record LossBorne() : SessionInput(InputKind.LossBorne);

/// <summary>The operator's loss limits do not allow it now.</summary>
public sealed record LossRefused() : SessionInput(InputKind.LossRefused);

/// <summary>The state after the last input could not be saved; none of its actions was performed.</summary>
/// <param name="Wanted">The phase of the state that was not saved.</param>
public sealed record SaveFailed(Phase Wanted) : SessionInput(InputKind.SaveFailed);

/// <summary>This incomplete payment was failed to make room for another payment under a limit.</summary>
public sealed record Displaced() : SessionInput(InputKind.Displaced);

/// <summary>The operator cancels the offer. It has an effect only while nothing is owed: no part was forwarded, and the funding was not sent.</summary>
public sealed record Cancelled() : SessionInput(InputKind.Cancelled);
