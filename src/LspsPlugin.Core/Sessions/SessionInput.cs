using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Sessions;

public enum InputKind : byte
{
    PartArrived,
    TimerFired,
    BlockAdded,
    ClientConnected,
    ChannelFound,
    OpeningStarted,
    OpeningFailed,
    FundingPlanned,
    InputsReserved,
    ChannelSecured,
    FundingAbsent,
    ChannelNormal,
    ChannelPending,
    ChannelReady,
    ChannelClosed,
    PartOffered,
    PartSettled,
    PartFailed,
    ForwardsSeen,
    FundingSigned,
    FundingBroadcast,
    BroadcastFailed,
    FundingConfirmed,
    FeesRestored,
    RestoreFailed,
    Released,
    ReleaseFailed,
    LossBorne,
    LossRefused,
    SaveFailed,
    Displaced,
}

/// <summary>Something that happened, in the past tense: a hook call, a notification, a timer, or the outcome of an action.</summary>
public abstract record SessionInput
{
    private protected SessionInput(InputKind kind) => Kind = kind;

    public InputKind Kind { get; }
}

/// <param name="Height">The chain's height as the plugin knows it.</param>
/// <param name="OfferTaken">Another payment is already opening a channel for this offer.</param>
/// <param name="Idle">An earlier payment opened the offer's channel on trust and came to nothing: a complete payment takes it over.</param>
public sealed record PartArrived(Part Part, BlockHeight Height, bool OfferTaken = false, IdleChannel? Idle = null) : SessionInput(InputKind.PartArrived);

public sealed record TimerFired(SessionTimer Timer) : SessionInput(InputKind.TimerFired);

public sealed record BlockAdded(BlockHeight Height) : SessionInput(InputKind.BlockAdded);

public sealed record ClientConnected() : SessionInput(InputKind.ClientConnected);

/// <summary>Instead of an opening: a channel with the client that is there already, and that could carry the payment.</summary>
public sealed record ChannelFound(ExistingChannel Channel, ChannelFacts Facts) : SessionInput(InputKind.ChannelFound);

/// <summary>The client accepted the opening.</summary>
public sealed record OpeningStarted(Opening Opening) : SessionInput(InputKind.OpeningStarted);

/// <summary>A step of the opening did not succeed.</summary>
/// <param name="Detail">What the node said, for the log; nothing decides by it.</param>
public sealed record OpeningFailed(OpeningFailure Failure, string Detail) : SessionInput(InputKind.OpeningFailed);

public enum OpeningFailure : byte
{
    ClientOffline,
    ClientDisconnected,
    ClientRejected,

    /// <summary>The client cannot take a channel now and may in a minute: it synchronizes, or another opening stands in the way.</summary>
    ClientBusy,

    /// <summary>The client demands a longer to_self_delay than our node takes.</summary>
    ClientDelayTooLong,

    /// <summary>What the client allows in the channel is too little for our node.</summary>
    ClientLimits,

    NoFunds,

    /// <summary>Somebody reserved the planned inputs in between.</summary>
    InputsTaken,

    NodeRefused,

    /// <summary>The chain's fees have left the promised fee too far behind.</summary>
    ChainTooDear,

    /// <summary>What unpaid channels may cost the operator is reached.</summary>
    TrustSpent,

    /// <summary>The channel would be larger than the operator allows.</summary>
    ChannelTooLarge,

    /// <summary>The answer was lost: it may or may not have been done.</summary>
    Unknown,
}

public sealed record FundingPlanned(FundingPlan Plan) : SessionInput(InputKind.FundingPlanned);

public sealed record InputsReserved() : SessionInput(InputKind.InputsReserved);

/// <summary>The withheld channel exists.</summary>
public sealed record ChannelSecured() : SessionInput(InputKind.ChannelSecured);

/// <summary>The node knows no channel with the planned id.</summary>
public sealed record FundingAbsent() : SessionInput(InputKind.FundingAbsent);

/// <summary>The node reported CHANNELD_NORMAL.</summary>
public sealed record ChannelNormal() : SessionInput(InputKind.ChannelNormal);

/// <summary>A look at the channel: it exists, but cannot carry HTLCs yet.</summary>
public sealed record ChannelPending() : SessionInput(InputKind.ChannelPending);

/// <summary>A look at the channel: it is usable and forwards without a fee of its own.</summary>
public sealed record ChannelReady(ChannelFacts Facts) : SessionInput(InputKind.ChannelReady);

/// <summary>The channel is gone, or on its way out.</summary>
public sealed record ChannelClosed() : SessionInput(InputKind.ChannelClosed);

/// <summary>The node sent the part on to the client.</summary>
public sealed record PartOffered(HtlcKey Htlc) : SessionInput(InputKind.PartOffered);

public sealed record PartSettled(HtlcKey Htlc, Preimage? Preimage) : SessionInput(InputKind.PartSettled);

public sealed record PartFailed(HtlcKey Htlc) : SessionInput(InputKind.PartFailed);

/// <summary>What the node knows of our parts; those that its list of forwards does not name are absent.</summary>
/// <param name="Seen">In the order in which the node made its rows.</param>
/// <param name="ChannelExists">The node still has the JIT channel, in whatever state.</param>
/// <param name="ClientOwns">What the client has in the JIT channel: settled parts are in it, also when the list has forgotten them.</param>
/// <param name="Usable">An HTLC could go out over the channel at this moment.</param>
/// <param name="Dead">None ever will again, and none is left in it.</param>
public sealed record ForwardsSeen(ValueList<ForwardSeen> Seen, bool ChannelExists = true, Msat ClientOwns = default, bool Usable = false, bool Dead = false)
    : SessionInput(InputKind.ForwardsSeen)
{
    /// <summary>Of the parts that were asked about: those that are not listed and in no incoming channel any more. The node failed them without a word.</summary>
    public ValueList<HtlcKey> Gone { get; init; } = [];

    /// <summary>Those that are not listed and still in their incoming channel: the node, or another plugin, has yet to decide.</summary>
    public ValueList<HtlcKey> Waiting { get; init; } = [];
}

/// <param name="MayBeForeign">The row need not be of this payment: then nothing but the very same key makes it ours.</param>
public sealed record ForwardSeen(HtlcKey Htlc, ForwardStatus Status, bool MayBeForeign = false);

/// <param name="SignedPsbt">Base64; from now on the wallet is no longer needed to get the funding on chain.</param>
/// <param name="ToSelfDelay">What the client imposes on us in the channel, as far as the node says.</param>
/// <param name="Facts">What the client allows in the channel, as far as the node says.</param>
public sealed record FundingSigned(string SignedPsbt, BlockCount? ToSelfDelay = null, ChannelFacts? Facts = null) : SessionInput(InputKind.FundingSigned);

/// <summary>The chain daemon has the transaction in its mempool.</summary>
public sealed record FundingBroadcast() : SessionInput(InputKind.FundingBroadcast);

/// <summary>The funding could not be signed or sent.</summary>
public sealed record BroadcastFailed(string Detail) : SessionInput(InputKind.BroadcastFailed);

/// <summary>The transaction is in the chain as it is now.</summary>
/// <param name="Depth">Its block counts as 1.</param>
public sealed record FundingConfirmed(BlockCount Depth) : SessionInput(InputKind.FundingConfirmed);

public sealed record FeesRestored() : SessionInput(InputKind.FeesRestored);

public sealed record RestoreFailed(string Detail) : SessionInput(InputKind.RestoreFailed);

/// <summary>Channel, opening and reservation of the attempt are gone.</summary>
public sealed record Released() : SessionInput(InputKind.Released);

public sealed record ReleaseFailed(string Detail) : SessionInput(InputKind.ReleaseFailed);

/// <summary>The operator's bound on losses has room for what an underpaid channel lacks.</summary>
public sealed record LossBorne() : SessionInput(InputKind.LossBorne);

/// <summary>It has none now.</summary>
public sealed record LossRefused() : SessionInput(InputKind.LossRefused);

/// <summary>The state that the last input led to could not be saved; none of its actions was done.</summary>
/// <param name="Wanted">The phase of that state.</param>
public sealed record SaveFailed(Phase Wanted) : SessionInput(InputKind.SaveFailed);

/// <summary>A bound was met and a payment that promises more needs the room: an incomplete one goes back.</summary>
public sealed record Displaced() : SessionInput(InputKind.Displaced);
