using System.Text.Json.Serialization;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2;

namespace LspsPlugin.Cln.DiskFormat;

/// <summary>A JIT channel that the wallet bought.</summary>
/// <param name="AwaitsConfirmation">True or null.</param>
internal sealed record PurchaseRecordJson(
    NodeId? LspId,
    OpeningFeeParams? OpeningFeeParams,
    [property: JsonConverter(typeof(AmountTextJson))] Msat? PaymentSizeMsat,
    bool? ClientTrustsLsp,
    bool? AwaitsConfirmation,
    [property: JsonConverter(typeof(AmountTextJson))] Msat? MustArriveMsat,
    PaymentHash? PaymentHash,
    PaymentSecret? PaymentSecret);

/// <summary>A channel that the wallet accepts without confirmation.</summary>
internal sealed record GrantedChannelJson(NodeId? LspId, Scid? JitChannelScid, Msat? CapacityMsat, bool? ClientTrustsLsp, ChannelId? ChannelId, Scid? Alias);

/// <summary>A channel whose payment was accepted on trust.</summary>
/// <param name="Overdue">Only in lsps-status, not in the record.</param>
internal sealed record OwedChannelJson(NodeId? LspId, ChannelId? ChannelId, Scid? JitChannelScid, Msat? AmountMsat, uint? SinceHeight, bool? Overdue = null);
