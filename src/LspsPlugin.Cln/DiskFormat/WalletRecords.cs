using System.Text.Json.Serialization;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2;

namespace LspsPlugin.Cln.DiskFormat;

/// <summary>A JIT channel that the wallet bought.</summary>
/// <param name="LspId">The provider's node id.</param>
/// <param name="OpeningFeeParams">The menu entry that was bought.</param>
/// <param name="PaymentSizeMsat">The payment size in msat; null for a variable amount.</param>
/// <param name="ClientTrustsLsp">Whether the provider may fund the channel after it has the preimage (R52-38).</param>
/// <param name="AwaitsConfirmation">True or null.</param>
/// <param name="MustArriveMsat">The amount in msat that must arrive, for purchases whose price is not known.</param>
/// <param name="PaymentHash">The payment's hash.</param>
/// <param name="PaymentSecret">The payment_secret of the invoice; null if another tool made the invoice.</param>
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
/// <param name="LspId">The provider's node id.</param>
/// <param name="ChannelId">The channel.</param>
/// <param name="JitChannelScid">The JIT scid that it was bought with.</param>
/// <param name="AmountMsat">What the wallet received through it, in msat.</param>
/// <param name="SinceHeight">The block height at which the payment was accepted.</param>
/// <param name="Overdue">Only in lsps-status, not in the record.</param>
internal sealed record OwedChannelJson(NodeId? LspId, ChannelId? ChannelId, Scid? JitChannelScid, Msat? AmountMsat, uint? SinceHeight, bool? Overdue = null);
