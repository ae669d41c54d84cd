using System.Text.Json;
using System.Text.Json.Serialization;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Protocol;

/// <summary>The params of htlc_accepted, limited to the members that this plugin reads.</summary>
/// <param name="Onion">The payload that this node decrypted.</param>
/// <param name="Htlc">The incoming HTLC.</param>
/// <param name="PeerId">The peer that offers it; null before v25.12.</param>
/// <param name="ForwardTo">
/// The channel that the node would forward over: one that it chose among its channels with the next peer, whatever scid the onion names, or
/// one that an earlier plugin in the hook chain set.
/// </param>
internal sealed record HtlcAcceptedParams(HookOnion Onion, HookHtlc Htlc, NodeId? PeerId = null, ChannelId? ForwardTo = null);

/// <summary>The onion of an HTLC. Only the payload is present if it cannot be parsed.</summary>
/// <param name="Payload">Hex with a length prefix; the payload in our answer has no prefix.</param>
/// <param name="ShortChannelId">The next hop; absent on the last one.</param>
/// <param name="NextNodeId">The next hop in the other form that an onion may have; null on the last one.</param>
/// <param name="ForwardMsat">amt_to_forward.</param>
/// <param name="OutgoingCltvValue">The block height at which the outgoing HTLC expires.</param>
/// <param name="TotalMsat">Present on the last hop only.</param>
/// <param name="PaymentSecret">Present on the last hop only.</param>
internal sealed record HookOnion(
    string? Payload = null,
    Scid? ShortChannelId = null,
    NodeId? NextNodeId = null,
    Msat? ForwardMsat = null,
    uint? OutgoingCltvValue = null,
    Msat? TotalMsat = null,
    PaymentSecret? PaymentSecret = null);

/// <summary>The incoming HTLC.</summary>
/// <param name="Id">Its number in this channel and direction.</param>
/// <param name="AmountMsat">Its amount.</param>
/// <param name="CltvExpiry">The block height at which it expires.</param>
/// <param name="ShortChannelId">The incoming channel: its real scid, or our alias until the channel is confirmed.</param>
/// <param name="CltvExpiryRelative">The blocks that are left until then; may be negative for a replayed HTLC.</param>
/// <param name="PaymentHash">The payment's hash.</param>
/// <param name="ExtraTlvs">The TLVs of update_add_htlc in hex; absent if there are none, and for HTLCs from before a restart of the node.</param>
internal sealed record HookHtlc(
    ulong Id, Msat AmountMsat, uint CltvExpiry, long CltvExpiryRelative, PaymentHash PaymentHash, Scid? ShortChannelId = null, string? ExtraTlvs = null)
{
    /// <summary>The key of the HTLC; null if the node does not say which channel it came in over.</summary>
    public HtlcKey? Key => ShortChannelId is { } channel ? new HtlcKey(channel, Id) : null;
}

/// <summary>The params of custommsg.</summary>
/// <param name="Payload">Hex: two bytes of message type, then the body.</param>
/// <param name="PeerId">The peer that sent it.</param>
internal sealed record CustomMsgParams(string Payload, NodeId PeerId);

/// <summary>The params of openchannel: a peer wants to open a v1 channel.</summary>
internal sealed record OpenChannelParams(HookOpenChannel Openchannel);

/// <summary>The peer's open_channel message (BOLT 2).</summary>
/// <param name="Id">The peer's node id.</param>
/// <param name="FundingMsat">The capacity.</param>
/// <param name="PushMsat">Our balance at the beginning.</param>
/// <param name="ToSelfDelay">The to_self_delay that the peer imposes on us, in blocks (R52-64).</param>
/// <param name="ChannelFlags">Bit 0: the peer wants to announce the channel (R52-63).</param>
/// <param name="ChannelType">The channel type that it asks for.</param>
internal sealed record HookOpenChannel(
    NodeId Id, Msat FundingMsat, Msat PushMsat, ulong ToSelfDelay, ulong ChannelFlags, HookChannelType? ChannelType = null);

/// <summary>A channel type.</summary>
/// <param name="Bits">Its feature bits (BOLT 9); 50 is option_zeroconf.</param>
internal sealed record HookChannelType(int[]? Bits = null);

/// <summary>The params of rpc_command: an operator or a plugin called a command.</summary>
/// <param name="RpcCommand">The request as the caller sent it.</param>
internal sealed record RpcCommandParams(HookRpcCommand RpcCommand);

/// <summary>A request of lightning-rpc.</summary>
/// <param name="Method">The command.</param>
/// <param name="Params">An object, an array, or null.</param>
internal sealed record HookRpcCommand(string Method, JsonElement? Params = null);

/// <summary>The params of forward_event.</summary>
internal sealed record ForwardEventParams(HookForwardEvent ForwardEvent);

/// <summary>A change of a forward.</summary>
/// <param name="PaymentHash">The payment's hash.</param>
/// <param name="InChannel">The incoming channel: its real scid, or our alias.</param>
/// <param name="Status">offered, settled, failed or local_failed.</param>
/// <param name="InHtlcId">The incoming HTLC's number.</param>
/// <param name="Preimage">Present when it is settled.</param>
/// <param name="OutMsat">The outgoing amount; null if no HTLC was sent.</param>
internal sealed record HookForwardEvent(PaymentHash PaymentHash, Scid InChannel, string Status, ulong? InHtlcId = null, Preimage? Preimage = null, Msat? OutMsat = null);

/// <summary>The params of block_added, one per block. A reorganization sends none for removed blocks, and some heights again.</summary>
internal sealed record BlockAddedParams(HookBlockAdded BlockAdded);

/// <summary>A block.</summary>
/// <param name="Height">Its height.</param>
internal sealed record HookBlockAdded(uint Height);

/// <summary>The params of channel_state_changed.</summary>
internal sealed record ChannelStateChangedParams(HookChannelState ChannelStateChanged);

/// <summary>A change of a channel's state.</summary>
/// <param name="PeerId">The peer's node id.</param>
/// <param name="ChannelId">The channel's id.</param>
/// <param name="NewState">The state by the node's name (<see cref="Node.ChannelStates"/>); CLOSED when the channel is deleted.</param>
/// <param name="OldState">The state before; null for a new channel.</param>
internal sealed record HookChannelState(NodeId PeerId, ChannelId ChannelId, string NewState, string? OldState = null);

/// <summary>The params of connect.</summary>
internal sealed record ConnectParams(HookPeer Connect);

/// <summary>The params of disconnect.</summary>
internal sealed record DisconnectParams(HookPeer Disconnect);

/// <summary>A peer.</summary>
internal sealed record HookPeer(NodeId Id);

/// <summary>The params of the notification invoice_payment.</summary>
internal sealed record InvoicePaymentParams(HookInvoicePayment InvoicePayment);

/// <summary>A paid invoice.</summary>
/// <param name="Label">The invoice's label.</param>
/// <param name="Preimage">The preimage of its payment hash.</param>
/// <param name="Msat">What was received.</param>
internal sealed record HookInvoicePayment(string Label, Preimage Preimage, Msat? Msat = null);

/// <summary>The params of init, which uses kebab-case names, unlike all other methods.</summary>
internal sealed record InitNames(InitConfiguration Configuration, Dictionary<string, JsonElement>? Options = null);

/// <summary>The node's configuration in init.</summary>
/// <param name="LightningDir">The directory, network included.</param>
/// <param name="RpcFile">The socket of lightning-rpc, absolute or relative to that directory.</param>
/// <param name="Network">bitcoin, testnet, testnet4, signet or regtest.</param>
internal sealed record InitConfiguration(
    [property: JsonPropertyName("lightning-dir")] string LightningDir,
    [property: JsonPropertyName("rpc-file")] string RpcFile,
    string? Network = null);

/// <summary>Reads the host's messages. Nothing writes them, so this has only the code that reads.</summary>
[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata,
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
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
