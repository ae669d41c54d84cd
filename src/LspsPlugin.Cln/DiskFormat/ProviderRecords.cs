using System.Text.Json;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2;

namespace LspsPlugin.Cln.DiskFormat;

/// <summary>The cost of a channel that nobody paid for.</summary>
/// <param name="PeerId">The client.</param>
/// <param name="LossSat">The loss in sat.</param>
/// <param name="At">The date of the loss.</param>
internal sealed record LossRecordJson(NodeId? PeerId, Sat? LossSat, string? At);

/// <summary>The promise to keep a paid channel.</summary>
/// <param name="ClientId">The client that paid for the channel.</param>
/// <param name="JitChannelScid">The JIT scid that it was bought with.</param>
/// <param name="MinLifetime">The depth of the funding, in blocks, from which on the channel may be closed.</param>
internal sealed record LifetimeRecordJson(NodeId? ClientId, Scid? JitChannelScid, uint? MinLifetime);

/// <summary>The numbers of sales.</summary>
/// <param name="CreatedBelow">All numbers that may be given are below this one.</param>
internal sealed record SaleIndexesJson(ulong? CreatedBelow);

/// <summary>The operator's pause of the sale.</summary>
/// <param name="Since">The date of the pause.</param>
/// <param name="Reason">What the operator wrote.</param>
internal sealed record PauseRecordJson(string? Since, string? Reason);

/// <summary>An offer of the service plugin of a released node. It is only read.</summary>
/// <param name="PeerId">The client's node id.</param>
/// <param name="OpeningFeeParams">The menu entry that was bought.</param>
/// <param name="ExpectedPaymentSize">An amount in any form of the node's tools.</param>
internal sealed record ReleasedOfferJson(JsonElement? PeerId, OpeningFeeParams? OpeningFeeParams, JsonElement? ExpectedPaymentSize);
