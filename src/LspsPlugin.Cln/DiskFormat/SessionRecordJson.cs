using System.Text.Json.Serialization;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2;

namespace LspsPlugin.Cln.DiskFormat;

/// <summary>
/// An offer and the session that uses it, format 1. Members that the node's built-in service plugin also writes have its names and types, so that its
/// tools can read our records; our own members are added to them.
/// </summary>
/// <param name="PeerId">The client.</param>
/// <param name="OpeningFeeParams">The menu entry that was bought.</param>
/// <param name="ExpectedPaymentSize">The payment size in msat; null for a variable amount.</param>
/// <param name="ChannelCapacityMsat">The channel size that was granted, in msat.</param>
/// <param name="CreatedAt">When the offer was bought, in the form of R50-56.</param>
/// <param name="ClientTrustsLsp">Whether the funding is withheld until the preimage is known.</param>
/// <param name="ZeroReserve">True or null.</param>
/// <param name="SizedByPayment">True or null.</param>
/// <param name="CltvExpiryDelta">The cltv_expiry_delta promised for the JIT hop, in blocks.</param>
/// <param name="JitScid">Only beside a plan: records of released channels have another key.</param>
/// <param name="PaymentHash">The payment's hash; null for an offer without a session.</param>
/// <param name="AliasOf">The channel of an offer that a successful session paid for.</param>
/// <param name="Phase">A word of <see cref="Core.Sessions.SessionWords.Phases"/>; null for an offer and in records of the built-in plugin.</param>
/// <param name="FeeMsat">The opening fee of the payment, in msat.</param>
/// <param name="ChannelExisted">Whether the channel existed, so that a failed session ends as Abandoned.</param>
/// <param name="ChannelId">The planned channel.</param>
/// <param name="FundingPsbt">The planned funding transaction, in base64.</param>
/// <param name="PlannedTxid">The id of the planned funding transaction.</param>
/// <param name="PlannedOutnum">The index of the channel's output.</param>
/// <param name="PlannedCapacitySat">The planned capacity, in sat.</param>
/// <param name="ReservationBlocks">How many blocks the inputs are reserved.</param>
/// <param name="PlannedAtHeight">The block height at which the plan was made.</param>
/// <param name="PlannedCostSat">The on-chain fees that the plan costs, in sat.</param>
/// <param name="FundingTxid">The built-in plugin's tools read this member as "the funding was broadcast".</param>
/// <param name="OverChannelId">The existing channel that carries the payment.</param>
/// <param name="OverFeeBaseMsat">The base forwarding fee over an existing channel, in msat.</param>
/// <param name="OverFeePpm">The proportional forwarding fee over it, in parts per million.</param>
/// <param name="OverAlias">This node's alias for that channel.</param>
/// <param name="SignedPsbt">The signed funding transaction, in base64.</param>
/// <param name="ChannelAlias">The JIT channel's scid in the node's list of forwards.</param>
/// <param name="Preimage">The payment's preimage; null while it is unknown.</param>
/// <param name="Reason">A word of <see cref="Core.Sessions.SessionWords.FailureReasons"/>.</param>
/// <param name="Outcome">A word of <see cref="Core.Sessions.SessionWords.Outcomes"/>.</param>
/// <param name="Forwards">The forwarded parts.</param>
/// <param name="FinalizedAt">The date of a session's end.</param>
/// <param name="CreatedIndex">The number of the sale; null in records of version 0.1.0 and before.</param>
/// <param name="UpdatedIndex">The number of the change that this record is; null in records of version 0.1.0 and before.</param>
/// <param name="Events">What happened to the sale, oldest first.</param>
/// <param name="Token">The token that the offer was sold for; null if there was none, and in records of version 0.1.0 and before.</param>
/// <param name="Format">Null in records of the built-in plugin.</param>
internal sealed record SessionRecordJson(
    NodeId? PeerId,
    OpeningFeeParams? OpeningFeeParams,
    [property: JsonConverter(typeof(AmountTextJson))] Msat? ExpectedPaymentSize,
    [property: JsonConverter(typeof(AmountTextJson))] Msat? ChannelCapacityMsat,
    string? CreatedAt,
    bool? ClientTrustsLsp,
    bool? ZeroReserve,
    bool? SizedByPayment,
    uint? CltvExpiryDelta,
    Scid? JitScid,
    PaymentHash? PaymentHash,
    ChannelId? AliasOf,
    string? Phase = null,
    [property: JsonConverter(typeof(AmountTextJson))] Msat? FeeMsat = null,
    bool? ChannelExisted = null,
    ChannelId? ChannelId = null,
    string? FundingPsbt = null,
    TxId? PlannedTxid = null,
    uint? PlannedOutnum = null,
    Sat? PlannedCapacitySat = null,
    uint? ReservationBlocks = null,
    uint? PlannedAtHeight = null,
    Sat? PlannedCostSat = null,
    TxId? FundingTxid = null,
    ChannelId? OverChannelId = null,
    [property: JsonConverter(typeof(AmountTextJson))] Msat? OverFeeBaseMsat = null,
    uint? OverFeePpm = null,
    Scid? OverAlias = null,
    string? SignedPsbt = null,
    Scid? ChannelAlias = null,
    Preimage? Preimage = null,
    string? Reason = null,
    string? Outcome = null,
    ForwardRecordJson?[]? Forwards = null,
    string? FinalizedAt = null,
    ulong? CreatedIndex = null,
    ulong? UpdatedIndex = null,
    StoryEventJson?[]? Events = null,
    string? Token = null,
    uint? Format = null)
{
    /// <summary>The format that this version writes, and the newest that it reads.</summary>
    public const uint Newest = 1;
}

/// <summary>A forwarded part of a session.</summary>
/// <param name="Channel">The incoming channel by the name that the node used.</param>
/// <param name="Id">The id of the incoming HTLC.</param>
/// <param name="AmountMsat">The amount of the outgoing HTLC, in msat.</param>
/// <param name="OpeningFeeMsat">What was deducted from the part, in msat.</param>
/// <param name="Status">A word of <see cref="Core.Sessions.SessionWords.ForwardStatuses"/>.</param>
internal sealed record ForwardRecordJson(
    Scid? Channel,
    ulong? Id,
    [property: JsonConverter(typeof(AmountTextJson))] Msat? AmountMsat,
    [property: JsonConverter(typeof(AmountTextJson))] Msat? OpeningFeeMsat,
    string? Status);

/// <summary>Something that happened to a sale.</summary>
/// <param name="At">When, in the form of R50-56.</param>
/// <param name="PaymentHash">The payment that it happened to.</param>
/// <param name="Event">A short fixed word.</param>
/// <param name="Text">What it was, for people; null if the word says it.</param>
internal sealed record StoryEventJson(string? At, PaymentHash? PaymentHash, string? Event, string? Text);
