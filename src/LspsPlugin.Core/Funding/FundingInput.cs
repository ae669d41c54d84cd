using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Core.Funding;

/// <summary>The kinds of <see cref="FundingInput"/>, named after its subtypes.</summary>
public enum FundingInputKind : byte
{
    /// <inheritdoc cref="Funding.ClientConnected"/>
    ClientConnected,

    /// <inheritdoc cref="Funding.ChannelFound"/>
    ChannelFound,

    /// <inheritdoc cref="Funding.OpeningStarted"/>
    OpeningStarted,

    /// <inheritdoc cref="Funding.OpeningFailed"/>
    OpeningFailed,

    /// <inheritdoc cref="Funding.FundingPlanned"/>
    FundingPlanned,

    /// <inheritdoc cref="Funding.InputsReserved"/>
    InputsReserved,

    /// <inheritdoc cref="Funding.ChannelSecured"/>
    ChannelSecured,

    /// <inheritdoc cref="Funding.FundingAbsent"/>
    FundingAbsent,

    /// <inheritdoc cref="Funding.ChannelNormal"/>
    ChannelNormal,

    /// <inheritdoc cref="Funding.Released"/>
    Released,

    /// <inheritdoc cref="Funding.ReleaseFailed"/>
    ReleaseFailed,
}

/// <summary>An input of the funding machine: a notification of the node, or the outcome of an action.</summary>
public abstract record FundingInput : SessionInput
{
    private protected FundingInput(FundingInputKind kind, InputKind inSession)
        : base(inSession) => FundingKind = kind;

    /// <summary>The kind, for exhaustive switches of the funding machine.</summary>
    public FundingInputKind FundingKind { get; }
}

/// <summary>The client connected to the node.</summary>
public sealed record ClientConnected() : FundingInput(FundingInputKind.ClientConnected, InputKind.ClientConnected);

/// <summary>The client already has a channel that could carry the payment, so no opening was started.</summary>
public sealed record ChannelFound(ExistingChannel Channel, ChannelFacts Facts) : FundingInput(FundingInputKind.ChannelFound, InputKind.ChannelFound);

/// <summary>The client accepted the opening.</summary>
public sealed record OpeningStarted(Opening Opening) : FundingInput(FundingInputKind.OpeningStarted, InputKind.OpeningStarted);

/// <summary>A step of the opening failed.</summary>
/// <param name="Failure">The kind of failure, which decides whether and how the funding goes on.</param>
/// <param name="Detail">The node's message, for the log only.</param>
public sealed record OpeningFailed(OpeningFailure Failure, string Detail) : FundingInput(FundingInputKind.OpeningFailed, InputKind.OpeningFailed);

/// <summary>Why a step of the opening failed.</summary>
public enum OpeningFailure : byte
{
    /// <summary>The client is not connected.</summary>
    ClientOffline,

    /// <summary>The client disconnected during the opening.</summary>
    ClientDisconnected,

    /// <summary>The client rejected the opening with an error.</summary>
    ClientRejected,

    /// <summary>The client cannot accept a channel now but may in a minute: it is synchronizing, or another opening is pending.</summary>
    ClientBusy,

    /// <summary>The client demands a longer to_self_delay than our node accepts.</summary>
    ClientDelayTooLong,

    /// <summary>The client's channel limits are too low for our node.</summary>
    ClientLimits,

    /// <summary>The wallet cannot fund the channel now.</summary>
    NoFunds,

    /// <summary>Somebody else reserved the planned inputs in the meantime.</summary>
    InputsTaken,

    /// <summary>The node refused the step.</summary>
    NodeRefused,

    /// <summary>On-chain fees exceed the promised fee by more than the operator accepts.</summary>
    ChainTooDear,

    /// <summary>The operator's limit on losses from unpaid channels is reached.</summary>
    TrustSpent,

    /// <summary>The channel would be larger than the operator allows.</summary>
    ChannelTooLarge,

    /// <summary>The answer was lost: the call may or may not have had its effect.</summary>
    Unknown,
}

/// <summary>The funding transaction was computed.</summary>
public sealed record FundingPlanned(FundingPlan Plan) : FundingInput(FundingInputKind.FundingPlanned, InputKind.FundingPlanned);

/// <summary>The inputs of the plan were reserved.</summary>
public sealed record InputsReserved() : FundingInput(FundingInputKind.InputsReserved, InputKind.InputsReserved);

/// <summary>The withheld channel exists.</summary>
public sealed record ChannelSecured() : FundingInput(FundingInputKind.ChannelSecured, InputKind.ChannelSecured);

/// <summary>The node has no channel with the planned id.</summary>
/// <param name="NeverSent">
/// Whether the funding is neither in the chain nor in the mempool and its inputs are unspent coins of the wallet; null if that was not looked up.
/// </param>
public sealed record FundingAbsent(bool? NeverSent = null) : FundingInput(FundingInputKind.FundingAbsent, InputKind.FundingAbsent);

/// <summary>The node reported CHANNELD_NORMAL.</summary>
public sealed record ChannelNormal() : FundingInput(FundingInputKind.ChannelNormal, InputKind.ChannelNormal);

/// <summary>Channel, opening and reservation of the attempt no longer exist.</summary>
public sealed record Released() : FundingInput(FundingInputKind.Released, InputKind.Released);

/// <summary>The release failed and must be retried.</summary>
public sealed record ReleaseFailed(string Detail) : FundingInput(FundingInputKind.ReleaseFailed, InputKind.ReleaseFailed);
