using System.Text.Json;
using System.Text.Json.Serialization;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2.Pricing;

namespace LspsPlugin.Cln.Node;

// Requests and answers of lightning-rpc, limited to the members that we use. Members that may be missing are nullable, and optional in
// answers. Parsing fails if any other member is missing or null, so no unexpected null gets into the program.
/// <summary>The params of a command that is called without any.</summary>
internal sealed record NoParams;

/// <summary>The answer of getinfo.</summary>
/// <param name="Id">Our node id.</param>
/// <param name="Network">bitcoin, testnet, testnet4, signet or regtest.</param>
/// <param name="Blockheight">0 if the node does not know a height yet.</param>
/// <param name="Version">lightningd's version, such as v26.06.</param>
/// <param name="WarningLightningdSync">Present until the node has caught up: after a start it counts its last blocks again.</param>
/// <param name="WarningBitcoindSync">Present instead of the other warning until the chain daemon has caught up.</param>
internal sealed record GetInfoAnswer(
    NodeId Id, string Network, uint Blockheight, string Version, string? WarningLightningdSync = null, string? WarningBitcoindSync = null)
{
    /// <summary>Returns why the height is behind the chain; null if it is current.</summary>
    public string? Behind() => WarningBitcoindSync ?? WarningLightningdSync ?? (Blockheight == 0 ? "It reports no block height." : null);
}

/// <summary>The params of listconfigs.</summary>
/// <param name="Config">The option's name, without dashes in front.</param>
internal sealed record ListConfigsParams(string Config);

/// <summary>The answer of listconfigs: options by name.</summary>
internal sealed record ListConfigsAnswer(Dictionary<string, ConfigValue> Configs);

/// <summary>The value of an option; the member depends on the option's type.</summary>
internal sealed record ConfigValue(JsonElement? ValueInt = null, JsonElement? ValueMsat = null);

/// <summary>The params of commands that take only a peer.</summary>
/// <param name="Id">The node id; connect also takes ID@HOST:PORT.</param>
internal sealed record PeerParams(string Id);

/// <summary>The answer of connect.</summary>
/// <param name="Id">The peer's node id.</param>
/// <param name="Features">The features of its init message, in hex (BOLT 9).</param>
internal sealed record ConnectAnswer(NodeId Id, string? Features = null);

/// <summary>The params of sendcustommsg.</summary>
/// <param name="NodeId">The peer's node id.</param>
/// <param name="Msg">The message in hex: two bytes of type, then the body.</param>
internal sealed record SendCustomMsgParams(string NodeId, string Msg);

/// <summary>The answer of listfunds: what the wallet holds, and the channels.</summary>
internal sealed record ListFundsAnswer(FundsOutput[] Outputs, FundsChannel[] Channels);

/// <summary>A channel as listfunds lists it.</summary>
/// <param name="PeerId">The peer's node id.</param>
/// <param name="State">One of <see cref="ChannelStates"/>, or another state of the node.</param>
/// <param name="ChannelId">The channel's id; null during the negotiation.</param>
/// <param name="ShortChannelId">Absent until the funding is confirmed.</param>
internal sealed record FundsChannel(NodeId PeerId, string State, ChannelId? ChannelId = null, Scid? ShortChannelId = null);

/// <summary>An output of the wallet.</summary>
/// <param name="Txid">Its transaction.</param>
/// <param name="Output">Its index.</param>
/// <param name="Status">unconfirmed, confirmed, immature or spent.</param>
/// <param name="Reserved">Whether it is reserved now.</param>
/// <param name="ReservedToBlock">The block height at which the reservation ends; null if it is not reserved.</param>
/// <param name="AmountMsat">Its value.</param>
internal sealed record FundsOutput(TxId Txid, uint Output, string Status, bool Reserved, uint? ReservedToBlock = null, Msat? AmountMsat = null);

/// <summary>The params of feerates.</summary>
/// <param name="Style">perkw (sat per 1000 weight) or perkb (sat per 1000 virtual bytes).</param>
internal sealed record FeeratesParams(string Style);

/// <summary>The answer of feerates.</summary>
/// <param name="Perkw">The rates in sat per 1000 weight; null if the other style was asked for.</param>
internal sealed record FeeratesAnswer(FeeratesPerKw? Perkw = null)
{
    /// <summary>Returns the fees; null if the node has no estimates.</summary>
    public ChainFees? ChainFees() => Perkw is { Opening: { } opening } perkw ? new ChainFees(new FeeratePerKw(opening), new FeeratePerKw(perkw.MutualClose ?? opening)) : null;
}

/// <summary>Feerates in sat per 1000 weight; those without an estimate are null.</summary>
/// <param name="MinAcceptable">The smallest rate that we accept of a peer.</param>
/// <param name="MaxAcceptable">The largest rate that we accept of a peer.</param>
/// <param name="Opening">For funding transactions.</param>
/// <param name="MutualClose">For mutual closes.</param>
/// <param name="UnilateralClose">For commitments without anchors.</param>
/// <param name="UnilateralAnchorClose">For commitments with anchors.</param>
internal sealed record FeeratesPerKw(uint MinAcceptable, uint MaxAcceptable, uint? Opening = null, uint? MutualClose = null, uint? UnilateralClose = null, uint? UnilateralAnchorClose = null);

/// <summary>The params of makesecret.</summary>
/// <param name="String">The purpose; another one gives another secret.</param>
internal sealed record MakeSecretParams(string String);

/// <summary>The answer of makesecret.</summary>
/// <param name="Secret">32 bytes in hex. Must not be logged.</param>
internal sealed record MakeSecretAnswer(string Secret);

/// <summary>Writes params of commands. Nothing reads them, so this has only the code that writes.</summary>
[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Serialization,
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(NoParams))]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(ListConfigsParams))]
[JsonSerializable(typeof(PeerParams))]
[JsonSerializable(typeof(SendCustomMsgParams))]
[JsonSerializable(typeof(FundChannelStartParams))]
[JsonSerializable(typeof(FundPsbtParams))]
[JsonSerializable(typeof(SetPsbtVersionParams))]
[JsonSerializable(typeof(AddPsbtOutputParams))]
[JsonSerializable(typeof(ReserveInputsParams))]
[JsonSerializable(typeof(UnreserveInputsParams))]
[JsonSerializable(typeof(FundChannelCompleteParams))]
[JsonSerializable(typeof(SignPsbtParams))]
[JsonSerializable(typeof(SendPsbtParams))]
[JsonSerializable(typeof(GetUtxOutParams))]
[JsonSerializable(typeof(SetChannelParams))]
[JsonSerializable(typeof(CloseParams))]
[JsonSerializable(typeof(ListPeerChannelsParams))]
[JsonSerializable(typeof(ListForwardsParams))]
[JsonSerializable(typeof(ListSettledForwardsParams))]
[JsonSerializable(typeof(AccountParams))]
[JsonSerializable(typeof(FeeratesParams))]
[JsonSerializable(typeof(DatastoreParams))]
[JsonSerializable(typeof(DatastoreKeyParams))]
[JsonSerializable(typeof(MakeSecretParams))]
[JsonSerializable(typeof(CreateInvoiceParams))]
[JsonSerializable(typeof(InvoiceParams))]
[JsonSerializable(typeof(SignInvoiceParams))]
[JsonSerializable(typeof(DelInvoiceParams))]
[JsonSerializable(typeof(ListInvoicesParams))]
[JsonSerializable(typeof(DecodeParams))]
[JsonSerializable(typeof(FetchInvoiceParams))]
[JsonSerializable(typeof(ListChannelsParams))]
[JsonSerializable(typeof(CreateOnionParams))]
[JsonSerializable(typeof(InjectPaymentOnionParams))]
[JsonSerializable(typeof(ListSendPaysParams))]
[JsonSerializable(typeof(ListHtlcsParams))]
[JsonSerializable(typeof(WaitParams))]
[JsonSerializable(typeof(GetRoutesParams))]
[JsonSerializable(typeof(LayerParams))]
[JsonSerializable(typeof(CreateChannelParams))]
[JsonSerializable(typeof(UpdateChannelParams))]
[JsonSerializable(typeof(InformChannelParams))]
[JsonSerializable(typeof(DisableNodeParams))]
internal sealed partial class NodeRequestJson : JsonSerializerContext;

/// <summary>Reads answers. Nothing writes them, so this has only the code that reads.</summary>
[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata,
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(GetInfoAnswer))]
[JsonSerializable(typeof(ListConfigsAnswer))]
[JsonSerializable(typeof(ConnectAnswer))]
[JsonSerializable(typeof(FundChannelStartAnswer))]
[JsonSerializable(typeof(PsbtAnswer))]
[JsonSerializable(typeof(FundPsbtAnswer))]
[JsonSerializable(typeof(ReservationsAnswer))]
[JsonSerializable(typeof(FundChannelCompleteAnswer))]
[JsonSerializable(typeof(SignPsbtAnswer))]
[JsonSerializable(typeof(SendPsbtAnswer))]
[JsonSerializable(typeof(GetUtxOutAnswer))]
[JsonSerializable(typeof(ListPeerChannelsAnswer))]
[JsonSerializable(typeof(ListClosedChannelsAnswer))]
[JsonSerializable(typeof(ListAccountEventsAnswer))]
[JsonSerializable(typeof(ListForwardsAnswer))]
[JsonSerializable(typeof(ListFundsAnswer))]
[JsonSerializable(typeof(FeeratesAnswer))]
[JsonSerializable(typeof(DatastoreAnswer))]
[JsonSerializable(typeof(ListDatastoreAnswer))]
[JsonSerializable(typeof(MakeSecretAnswer))]
[JsonSerializable(typeof(CreateInvoiceAnswer))]
[JsonSerializable(typeof(InvoiceAnswer))]
[JsonSerializable(typeof(SignInvoiceAnswer))]
[JsonSerializable(typeof(ListInvoicesAnswer))]
[JsonSerializable(typeof(DecodeAnswer))]
[JsonSerializable(typeof(FetchInvoiceAnswer))]
[JsonSerializable(typeof(ListChannelsAnswer))]
[JsonSerializable(typeof(CreateOnionAnswer))]
[JsonSerializable(typeof(InjectPaymentOnionAnswer))]
[JsonSerializable(typeof(InjectFailedData))]
[JsonSerializable(typeof(ListSendPaysAnswer))]
[JsonSerializable(typeof(SendPayRow))]
[JsonSerializable(typeof(ListHtlcsAnswer))]
[JsonSerializable(typeof(WaitAnswer))]
[JsonSerializable(typeof(GetRoutesAnswer))]
[JsonSerializable(typeof(ListLayersAnswer))]
internal sealed partial class NodeAnswerJson : JsonSerializerContext;
