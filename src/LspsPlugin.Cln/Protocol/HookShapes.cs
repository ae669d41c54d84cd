using System.Text.Json;
using System.Text.Json.Serialization;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Protocol;

/// <summary>The params of htlc_accepted, limited to the members that this plugin reads.</summary>
/// <param name="ForwardTo">
/// The channel that the node would forward over: one that it chose among its channels with the next peer, whatever scid the onion names, or
/// one that an earlier plugin in the hook chain set.
/// </param>
internal sealed record HtlcAcceptedParams(HookOnion Onion, HookHtlc Htlc, NodeId? PeerId = null, ChannelId? ForwardTo = null);

/// <param name="Payload">Hex with a length prefix; the payload in our answer has no prefix.</param>
/// <param name="ShortChannelId">The next hop; absent on the last one.</param>
/// <param name="ForwardMsat">amt_to_forward.</param>
/// <param name="TotalMsat">Present on the last hop only.</param>
internal sealed record HookOnion(
    string? Payload = null,
    Scid? ShortChannelId = null,
    NodeId? NextNodeId = null,
    Msat? ForwardMsat = null,
    uint? OutgoingCltvValue = null,
    Msat? TotalMsat = null,
    PaymentSecret? PaymentSecret = null);

/// <param name="ShortChannelId">The incoming channel: its real scid, or our alias until the channel is confirmed.</param>
/// <param name="CltvExpiryRelative">May be negative for a replayed HTLC.</param>
/// <param name="ExtraTlvs">Hex; absent after a node restart.</param>
internal sealed record HookHtlc(
    ulong Id, Msat AmountMsat, uint CltvExpiry, long CltvExpiryRelative, PaymentHash PaymentHash, Scid? ShortChannelId = null, string? ExtraTlvs = null)
{
    /// <summary>The key of the HTLC; null if the node does not say which channel it came in over.</summary>
    public HtlcKey? Key => ShortChannelId is { } channel ? new HtlcKey(channel, Id) : null;
}

internal sealed record CustomMsgParams(string Payload, NodeId PeerId);

internal sealed record OpenChannelParams(HookOpenChannel Openchannel);

internal sealed record HookOpenChannel(
    NodeId Id, Msat FundingMsat, Msat PushMsat, ulong ToSelfDelay, ulong ChannelFlags, HookChannelType? ChannelType = null);

internal sealed record HookChannelType(int[]? Bits = null);

/// <param name="RpcCommand">The request as the caller sent it.</param>
internal sealed record RpcCommandParams(HookRpcCommand RpcCommand);

internal sealed record HookRpcCommand(string Method, JsonElement? Params = null);

internal sealed record ForwardEventParams(HookForwardEvent ForwardEvent);

/// <param name="Status">offered, settled, failed or local_failed.</param>
internal sealed record HookForwardEvent(PaymentHash PaymentHash, Scid InChannel, string Status, ulong? InHtlcId = null, Preimage? Preimage = null, Msat? OutMsat = null);

internal sealed record BlockAddedParams(HookBlockAdded BlockAdded);

internal sealed record HookBlockAdded(uint Height);

internal sealed record ChannelStateChangedParams(HookChannelState ChannelStateChanged);

internal sealed record HookChannelState(NodeId PeerId, ChannelId ChannelId, string NewState, string? OldState = null);

internal sealed record ConnectParams(HookPeer Connect);

internal sealed record DisconnectParams(HookPeer Disconnect);

internal sealed record HookPeer(NodeId Id);

internal sealed record InvoicePaymentParams(HookInvoicePayment InvoicePayment);

internal sealed record HookInvoicePayment(string Label, Preimage Preimage, Msat? Msat = null);

/// <summary>The params of init, which uses kebab-case names, unlike all other methods.</summary>
internal sealed record InitNames(InitConfiguration Configuration, Dictionary<string, JsonElement>? Options = null);

internal sealed record InitConfiguration(
    [property: JsonPropertyName("lightning-dir")] string LightningDir,
    [property: JsonPropertyName("rpc-file")] string RpcFile,
    string? Network = null);

/// <summary>The serializers of the host's messages.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(HtlcAcceptedParams))]
[JsonSerializable(typeof(CustomMsgParams))]
[JsonSerializable(typeof(OpenChannelParams))]
[JsonSerializable(typeof(RpcCommandParams))]
[JsonSerializable(typeof(ForwardEventParams))]
[JsonSerializable(typeof(BlockAddedParams))]
[JsonSerializable(typeof(ChannelStateChangedParams))]
[JsonSerializable(typeof(ConnectParams))]
[JsonSerializable(typeof(DisconnectParams))]
[JsonSerializable(typeof(InvoicePaymentParams))]
[JsonSerializable(typeof(InitNames))]
internal sealed partial class HookJson : JsonSerializerContext;
