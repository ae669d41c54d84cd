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
/// <param name="CreatedBelow">All numbers of sales that may be given are below this one.</param>
/// <param name="UpdatedBelow">All numbers of changes that anybody may have seen are below this one; null if none was given.</param>
/// <param name="BookBranches">The branches of the book of sales that may have entries: the first and the last of each range.</param>
/// <param name="UpdatedBranches">Those of the index by changes.</param>
/// <param name="HistoryDays">The days of the history, counted from 1970-01-01.</param>
internal sealed record SaleIndexesJson(ulong? CreatedBelow, ulong? UpdatedBelow = null, ulong[]?[]? BookBranches = null, ulong[]?[]? UpdatedBranches = null, ulong[]?[]? HistoryDays = null);

/// <summary>What an operator was alerted of.</summary>
/// <param name="Code">The word for its kind.</param>
/// <param name="Urgency">now, soon or note.</param>
/// <param name="Message">What was wrong.</param>
/// <param name="Remedy">What to do about it.</param>
/// <param name="RaisedAt">The date on which it was raised.</param>
/// <param name="ClearedAt">The date on which it was over; null while it lasts.</param>
/// <param name="Until">The date until which it lasts, if it is no condition that ends by itself.</param>
/// <param name="UpdatedIndex">The number of the change that this record is.</param>
internal sealed record AlertRecordJson(string? Code, string? Urgency, string? Message, string? Remedy, string? RaisedAt, string? ClearedAt, string? Until, ulong? UpdatedIndex);

/// <summary>The operator's pause of the sale.</summary>
/// <param name="Since">The date of the pause.</param>
/// <param name="Reason">What the operator wrote.</param>
internal sealed record PauseRecordJson(string? Since, string? Reason);

/// <summary>An offer of the service plugin of a released node. It is only read.</summary>
/// <param name="PeerId">The client's node id.</param>
/// <param name="OpeningFeeParams">The menu entry that was bought.</param>
/// <param name="ExpectedPaymentSize">An amount in any form of the node's tools.</param>
internal sealed record ReleasedOfferJson(JsonElement? PeerId, OpeningFeeParams? OpeningFeeParams, JsonElement? ExpectedPaymentSize);
