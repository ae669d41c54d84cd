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

/// <summary>The params of fundchannel_start.</summary>
/// <param name="Id">The peer's node id.</param>
/// <param name="Amount">The channel's capacity in sat.</param>
/// <param name="Announce">Whether the channel is public; false for a JIT channel (R52-63).</param>
/// <param name="Mindepth">The confirmations that we require of our own funding; 0 for a zero-conf channel.</param>
/// <param name="ChannelType">The feature bits of the channel type (BOLT 2).</param>
/// <param name="Reserve">The reserve that we demand of the peer, in sat; null for the node's default, 1 % of the capacity.</param>
internal sealed record FundChannelStartParams(string Id, ulong Amount, bool Announce, uint? Mindepth, int[] ChannelType, ulong? Reserve);

/// <summary>The answer of fundchannel_start: where the funding output must pay to.</summary>
/// <param name="FundingAddress">As an address.</param>
/// <param name="Scriptpubkey">As a scriptPubKey, in hex.</param>
internal sealed record FundChannelStartAnswer(string FundingAddress, string Scriptpubkey);

/// <summary>The params of fundpsbt.</summary>
/// <param name="Satoshi">The value that the inputs must provide in addition to their own fee, in sat.</param>
/// <param name="Feerate">A feerate with its unit, such as <c>1000perkw</c>, or a name such as <c>opening</c>.</param>
/// <param name="Startweight">The weight of the transaction without inputs.</param>
/// <param name="Reserve">How many blocks the inputs are reserved; 0 for not at all.</param>
/// <param name="ExcessAsChange">Whether the node adds a change output.</param>
/// <param name="Nonwrapped">Whether to leave out inputs that are wrapped in P2SH: their signatures would change the transaction id.</param>
/// <param name="OpeningAnchorChannel">Whether to keep the node's emergency reserve for anchor channels; null for the node's rule.</param>
internal sealed record FundPsbtParams(
    ulong Satoshi, string Feerate, uint Startweight, uint Reserve, bool ExcessAsChange, bool Nonwrapped, bool? OpeningAnchorChannel);

/// <summary>The answer of commands that return only a PSBT.</summary>
/// <param name="Psbt">The PSBT in base64.</param>
internal sealed record PsbtAnswer(string Psbt);

/// <summary>The answer of fundpsbt.</summary>
/// <param name="Psbt">The PSBT in base64; its version depends on the node's version.</param>
/// <param name="FeeratePerKw">The feerate that was used, in sat per 1000 weight.</param>
/// <param name="EstimatedFinalWeight">Weight of the complete transaction, signed and with change.</param>
/// <param name="ExcessMsat">The remaining amount that is too small for a change output.</param>
internal sealed record FundPsbtAnswer(string Psbt, uint? FeeratePerKw = null, uint? EstimatedFinalWeight = null, Msat? ExcessMsat = null)
{
    /// <summary>Returns the on-chain cost of closing the channel at the same feerate.</summary>
    public Sat CostOfClosing() => FeeratePerKw is { } rate ? new ChainFees(new FeeratePerKw(rate), new FeeratePerKw(rate)).CostOfClosing() : default;

    /// <summary>Returns the on-chain cost of the transaction by the node's estimate.</summary>
    public Sat Cost() => new((((ulong)(FeeratePerKw ?? 0) * (EstimatedFinalWeight ?? 0)) + (ExcessMsat?.Value ?? 0) + 999) / 1000);
}

/// <summary>The params of setpsbtversion.</summary>
/// <param name="Psbt">The PSBT in base64.</param>
/// <param name="Version">0 or 2.</param>
internal sealed record SetPsbtVersionParams(string Psbt, uint Version);

/// <summary>The params of addpsbtoutput.</summary>
/// <param name="Satoshi">The output's value in sat.</param>
/// <param name="Initialpsbt">The PSBT to add it to, in base64.</param>
/// <param name="Destination">The address that it pays to.</param>
internal sealed record AddPsbtOutputParams(ulong Satoshi, string Initialpsbt, string Destination);

/// <summary>The params of reserveinputs.</summary>
/// <param name="Psbt">The transaction, in base64.</param>
/// <param name="Exclusive">Whether to fail if an input is reserved already.</param>
/// <param name="Reserve">The number of blocks.</param>
internal sealed record ReserveInputsParams(string Psbt, bool Exclusive, uint Reserve);

/// <summary>The params of unreserveinputs.</summary>
/// <param name="Psbt">The transaction, in base64.</param>
/// <param name="Reserve">The number of blocks by which the reservation is shortened.</param>
internal sealed record UnreserveInputsParams(string Psbt, uint Reserve);

/// <summary>The answer of reserveinputs and unreserveinputs: one row per input that the node knows.</summary>
internal sealed record ReservationsAnswer(Reservation[] Reservations);

/// <summary>The reservation of one input.</summary>
/// <param name="Txid">The transaction of the output that is spent.</param>
/// <param name="Vout">The output's index.</param>
/// <param name="WasReserved">Whether it was reserved before the call.</param>
/// <param name="Reserved">Whether it is reserved now.</param>
/// <param name="ReservedToBlock">The block height at which the reservation ends; null if it is not reserved.</param>
internal sealed record Reservation(TxId Txid, uint Vout, bool WasReserved, bool Reserved, uint? ReservedToBlock = null);

/// <summary>The params of fundchannel_complete.</summary>
/// <param name="Id">The peer's node id.</param>
/// <param name="Psbt">The funding transaction in base64; exactly one output must pay to the funding address.</param>
/// <param name="Withhold">Whether the node waits for sendpsbt before it broadcasts.</param>
internal sealed record FundChannelCompleteParams(string Id, string Psbt, bool Withhold);

/// <summary>The answer of fundchannel_complete.</summary>
internal sealed record FundChannelCompleteAnswer(ChannelId ChannelId);

/// <summary>The params of signpsbt.</summary>
/// <param name="Psbt">The PSBT in base64.</param>
internal sealed record SignPsbtParams(string Psbt);

/// <summary>The answer of signpsbt.</summary>
/// <param name="SignedPsbt">The signed PSBT in base64.</param>
internal sealed record SignPsbtAnswer(string SignedPsbt);

/// <summary>The params of sendpsbt.</summary>
/// <param name="Psbt">The signed PSBT in base64.</param>
internal sealed record SendPsbtParams(string Psbt);

/// <summary>The answer of sendpsbt.</summary>
internal sealed record SendPsbtAnswer(TxId Txid);

/// <summary>The params of getutxout, a method of the node's chain backend.</summary>
/// <param name="Txid">A transaction in the chain or the mempool.</param>
/// <param name="Vout">The output's index in it.</param>
internal sealed record GetUtxOutParams(TxId Txid, uint Vout);

/// <summary>The answer of getutxout.</summary>
/// <param name="Script">The scriptPubKey in hex; null if the output is spent or unknown, or if the backend cannot reach its daemon.</param>
internal sealed record GetUtxOutAnswer(string? Script = null);

/// <summary>The params of setchannel.</summary>
/// <param name="Id">The channel: its id, its scid or a peer's node id.</param>
/// <param name="Feebase">The base fee in msat.</param>
/// <param name="Feeppm">The proportional fee in parts per million.</param>
/// <param name="Enforcedelay">Seconds during which the old, lower fees are still accepted; null for the node's default of 600.</param>
internal sealed record SetChannelParams(string Id, ulong Feebase, uint Feeppm, uint? Enforcedelay);

/// <summary>The params of close.</summary>
/// <param name="Id">The channel's id.</param>
/// <param name="Unilateraltimeout">Seconds until the node closes without the peer; 0 for never.</param>
internal sealed record CloseParams(string Id, uint Unilateraltimeout);

/// <summary>The params of listpeerchannels; at most one is set, and none lists all channels.</summary>
/// <param name="Id">The peer's node id.</param>
/// <param name="ChannelId">The channel's id (since v26.04).</param>
/// <param name="ShortChannelId">The channel's scid or our alias.</param>
internal sealed record ListPeerChannelsParams(string? Id, string? ChannelId, string? ShortChannelId);

/// <summary>The answer of listpeerchannels.</summary>
internal sealed record ListPeerChannelsAnswer(PeerChannel[] Channels);

/// <summary>A channel as listpeerchannels describes it, in any state from negotiation to closing.</summary>
/// <param name="PeerId">The peer's node id.</param>
/// <param name="PeerConnected">Whether the peer is connected.</param>
/// <param name="State">One of <see cref="ChannelStates"/>, or another state of the node.</param>
/// <param name="Reestablished">Whether it was re-established on the current connection; null if the peer is not connected.</param>
/// <param name="ChannelId">Absent during the negotiation.</param>
/// <param name="ShortChannelId">The real scid; null until the funding is confirmed.</param>
/// <param name="Alias">The scids that stand for the channel before, and for a private channel also after, its confirmation.</param>
/// <param name="Funding">How it is funded; null in some states.</param>
/// <param name="ToUsMsat">Our balance, reserve and fees included.</param>
/// <param name="SpendableMsat">What we can send now, after reserve, HTLCs in flight, commitment fee and anchors.</param>
/// <param name="ReceivableMsat">What we can receive now.</param>
/// <param name="Private">Whether it is not announced.</param>
/// <param name="FeeBaseMsat">Our base forwarding fee over it.</param>
/// <param name="FeeProportionalMillionths">Our proportional forwarding fee, in parts per million.</param>
/// <param name="MinimumHtlcOutMsat">The smallest HTLC that we send: the larger of our setting and the peer's htlc_minimum_msat.</param>
/// <param name="MaximumHtlcOutMsat">The largest HTLC that we send.</param>
/// <param name="OurToSelfDelay">The to_self_delay that the peer imposes on us, in blocks (R52-64).</param>
/// <param name="Htlcs">The HTLCs in flight, both directions.</param>
/// <param name="MaxAcceptedHtlcs">
/// Our configured limit on the peer's concurrent HTLCs; our node sends no more than that either. The node does not report the peer's limit.
/// </param>
/// <param name="TheirMaxHtlcValueInFlightMsat">The peer's limit on the total of HTLCs to it in flight; 2^64 - 1 for none.</param>
/// <param name="OurReserveMsat">The reserve that the peer requires of us.</param>
/// <param name="TotalMsat">The capacity: both balances.</param>
/// <param name="Opener">local or remote.</param>
/// <param name="Status">The node's status text for the channel.</param>
internal sealed record PeerChannel(
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

/// <summary>The two aliases of a channel (option_scid_alias).</summary>
/// <param name="Local">The one that we gave the peer: HTLCs from it may name the channel so.</param>
/// <param name="Remote">The one that the peer gave us, for our invoices; null until its channel_ready.</param>
internal sealed record PeerChannelAlias(Scid? Local = null, Scid? Remote = null);

/// <summary>How a channel that we opened is funded.</summary>
/// <param name="Withheld">Whether the node still holds back the funding transaction.</param>
/// <param name="Psbt">The funding transaction in base64; signed after sendpsbt.</param>
internal sealed record PeerChannelFunding(bool? Withheld = null, string? Psbt = null);

/// <summary>An HTLC in flight.</summary>
/// <param name="Direction">"out" (from us to the peer) or "in".</param>
/// <param name="Id">Its number in this channel and direction.</param>
/// <param name="PaymentHash">The payment's hash.</param>
/// <param name="AmountMsat">Its amount.</param>
/// <param name="State">The step of the commitment exchange (BOLT 2), SENT_ADD_HTLC to RCVD_REMOVE_ACK_REVOCATION.</param>
internal sealed record PeerChannelHtlc(string Direction, ulong Id, PaymentHash PaymentHash, Msat? AmountMsat = null, string? State = null);

/// <summary>The params of listforwards; the node ignores a limit beside a channel.</summary>
/// <param name="OutChannel">The outgoing channel's scid or alias, as it was when the forward was made.</param>
internal sealed record ListForwardsParams(string OutChannel);

/// <summary>The answer of listforwards.</summary>
internal sealed record ListForwardsAnswer(ForwardRow[] Forwards);

/// <summary>One forward as the node recorded it.</summary>
/// <param name="InChannel">The incoming channel: its real scid, or our alias.</param>
/// <param name="Status">offered, settled, failed or local_failed (<see cref="ForwardStatuses"/>).</param>
/// <param name="InHtlcId">The incoming HTLC's number; null in rows of old nodes.</param>
/// <param name="InMsat">The incoming amount.</param>
/// <param name="OutMsat">The outgoing amount; null if no HTLC was sent.</param>
/// <param name="CreatedIndex">Gives the order of creation; the node lists rows in any order.</param>
internal sealed record ForwardRow(Scid InChannel, string Status, ulong? InHtlcId = null, Msat? InMsat = null, Msat? OutMsat = null, ulong CreatedIndex = 0);

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

/// <summary>The params of datastore.</summary>
/// <param name="Key">The path; a key has either a value or children.</param>
/// <param name="String">The value, UTF-8.</param>
/// <param name="Mode">must-create, must-replace or create-or-replace.</param>
/// <param name="Generation">The generation that must still be current; null for any. Only with must-replace.</param>
internal sealed record DatastoreParams(string[] Key, string String, string Mode, ulong? Generation);

/// <summary>The answer of datastore and deldatastore.</summary>
/// <param name="Key">The path.</param>
/// <param name="Generation">0 for a new value; one more after each change.</param>
internal sealed record DatastoreAnswer(string[] Key, ulong Generation);

/// <summary>The params of listdatastore and deldatastore.</summary>
internal sealed record DatastoreKeyParams(string[] Key);

/// <summary>The answer of listdatastore.</summary>
internal sealed record ListDatastoreAnswer(DatastoreEntry[] Datastore);

/// <summary>A datastore entry; without a value if it only has children.</summary>
/// <param name="Key">The path.</param>
/// <param name="Generation">How often the value was changed; null if there is no value.</param>
/// <param name="String">Absent for a value that is not UTF-8 and for a key that only has children.</param>
/// <param name="Hex">The value's bytes in hex.</param>
internal sealed record DatastoreEntry(string[] Key, ulong? Generation = null, string? String = null, string? Hex = null);

/// <summary>The params of makesecret.</summary>
/// <param name="String">The purpose; another one gives another secret.</param>
internal sealed record MakeSecretParams(string String);

/// <summary>The answer of makesecret.</summary>
/// <param name="Secret">32 bytes in hex. Must not be logged.</param>
internal sealed record MakeSecretAnswer(string Secret);

/// <summary>The params of createinvoice.</summary>
/// <param name="Invstring">The invoice, BOLT 11; its signature is ignored.</param>
/// <param name="Label">Unique among the node's invoices.</param>
/// <param name="Preimage">32 bytes in hex; must match the invoice's payment hash.</param>
internal sealed record CreateInvoiceParams(string Invstring, string Label, string Preimage);

/// <summary>The answer of createinvoice.</summary>
/// <param name="Bolt11">The signed invoice.</param>
/// <param name="PaymentHash">Its payment hash.</param>
/// <param name="ExpiresAt">When it expires, in Unix seconds.</param>
/// <param name="CreatedIndex">Its number among the node's invoices.</param>
internal sealed record CreateInvoiceAnswer(string Bolt11, PaymentHash PaymentHash, ulong? ExpiresAt = null, ulong? CreatedIndex = null);

/// <summary>The params of invoice.</summary>
/// <param name="AmountMsat">In msat, or "any".</param>
/// <param name="Label">Unique among the node's invoices.</param>
/// <param name="Description">UTF-8.</param>
/// <param name="Expiry">Seconds from now.</param>
/// <param name="Exposeprivatechannels">The channels that route hints may name, by short channel id or our alias.</param>
/// <param name="Deschashonly">Whether the invoice has only the description's hash.</param>
internal sealed record InvoiceParams(string AmountMsat, string Label, string Description, ulong Expiry, string[] Exposeprivatechannels, bool? Deschashonly);

/// <summary>The answer of invoice.</summary>
/// <param name="Bolt11">The signed invoice.</param>
/// <param name="PaymentHash">Its payment hash.</param>
/// <param name="PaymentSecret">32 bytes in hex.</param>
/// <param name="ExpiresAt">When it expires, in Unix seconds.</param>
/// <param name="CreatedIndex">Its number among the node's invoices.</param>
internal sealed record InvoiceAnswer(string Bolt11, PaymentHash PaymentHash, string PaymentSecret, ulong ExpiresAt, ulong? CreatedIndex = null);

/// <summary>The params of signinvoice.</summary>
/// <param name="Invstring">The invoice, BOLT 11; its signature is replaced.</param>
internal sealed record SignInvoiceParams(string Invstring);

/// <summary>The answer of signinvoice.</summary>
/// <param name="Bolt11">The signed invoice.</param>
internal sealed record SignInvoiceAnswer(string Bolt11);

/// <summary>The params of delinvoice.</summary>
/// <param name="Label">The invoice's label.</param>
/// <param name="Status">The status that it must have: unpaid, paid or expired.</param>
internal sealed record DelInvoiceParams(string Label, string Status);

/// <summary>The params of listinvoices; exactly one of the two is set.</summary>
/// <param name="PaymentHash">The payment hash in hex.</param>
/// <param name="Label">The invoice's label.</param>
internal sealed record ListInvoicesParams(string? PaymentHash, string? Label);

/// <summary>The answer of listinvoices.</summary>
internal sealed record ListInvoicesAnswer(InvoiceRow[] Invoices);

/// <summary>An invoice of the node.</summary>
/// <param name="Status">unpaid, paid or expired.</param>
/// <param name="Bolt11">The invoice; null for a BOLT 12 one.</param>
/// <param name="Label">Its label.</param>
/// <param name="AmountReceivedMsat">What was received; null until it is paid.</param>
internal sealed record InvoiceRow(string Status, string? Bolt11 = null, string? Label = null, Msat? AmountReceivedMsat = null);

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
