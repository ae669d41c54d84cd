using System.Text.Json.Serialization;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.DiskFormat;

/// <summary>What one sale earned and cost, format 1.</summary>
/// <param name="JitScid">The JIT scid that was sold.</param>
/// <param name="ClientId">The client.</param>
/// <param name="Result">A word of <see cref="Provider.Records.IncomeEntry.Results"/>.</param>
/// <param name="Reason">Why it failed: a word of <see cref="Core.Sessions.SessionWords.FailureReasons"/>.</param>
/// <param name="At">When the fee was earned, or the attempt ended.</param>
/// <param name="PaymentHash">The payment's hash; null if there was none.</param>
/// <param name="ChannelId">The channel; null if none was planned.</param>
/// <param name="FundingTxid">The funding transaction; null if it was not sent.</param>
/// <param name="FundedAt">When the funding was sent; null if it was not.</param>
/// <param name="ForwardedMsat">What the wallet received.</param>
/// <param name="OpeningFeeMsat">What was earned.</param>
/// <param name="FundingCostMsat">The on-chain fee of the funding.</param>
/// <param name="CapacityMsat">The channel's size; null if it was not funded.</param>
/// <param name="FeePpm">The proportional fee of the menu entry.</param>
/// <param name="MinLifetime">The promised lifetime of the menu entry, in blocks.</param>
/// <param name="Token">The token that the client showed; null if it showed none.</param>
/// <param name="Format">The format of the record.</param>
internal sealed record IncomeEntryJson(
    Scid? JitScid,
    NodeId? ClientId,
    string? Result,
    string? Reason,
    string? At,
    PaymentHash? PaymentHash,
    ChannelId? ChannelId,
    TxId? FundingTxid,
    string? FundedAt,
    [property: JsonConverter(typeof(AmountTextJson))] Msat? ForwardedMsat,
    [property: JsonConverter(typeof(AmountTextJson))] Msat? OpeningFeeMsat,
    [property: JsonConverter(typeof(AmountTextJson))] Msat? FundingCostMsat,
    [property: JsonConverter(typeof(AmountTextJson))] Msat? CapacityMsat,
    uint? FeePpm,
    uint? MinLifetime,
    string? Token,
    uint? Format = null);

/// <summary>What became of a sold channel, as the node told it.</summary>
/// <param name="ShortChannelId">Its name in the node's list of forwards, once its funding is confirmed.</param>
/// <param name="Alias">Its name there before.</param>
/// <param name="ClosedAt">When it was closed; null while it is open.</param>
/// <param name="ClosingCostMsat">The on-chain fees of its close; null if they are unknown.</param>
/// <param name="Final">True once nothing more can be learnt of it.</param>
/// <param name="Format">The format of the record.</param>
internal sealed record SoldChannelJson(
    Scid? ShortChannelId,
    Scid? Alias,
    string? ClosedAt,
    [property: JsonConverter(typeof(AmountTextJson))] Msat? ClosingCostMsat,
    bool? Final,
    uint? Format = null);

/// <summary>What sold channels earned by forwards, a part of the list.</summary>
/// <param name="Below">The node's list of forwards is read below this updated_index.</param>
/// <param name="Fees">The fees by channel and day.</param>
/// <param name="Format">The format of the record.</param>
internal sealed record RoutedPageJson(ulong? Below, RoutedFeeJson?[]? Fees, uint? Format = null);

/// <summary>The fees of the forwards that settled over a sold channel on a day, the opening fee included.</summary>
/// <param name="Sale">The number of the sale.</param>
/// <param name="Channel">The first 16 digits of the channel id.</param>
/// <param name="Day">The day, in UTC.</param>
/// <param name="FeeMsat">The sum of the node's fees.</param>
internal sealed record RoutedFeeJson(
    ulong? Sale,
    string? Channel,
    string? Day,
    [property: JsonConverter(typeof(AmountTextJson))] Msat? FeeMsat);
