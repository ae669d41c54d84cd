using System.Text.Json;
using System.Text.Json.Serialization;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2.Pricing;

namespace LspsPlugin.Cln.Node;

// Requests and answers of lightning-rpc, limited to the members that we use. Members that may be missing are nullable, and optional in
// answers. Parsing fails if any other member is missing or null, so no unexpected null gets into the program.
public sealed record NoParams;

/// <param name="Blockheight">0 if the node does not know a height yet.</param>
/// <param name="WarningLightningdSync">Present until the node has caught up: after a start it counts its last blocks again.</param>
/// <param name="WarningBitcoindSync">Present instead of the other warning until the chain daemon has caught up.</param>
public sealed record GetInfoAnswer(
    NodeId Id, string Network, uint Blockheight, string Version, string? WarningLightningdSync = null, string? WarningBitcoindSync = null)
{
    /// <summary>Returns why the height is behind the chain; null if it is current.</summary>
    public string? Behind() => WarningBitcoindSync ?? WarningLightningdSync ?? (Blockheight == 0 ? "It reports no block height." : null);
}

public sealed record ListConfigsParams(string Config);

public sealed record ListConfigsAnswer(Dictionary<string, ConfigValue> Configs);

public sealed record ConfigValue(JsonElement? ValueInt = null, JsonElement? ValueMsat = null);

public sealed record PeerParams(string Id);

public sealed record ConnectAnswer(NodeId Id, string? Features = null);

public sealed record SendCustomMsgParams(string NodeId, string Msg);

public sealed record FundChannelStartParams(string Id, ulong Amount, bool Announce, uint? Mindepth, int[] ChannelType, ulong? Reserve);

public sealed record FundChannelStartAnswer(string FundingAddress, string Scriptpubkey);

public sealed record FundPsbtParams(
    ulong Satoshi, string Feerate, uint Startweight, uint Reserve, bool ExcessAsChange, bool Nonwrapped, bool? OpeningAnchorChannel);

public sealed record PsbtAnswer(string Psbt);

/// <param name="EstimatedFinalWeight">Weight of the complete transaction, signed and with change.</param>
/// <param name="ExcessMsat">The remaining amount that is too small for a change output.</param>
public sealed record FundPsbtAnswer(string Psbt, uint? FeeratePerKw = null, uint? EstimatedFinalWeight = null, Msat? ExcessMsat = null)
{
    /// <summary>Returns the on-chain cost of closing the channel at the same feerate.</summary>
    public Sat CostOfClosing() => FeeratePerKw is { } rate ? new ChainFees(new FeeratePerKw(rate), new FeeratePerKw(rate)).CostOfClosing() : default;

    /// <summary>Returns the on-chain cost of the transaction by the node's estimate.</summary>
    public Sat Cost() => new((((ulong)(FeeratePerKw ?? 0) * (EstimatedFinalWeight ?? 0)) + (ExcessMsat?.Value ?? 0) + 999) / 1000);
}

public sealed record SetPsbtVersionParams(string Psbt, uint Version);

public sealed record AddPsbtOutputParams(ulong Satoshi, string Initialpsbt, string Destination);

public sealed record ReserveInputsParams(string Psbt, bool Exclusive, uint Reserve);

public sealed record UnreserveInputsParams(string Psbt, uint Reserve);

public sealed record ReservationsAnswer(Reservation[] Reservations);

public sealed record Reservation(TxId Txid, uint Vout, bool WasReserved, bool Reserved, uint? ReservedToBlock = null);

public sealed record FundChannelCompleteParams(string Id, string Psbt, bool Withhold);

public sealed record FundChannelCompleteAnswer(ChannelId ChannelId);

public sealed record SignPsbtParams(string Psbt);

public sealed record SignPsbtAnswer(string SignedPsbt);

public sealed record SendPsbtParams(string Psbt);

public sealed record SendPsbtAnswer(TxId Txid);

/// <param name="Vout">Output index of a transaction in the chain or the mempool.</param>
public sealed record GetUtxOutParams(TxId Txid, uint Vout);

/// <param name="Script">Null if the output is spent or unknown, or if the backend cannot reach its daemon.</param>
public sealed record GetUtxOutAnswer(string? Script = null);

/// <param name="Enforcedelay">Seconds during which the old, lower fees are still accepted.</param>
public sealed record SetChannelParams(string Id, ulong Feebase, uint Feeppm, uint? Enforcedelay);

public sealed record CloseParams(string Id, uint Unilateraltimeout);

public sealed record ListPeerChannelsParams(string? Id, string? ChannelId, string? ShortChannelId);

public sealed record ListPeerChannelsAnswer(PeerChannel[] Channels);

/// <param name="ChannelId">Absent during the negotiation.</param>
/// <param name="OurToSelfDelay">The delay that the peer imposes on us.</param>
/// <param name="MaxAcceptedHtlcs">
/// Our configured limit on the peer's concurrent HTLCs; our node sends no more than that either. The node does not report the peer's limit.
/// </param>
/// <param name="TheirMaxHtlcValueInFlightMsat">The peer's limit on the total of HTLCs to it in flight.</param>
/// <param name="OurReserveMsat">The reserve that the peer requires of us.</param>
/// <param name="Opener">local or remote.</param>
/// <param name="Status">The node's status text for the channel.</param>
public sealed record PeerChannel(
    NodeId PeerId,
    bool PeerConnected,
    string State,
    bool? Reestablished = null,
    ChannelId? ChannelId = null,
    Scid? ShortChannelId = null,
    PeerChannelAlias? Alias = null,
    PeerChannelFunding? Funding = null,
    Msat? ToUsMsat = null,
    Msat? SpendableMsat = null,
    Msat? ReceivableMsat = null,
    bool? Private = null,
    Msat? FeeBaseMsat = null,
    uint? FeeProportionalMillionths = null,
    Msat? MinimumHtlcOutMsat = null,
    Msat? MaximumHtlcOutMsat = null,
    uint? OurToSelfDelay = null,
    PeerChannelHtlc[]? Htlcs = null,
    uint? MaxAcceptedHtlcs = null,
    Msat? TheirMaxHtlcValueInFlightMsat = null,
    Msat? OurReserveMsat = null,
    Msat? TotalMsat = null,
    string? Opener = null,
    string[]? Status = null);

public sealed record PeerChannelAlias(Scid? Local = null, Scid? Remote = null);

public sealed record PeerChannelFunding(bool? Withheld = null, string? Psbt = null);

/// <param name="Direction">"out" (from us to the peer) or "in".</param>
/// <param name="State">The step of the commitment exchange (BOLT 2), SENT_ADD_HTLC to RCVD_REMOVE_ACK_REVOCATION.</param>
public sealed record PeerChannelHtlc(string Direction, ulong Id, PaymentHash PaymentHash, Msat? AmountMsat = null, string? State = null);

public sealed record ListForwardsParams(string OutChannel);

public sealed record ListForwardsAnswer(ForwardRow[] Forwards);

/// <param name="CreatedIndex">Gives the order of creation; the node lists rows in any order.</param>
public sealed record ForwardRow(Scid InChannel, string Status, ulong? InHtlcId = null, Msat? InMsat = null, Msat? OutMsat = null, ulong CreatedIndex = 0);

public sealed record ListFundsAnswer(FundsOutput[] Outputs, FundsChannel[] Channels);

/// <param name="ShortChannelId">Absent until the funding is confirmed.</param>
public sealed record FundsChannel(NodeId PeerId, string State, ChannelId? ChannelId = null, Scid? ShortChannelId = null);

public sealed record FundsOutput(TxId Txid, uint Output, string Status, bool Reserved, uint? ReservedToBlock = null, Msat? AmountMsat = null);

public sealed record FeeratesParams(string Style);

public sealed record FeeratesAnswer(FeeratesPerKw? Perkw = null)
{
    /// <summary>Returns the fees; null if the node has no estimates.</summary>
    public ChainFees? ChainFees() => Perkw is { Opening: { } opening } perkw ? new ChainFees(new FeeratePerKw(opening), new FeeratePerKw(perkw.MutualClose ?? opening)) : null;
}

public sealed record FeeratesPerKw(uint MinAcceptable, uint MaxAcceptable, uint? Opening = null, uint? MutualClose = null, uint? UnilateralClose = null, uint? UnilateralAnchorClose = null);

public sealed record DatastoreParams(string[] Key, string String, string Mode, ulong? Generation);

public sealed record DatastoreAnswer(string[] Key, ulong Generation);

public sealed record DatastoreKeyParams(string[] Key);

public sealed record ListDatastoreAnswer(DatastoreEntry[] Datastore);

/// <param name="String">Absent for a value that is not UTF-8 and for a key that only has children.</param>
public sealed record DatastoreEntry(string[] Key, ulong? Generation = null, string? String = null, string? Hex = null);

public sealed record MakeSecretParams(string String);

public sealed record MakeSecretAnswer(string Secret);

public sealed record CreateInvoiceParams(string Invstring, string Label, string Preimage);

public sealed record CreateInvoiceAnswer(string Bolt11, PaymentHash PaymentHash, ulong? ExpiresAt = null, ulong? CreatedIndex = null);

/// <param name="Exposeprivatechannels">The channels that route hints may name, by short channel id or our alias.</param>
public sealed record InvoiceParams(string AmountMsat, string Label, string Description, ulong Expiry, string[] Exposeprivatechannels, bool? Deschashonly);

public sealed record InvoiceAnswer(string Bolt11, PaymentHash PaymentHash, string PaymentSecret, ulong ExpiresAt, ulong? CreatedIndex = null);

public sealed record SignInvoiceParams(string Invstring);

public sealed record SignInvoiceAnswer(string Bolt11);

public sealed record DelInvoiceParams(string Label, string Status);

/// <summary>The params of listinvoices; exactly one of the two is set.</summary>
public sealed record ListInvoicesParams(string? PaymentHash, string? Label);

public sealed record ListInvoicesAnswer(InvoiceRow[] Invoices);

public sealed record InvoiceRow(string Status, string? Bolt11 = null, string? Label = null, Msat? AmountReceivedMsat = null);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(NoParams))]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(GetInfoAnswer))]
[JsonSerializable(typeof(ListConfigsParams))]
[JsonSerializable(typeof(ListConfigsAnswer))]
[JsonSerializable(typeof(PeerParams))]
[JsonSerializable(typeof(ConnectAnswer))]
[JsonSerializable(typeof(SendCustomMsgParams))]
[JsonSerializable(typeof(FundChannelStartParams))]
[JsonSerializable(typeof(FundChannelStartAnswer))]
[JsonSerializable(typeof(FundPsbtParams))]
[JsonSerializable(typeof(PsbtAnswer))]
[JsonSerializable(typeof(FundPsbtAnswer))]
[JsonSerializable(typeof(SetPsbtVersionParams))]
[JsonSerializable(typeof(AddPsbtOutputParams))]
[JsonSerializable(typeof(ReserveInputsParams))]
[JsonSerializable(typeof(UnreserveInputsParams))]
[JsonSerializable(typeof(ReservationsAnswer))]
[JsonSerializable(typeof(FundChannelCompleteParams))]
[JsonSerializable(typeof(FundChannelCompleteAnswer))]
[JsonSerializable(typeof(SignPsbtParams))]
[JsonSerializable(typeof(SignPsbtAnswer))]
[JsonSerializable(typeof(SendPsbtParams))]
[JsonSerializable(typeof(SendPsbtAnswer))]
[JsonSerializable(typeof(GetUtxOutParams))]
[JsonSerializable(typeof(GetUtxOutAnswer))]
[JsonSerializable(typeof(SetChannelParams))]
[JsonSerializable(typeof(CloseParams))]
[JsonSerializable(typeof(ListPeerChannelsParams))]
[JsonSerializable(typeof(ListPeerChannelsAnswer))]
[JsonSerializable(typeof(ListForwardsParams))]
[JsonSerializable(typeof(ListForwardsAnswer))]
[JsonSerializable(typeof(ListFundsAnswer))]
[JsonSerializable(typeof(FeeratesParams))]
[JsonSerializable(typeof(FeeratesAnswer))]
[JsonSerializable(typeof(DatastoreParams))]
[JsonSerializable(typeof(DatastoreAnswer))]
[JsonSerializable(typeof(DatastoreKeyParams))]
[JsonSerializable(typeof(ListDatastoreAnswer))]
[JsonSerializable(typeof(MakeSecretParams))]
[JsonSerializable(typeof(MakeSecretAnswer))]
[JsonSerializable(typeof(CreateInvoiceParams))]
[JsonSerializable(typeof(CreateInvoiceAnswer))]
[JsonSerializable(typeof(InvoiceParams))]
[JsonSerializable(typeof(InvoiceAnswer))]
[JsonSerializable(typeof(SignInvoiceParams))]
[JsonSerializable(typeof(SignInvoiceAnswer))]
[JsonSerializable(typeof(DelInvoiceParams))]
[JsonSerializable(typeof(ListInvoicesParams))]
[JsonSerializable(typeof(ListInvoicesAnswer))]
internal sealed partial class NodeJson : JsonSerializerContext;
