using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using LspsPlugin.Cln.Metrics;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Node;

/// <summary>
/// Typed calls of the node's commands (lightning-rpc, v25.12 to master). No retries and no decisions; the outcome of a call is returned as a value. A
/// call that only reads or writes the node's database times out after 30 s, one that waits for a peer after 60 s; the node may still carry it out.
/// </summary>
/// <param name="rpc">Carries the calls.</param>
/// <param name="meter">Measures the calls; null if nobody wants that.</param>
internal sealed class NodeClient(JsonRpcClient rpc, CallMeter? meter = null)
{
    /// <summary>Timeout for calls that only read or write the node's own database.</summary>
    private static readonly TimeSpan Local = TimeSpan.FromSeconds(30);

    /// <summary>Timeout for calls that wait for a peer; the node gives up on most of them within a minute.</summary>
    private static readonly TimeSpan WithPeer = TimeSpan.FromSeconds(60);

    /// <summary>Reads the node's id, network, version and block height.</summary>
    public ValueTask<RpcAnswer<GetInfoAnswer>> GetInfoAsync(CancellationToken stopping) =>
        Call("getinfo", new NoParams(), NodeRequestJson.Default.NoParams, NodeAnswerJson.Default.GetInfoAnswer, Local, stopping);

    /// <summary>Reads one option of lightningd by its name, such as <c>cltv-delta</c>.</summary>
    public ValueTask<RpcAnswer<ListConfigsAnswer>> ListConfigsAsync(string config, CancellationToken stopping) =>
        Call("listconfigs", new(config), NodeRequestJson.Default.ListConfigsParams, NodeAnswerJson.Default.ListConfigsAnswer, Local, stopping);

    /// <summary>Connects to a peer at an address that the node knows; succeeds at once if it is connected. Errors: 400, 401, 402.</summary>
    public ValueTask<RpcAnswer<ConnectAnswer>> ConnectAsync(NodeId peer, CancellationToken stopping) =>
        Call("connect", new(peer.ToString()), NodeRequestJson.Default.PeerParams, NodeAnswerJson.Default.ConnectAnswer, WithPeer, stopping);

    /// <summary>Connects to a peer at a given address; succeeds at once if it is connected. Errors: 401, 402.</summary>
    /// <param name="peer">The peer's node id.</param>
    /// <param name="address">HOST or HOST:PORT, IPv6 in brackets.</param>
    /// <param name="stopping">Cancels the wait, not the call.</param>
    public ValueTask<RpcAnswer<ConnectAnswer>> ConnectAsync(NodeId peer, string address, CancellationToken stopping) =>
        Call("connect", new($"{peer}@{address}"), NodeRequestJson.Default.PeerParams, NodeAnswerJson.Default.ConnectAnswer, WithPeer, stopping);

    /// <summary>
    /// Sends an LSPS0 message (type 37913, R50-01). Success means only that the node queued it. The error is -32600 if the peer is not connected.
    /// </summary>
    /// <param name="peer">The peer's node id.</param>
    /// <param name="body">The body without the message type; 1 to 65,533 bytes, because lightningd dies on a longer one.</param>
    /// <param name="stopping">Cancels the wait, not the call.</param>
    public ValueTask<RpcAnswer<JsonElement>> SendCustomMsgAsync(NodeId peer, ReadOnlySpan<byte> body, CancellationToken stopping)
    {
        if (body.IsEmpty || body.Length > Core.Lsps0.Lsps0Message.MaxBodyBytes)
        {
            return new(new RpcError(RpcFailure.NotSent, 0, $"a message of {body.Length} bytes cannot be sent"));
        }

        var message = new SendCustomMsgParams(peer.ToString(), $"{Core.Lsps0.Lsps0Message.MessageType:x4}{Convert.ToHexStringLower(body)}");
        return Call("sendcustommsg", message, NodeRequestJson.Default.SendCustomMsgParams, NodeAnswerJson.Default.JsonElement, Local, stopping);
    }

    /// <summary>Starts the opening of a v1 channel with a connected peer; one at a time per peer. Errors: -1, 304, 305, 306, 312.</summary>
    public ValueTask<RpcAnswer<FundChannelStartAnswer>> FundChannelStartAsync(FundChannelStartParams start, CancellationToken stopping) =>
        Call("fundchannel_start", start, NodeRequestJson.Default.FundChannelStartParams, NodeAnswerJson.Default.FundChannelStartAnswer, WithPeer, stopping);

    /// <summary>Cancels an opening before its funding is completed or, if withheld, before it is sent. Error 307 if there is none.</summary>
    public ValueTask<RpcAnswer<JsonElement>> FundChannelCancelAsync(NodeId peer, CancellationToken stopping) =>
        Call("fundchannel_cancel", new(peer.ToString()), NodeRequestJson.Default.PeerParams, NodeAnswerJson.Default.JsonElement, WithPeer, stopping);

    /// <summary>
    /// Completes an opening with withheld funding: the peer signs the commitment, and the node broadcasts nothing until sendpsbt. The funding transaction
    /// must not change after this call.
    /// </summary>
    /// <param name="peer">The peer's node id.</param>
    /// <param name="psbt">The unsigned funding transaction, version 0 or 2, in base64.</param>
    /// <param name="stopping">Cancels the wait, not the call.</param>
    public ValueTask<RpcAnswer<FundChannelCompleteAnswer>> FundChannelCompleteAsync(NodeId peer, string psbt, CancellationToken stopping) =>
        Call("fundchannel_complete", new(peer.ToString(), psbt, Withhold: true), NodeRequestJson.Default.FundChannelCompleteParams, NodeAnswerJson.Default.FundChannelCompleteAnswer, WithPeer, stopping);

    /// <summary>Selects inputs of the node's wallet for an amount at a feerate. Errors: 301, 313.</summary>
    public ValueTask<RpcAnswer<FundPsbtAnswer>> FundPsbtAsync(FundPsbtParams fund, CancellationToken stopping) =>
        Call("fundpsbt", fund, NodeRequestJson.Default.FundPsbtParams, NodeAnswerJson.Default.FundPsbtAnswer, Local, stopping);

    /// <summary>Adds an output to a PSBT; changes nothing in the node.</summary>
    public ValueTask<RpcAnswer<PsbtAnswer>> AddPsbtOutputAsync(AddPsbtOutputParams output, CancellationToken stopping) =>
        Call("addpsbtoutput", output, NodeRequestJson.Default.AddPsbtOutputParams, NodeAnswerJson.Default.PsbtAnswer, Local, stopping);

    /// <summary>Reserves the inputs of a PSBT. Reservations add up: each call prolongs the earlier one.</summary>
    /// <param name="psbt">The transaction, in base64.</param>
    /// <param name="exclusive">Whether to fail if an input is reserved already.</param>
    /// <param name="blocks">How many blocks the reservation lasts from now, or is prolonged by.</param>
    /// <param name="stopping">Cancels the wait, not the call.</param>
    public ValueTask<RpcAnswer<ReservationsAnswer>> ReserveInputsAsync(string psbt, bool exclusive, BlockCount blocks, CancellationToken stopping) =>
        Call("reserveinputs", new(psbt, exclusive, blocks.Value), NodeRequestJson.Default.ReserveInputsParams, NodeAnswerJson.Default.ReservationsAnswer, Local, stopping);

    /// <summary>Shortens the reservation of a PSBT's inputs. Inputs that are unknown or not reserved are skipped.</summary>
    /// <param name="psbt">The transaction, in base64.</param>
    /// <param name="blocks">By how many blocks; a reservation that would end now or earlier is removed.</param>
    /// <param name="stopping">Cancels the wait, not the call.</param>
    public ValueTask<RpcAnswer<ReservationsAnswer>> UnreserveInputsAsync(string psbt, BlockCount blocks, CancellationToken stopping) =>
        Call("unreserveinputs", new(psbt, blocks.Value), NodeRequestJson.Default.UnreserveInputsParams, NodeAnswerJson.Default.ReservationsAnswer, Local, stopping);

    /// <summary>Signs the inputs of a PSBT that belong to the wallet; all of them must be reserved, else error -1.</summary>
    public ValueTask<RpcAnswer<SignPsbtAnswer>> SignPsbtAsync(string psbt, CancellationToken stopping) =>
        Call("signpsbt", new(psbt), NodeRequestJson.Default.SignPsbtParams, NodeAnswerJson.Default.SignPsbtAnswer, Local, stopping);

    /// <summary>
    /// Broadcasts a signed PSBT; a withheld channel that it funds is withheld no longer, even if the backend refuses the transaction (error -1). May be
    /// repeated while its inputs are reserved.
    /// </summary>
    public ValueTask<RpcAnswer<SendPsbtAnswer>> SendPsbtAsync(string signedPsbt, CancellationToken stopping) =>
        Call("sendpsbt", new(signedPsbt), NodeRequestJson.Default.SendPsbtParams, NodeAnswerJson.Default.SendPsbtAnswer, WithPeer, stopping);

    /// <summary>Converts a PSBT to version 0 or 2 (BIP 174, BIP 370).</summary>
    public ValueTask<RpcAnswer<PsbtAnswer>> SetPsbtVersionAsync(string psbt, uint version, CancellationToken stopping) =>
        Call("setpsbtversion", new(psbt, version), NodeRequestJson.Default.SetPsbtVersionParams, NodeAnswerJson.Default.PsbtAnswer, Local, stopping);

    /// <summary>Asks what the chain backend knows about an output. The plugin that serves as the node's backend answers.</summary>
    public ValueTask<RpcAnswer<GetUtxOutAnswer>> GetUtxOutAsync(Outpoint output, CancellationToken stopping) =>
        Call("getutxout", new(output.TxId, output.Index), NodeRequestJson.Default.GetUtxOutParams, NodeAnswerJson.Default.GetUtxOutAnswer, WithPeer, stopping);

    /// <summary>Sets the forwarding fees of a channel.</summary>
    public ValueTask<RpcAnswer<JsonElement>> SetChannelAsync(SetChannelParams channel, CancellationToken stopping) =>
        Call("setchannel", channel, NodeRequestJson.Default.SetChannelParams, NodeAnswerJson.Default.JsonElement, Local, stopping);

    /// <summary>Closes a channel. Answers when it is closed, which may take longer than our timeout.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="unilateralAfter">Whole seconds, above 0. A withheld channel is simply deleted after that time.</param>
    /// <param name="stopping">Cancels the wait, not the call.</param>
    public ValueTask<RpcAnswer<JsonElement>> CloseAsync(ChannelId channel, TimeSpan unilateralAfter, CancellationToken stopping) =>
        Call("close", new(channel.ToString(), (uint)unilateralAfter.TotalSeconds), NodeRequestJson.Default.CloseParams, NodeAnswerJson.Default.JsonElement, WithPeer, stopping);

    /// <summary>Lists all channels, those that are being opened and closed included.</summary>
    public ValueTask<RpcAnswer<ListPeerChannelsAnswer>> ListPeerChannelsAsync(CancellationToken stopping) =>
        Call("listpeerchannels", new(null, null, null), NodeRequestJson.Default.ListPeerChannelsParams, NodeAnswerJson.Default.ListPeerChannelsAnswer, Local, stopping);

    /// <summary>Lists the channels with a peer; none if the node does not know it.</summary>
    public ValueTask<RpcAnswer<ListPeerChannelsAnswer>> ListPeerChannelsAsync(NodeId peer, CancellationToken stopping) =>
        Call("listpeerchannels", new(peer.ToString(), null, null), NodeRequestJson.Default.ListPeerChannelsParams, NodeAnswerJson.Default.ListPeerChannelsAnswer, Local, stopping);

    /// <summary>Finds a channel by its id (since v26.04); no row if there is none.</summary>
    public ValueTask<RpcAnswer<ListPeerChannelsAnswer>> ListPeerChannelsAsync(ChannelId channel, CancellationToken stopping) =>
        Call("listpeerchannels", new(null, channel.ToString(), null), NodeRequestJson.Default.ListPeerChannelsParams, NodeAnswerJson.Default.ListPeerChannelsAnswer, Local, stopping);

    /// <summary>Finds a channel by its scid or our alias; no row if there is none.</summary>
    public ValueTask<RpcAnswer<ListPeerChannelsAnswer>> ListPeerChannelsAsync(Scid scid, CancellationToken stopping) =>
        Call("listpeerchannels", new(null, null, scid.ToString()), NodeRequestJson.Default.ListPeerChannelsParams, NodeAnswerJson.Default.ListPeerChannelsAnswer, Local, stopping);

    /// <summary>
    /// Lists the forwards over an outgoing channel. A row keeps the scid under which it was made: an unconfirmed channel's rows have its alias, so both
    /// must be asked for. The operator may have had rows deleted.
    /// </summary>
    public ValueTask<RpcAnswer<ListForwardsAnswer>> ListForwardsAsync(Scid outChannel, CancellationToken stopping) =>
        Call("listforwards", new(outChannel.ToString()), NodeRequestJson.Default.ListForwardsParams, NodeAnswerJson.Default.ListForwardsAnswer, Local, stopping);

    /// <summary>Lists settled forwards in the order in which they settled, from an updated_index on.</summary>
    public ValueTask<RpcAnswer<ListForwardsAnswer>> ListForwardsAsync(ulong start, uint limit, CancellationToken stopping) =>
        Call("listforwards", new(start, limit), NodeRequestJson.Default.ListSettledForwardsParams, NodeAnswerJson.Default.ListForwardsAnswer, Local, stopping);

    /// <summary>Lists the channels with a peer that are closed and resolved.</summary>
    public ValueTask<RpcAnswer<ListClosedChannelsAnswer>> ListClosedChannelsAsync(NodeId peer, CancellationToken stopping) =>
        Call("listclosedchannels", new(peer.ToString()), NodeRequestJson.Default.PeerParams, NodeAnswerJson.Default.ListClosedChannelsAnswer, Local, stopping);

    /// <summary>Lists what the node's bookkeeper noted for a channel. Error -32601 if the operator has disabled it.</summary>
    public ValueTask<RpcAnswer<ListAccountEventsAnswer>> ListAccountEventsAsync(ChannelId channel, CancellationToken stopping) =>
        Call("bkpr-listaccountevents", new(channel.ToString()), NodeRequestJson.Default.AccountParams, NodeAnswerJson.Default.ListAccountEventsAnswer, Local, stopping);

    /// <summary>Lists the wallet's outputs, spent ones excluded, and the channels.</summary>
    public ValueTask<RpcAnswer<ListFundsAnswer>> ListFundsAsync(CancellationToken stopping) =>
        Call("listfunds", new NoParams(), NodeRequestJson.Default.NoParams, NodeAnswerJson.Default.ListFundsAnswer, Local, stopping);

    /// <summary>Reads the node's feerate estimates, in sat per 1000 weight.</summary>
    public ValueTask<RpcAnswer<FeeratesAnswer>> FeeratesAsync(CancellationToken stopping) =>
        Call("feerates", new("perkw"), NodeRequestJson.Default.FeeratesParams, NodeAnswerJson.Default.FeeratesAnswer, Local, stopping);

    /// <summary>Writes a datastore entry, in one transaction. Errors: 1202 (exists), 1203 (missing), 1204 (wrong generation), 1205, 1206.</summary>
    public ValueTask<RpcAnswer<DatastoreAnswer>> DatastoreAsync(DatastoreParams entry, CancellationToken stopping) =>
        Call("datastore", entry, NodeRequestJson.Default.DatastoreParams, NodeAnswerJson.Default.DatastoreAnswer, Local, stopping);

    /// <summary>Reads a datastore entry, or the direct children of a key; deeper levels appear as keys without a value.</summary>
    public ValueTask<RpcAnswer<ListDatastoreAnswer>> ListDatastoreAsync(string[] key, CancellationToken stopping) =>
        Call("listdatastore", new(key), NodeRequestJson.Default.DatastoreKeyParams, NodeAnswerJson.Default.ListDatastoreAnswer, Local, stopping);

    /// <summary>Deletes a datastore entry, whatever its generation. Error 1200 if there is none.</summary>
    public ValueTask<RpcAnswer<DatastoreAnswer>> DelDatastoreAsync(string[] key, CancellationToken stopping) =>
        Call("deldatastore", new(key), NodeRequestJson.Default.DatastoreKeyParams, NodeAnswerJson.Default.DatastoreAnswer, Local, stopping);

    /// <summary>Derives 32 secret bytes from the node's own secret; the same for the same purpose.</summary>
    public ValueTask<RpcAnswer<MakeSecretAnswer>> MakeSecretAsync(string purpose, CancellationToken stopping) =>
        Call("makesecret", new(purpose), NodeRequestJson.Default.MakeSecretParams, NodeAnswerJson.Default.MakeSecretAnswer, Local, stopping);

    /// <summary>Signs an invoice and stores it in the node. Errors: -32602, 900 (the label exists), 901 (the preimage exists).</summary>
    public ValueTask<RpcAnswer<CreateInvoiceAnswer>> CreateInvoiceAsync(CreateInvoiceParams invoice, CancellationToken stopping) =>
        Call("createinvoice", invoice, NodeRequestJson.Default.CreateInvoiceParams, NodeAnswerJson.Default.CreateInvoiceAnswer, Local, stopping);

    /// <summary>Makes and stores an ordinary invoice. Errors: 900 (the label exists), 902 (no route hint is usable).</summary>
    public ValueTask<RpcAnswer<InvoiceAnswer>> InvoiceAsync(InvoiceParams invoice, CancellationToken stopping) =>
        Call("invoice", invoice, NodeRequestJson.Default.InvoiceParams, NodeAnswerJson.Default.InvoiceAnswer, Local, stopping);

    /// <summary>Signs an invoice without storing it in the node.</summary>
    public ValueTask<RpcAnswer<SignInvoiceAnswer>> SignInvoiceAsync(string invoice, CancellationToken stopping) =>
        Call("signinvoice", new(invoice), NodeRequestJson.Default.SignInvoiceParams, NodeAnswerJson.Default.SignInvoiceAnswer, Local, stopping);

    /// <summary>Deletes an invoice. Errors: 905 (there is none), 906 (its status is another).</summary>
    /// <param name="label">The invoice's label.</param>
    /// <param name="status">The status that the invoice must have: unpaid, paid or expired.</param>
    /// <param name="stopping">Cancels the wait, not the call.</param>
    public ValueTask<RpcAnswer<JsonElement>> DelInvoiceAsync(string label, string status, CancellationToken stopping) =>
        Call("delinvoice", new(label, status), NodeRequestJson.Default.DelInvoiceParams, NodeAnswerJson.Default.JsonElement, Local, stopping);

    /// <summary>Finds an invoice by its label; no row if there is none.</summary>
    public ValueTask<RpcAnswer<ListInvoicesAnswer>> ListInvoicesAsync(string label, CancellationToken stopping) =>
        Call("listinvoices", new(null, label), NodeRequestJson.Default.ListInvoicesParams, NodeAnswerJson.Default.ListInvoicesAnswer, Local, stopping);

    /// <summary>Finds an invoice by its payment hash; no row if there is none.</summary>
    public ValueTask<RpcAnswer<ListInvoicesAnswer>> ListInvoicesAsync(PaymentHash hash, CancellationToken stopping) =>
        Call("listinvoices", new(hash.ToString(), null), NodeRequestJson.Default.ListInvoicesParams, NodeAnswerJson.Default.ListInvoicesAnswer, Local, stopping);

    /// <summary>Reads an invoice or an offer, and checks its signature. Error -32602 if it is neither.</summary>
    public ValueTask<RpcAnswer<DecodeAnswer>> DecodeAsync(string text, CancellationToken stopping) =>
        Call("decode", new(text), NodeRequestJson.Default.DecodeParams, NodeAnswerJson.Default.DecodeAnswer, Local, stopping);

    /// <summary>
    /// Asks the issuer of an offer for an invoice. Errors: 1002 (the offer has expired), 1003 (the issuer cannot be reached), 1004 (it refuses), 1005 (it does not
    /// answer), -32602 (an argument does not fit the offer).
    /// </summary>
    public ValueTask<RpcAnswer<FetchInvoiceAnswer>> FetchInvoiceAsync(FetchInvoiceParams offer, CancellationToken stopping) =>
        Call("fetchinvoice", offer, NodeRequestJson.Default.FetchInvoiceParams, NodeAnswerJson.Default.FetchInvoiceAnswer, WithPeer, stopping);

    /// <summary>Lists the directions of a channel that the node knows of; none if it knows none.</summary>
    public ValueTask<RpcAnswer<ListChannelsAnswer>> ListChannelsAsync(Scid channel, CancellationToken stopping) =>
        Call("listchannels", new(channel), NodeRequestJson.Default.ListChannelsParams, NodeAnswerJson.Default.ListChannelsAnswer, Local, stopping);

    /// <summary>Makes an onion; changes nothing in the node.</summary>
    public ValueTask<RpcAnswer<CreateOnionAnswer>> CreateOnionAsync(CreateOnionParams onion, CancellationToken stopping) =>
        Call("createonion", onion, NodeRequestJson.Default.CreateOnionParams, NodeAnswerJson.Default.CreateOnionAnswer, Local, stopping);

    /// <summary>
    /// Sends a part of a payment and waits until it is final, for as long as its HTLC lives. Errors: 200 (another group is pending), 201 (these ids were
    /// used), 218 (it failed), 219 (the hash is paid), -32602 (nothing was sent).
    /// </summary>
    public ValueTask<RpcAnswer<InjectPaymentOnionAnswer>> InjectPaymentOnionAsync(InjectPaymentOnionParams part, CancellationToken stopping) =>
        Call("injectpaymentonion", part, NodeRequestJson.Default.InjectPaymentOnionParams, NodeAnswerJson.Default.InjectPaymentOnionAnswer, Timeout.InfiniteTimeSpan, stopping);

    /// <summary>Lists all parts of a payment hash, whoever sent them. The operator may have had rows deleted.</summary>
    public ValueTask<RpcAnswer<ListSendPaysAnswer>> ListSendPaysAsync(PaymentHash hash, CancellationToken stopping) =>
        Call("listsendpays", new(hash), NodeRequestJson.Default.ListSendPaysParams, NodeAnswerJson.Default.ListSendPaysAnswer, Local, stopping);

    /// <summary>Lists the HTLCs of a channel, also old ones; error -32602 if the node does not know the channel.</summary>
    public ValueTask<RpcAnswer<ListHtlcsAnswer>> ListHtlcsAsync(Scid channel, CancellationToken stopping) =>
        Call("listhtlcs", new(channel.ToString()), NodeRequestJson.Default.ListHtlcsParams, NodeAnswerJson.Default.ListHtlcsAnswer, Local, stopping);

    /// <summary>Reads an index of sendpays, or waits without a limit until it is reached.</summary>
    public ValueTask<RpcAnswer<WaitAnswer>> WaitSendPaysAsync(string index, ulong next, CancellationToken stopping) => Call(
        "wait", new("sendpays", index, next), NodeRequestJson.Default.WaitParams, NodeAnswerJson.Default.WaitAnswer, next == 0 ? Local : Timeout.InfiniteTimeSpan, stopping);

    /// <summary>Searches routes. Errors: 205 (there is none), 206 (too expensive or too long), -32602 (an unknown layer).</summary>
    public ValueTask<RpcAnswer<GetRoutesAnswer>> GetRoutesAsync(GetRoutesParams search, CancellationToken stopping) =>
        Call("getroutes", search, NodeRequestJson.Default.GetRoutesParams, NodeAnswerJson.Default.GetRoutesAnswer, WithPeer, stopping);

    /// <summary>Makes a layer that the node forgets at its end. Error -32602 if there is one of this name.</summary>
    public ValueTask<RpcAnswer<JsonElement>> CreateLayerAsync(string layer, CancellationToken stopping) =>
        Call("askrene-create-layer", new(layer), NodeRequestJson.Default.LayerParams, NodeAnswerJson.Default.JsonElement, Local, stopping);

    /// <summary>Removes a layer. Error -32602 if there is none.</summary>
    public ValueTask<RpcAnswer<JsonElement>> RemoveLayerAsync(string layer, CancellationToken stopping) =>
        Call("askrene-remove-layer", new(layer), NodeRequestJson.Default.LayerParams, NodeAnswerJson.Default.JsonElement, Local, stopping);

    /// <summary>Lists a layer, or all of them. Error -32602 if there is none of this name.</summary>
    public ValueTask<RpcAnswer<ListLayersAnswer>> ListLayersAsync(string? layer, CancellationToken stopping) =>
        Call("askrene-listlayers", new(layer), NodeRequestJson.Default.LayerParams, NodeAnswerJson.Default.ListLayersAnswer, Local, stopping);

    /// <summary>Adds a channel to a layer. Error -32602 if the layer has it already.</summary>
    public ValueTask<RpcAnswer<JsonElement>> CreateChannelAsync(CreateChannelParams channel, CancellationToken stopping) =>
        Call("askrene-create-channel", channel, NodeRequestJson.Default.CreateChannelParams, NodeAnswerJson.Default.JsonElement, Local, stopping);

    /// <summary>Changes what a layer says of a direction of a channel.</summary>
    public ValueTask<RpcAnswer<JsonElement>> UpdateChannelAsync(UpdateChannelParams channel, CancellationToken stopping) =>
        Call("askrene-update-channel", channel, NodeRequestJson.Default.UpdateChannelParams, NodeAnswerJson.Default.JsonElement, Local, stopping);

    /// <summary>Tells a layer what a channel could carry or could not.</summary>
    public ValueTask<RpcAnswer<JsonElement>> InformChannelAsync(InformChannelParams channel, CancellationToken stopping) =>
        Call("askrene-inform-channel", channel, NodeRequestJson.Default.InformChannelParams, NodeAnswerJson.Default.JsonElement, Local, stopping);

    /// <summary>Excludes a node in a layer.</summary>
    public ValueTask<RpcAnswer<JsonElement>> DisableNodeAsync(DisableNodeParams node, CancellationToken stopping) =>
        Call("askrene-disable-node", node, NodeRequestJson.Default.DisableNodeParams, NodeAnswerJson.Default.JsonElement, Local, stopping);

    /// <summary>Calls a command of another plugin, with params as raw JSON.</summary>
    public ValueTask<RpcAnswer<JsonElement>> RawAsync(string method, JsonElement parameters, CancellationToken stopping) =>
        Call(method, parameters, NodeRequestJson.Default.JsonElement, NodeAnswerJson.Default.JsonElement, Local, stopping, meteredAs: RequestOutcomes.Other);

    private ValueTask<RpcAnswer<TResult>> Call<TParams, TResult>(
        string method, TParams parameters, JsonTypeInfo<TParams> parametersType, JsonTypeInfo<TResult> resultType, TimeSpan deadline, CancellationToken stopping, string? meteredAs = null)
    {
        if (meter is null) return rpc.CallAsync(method, parameters, parametersType, resultType, deadline, causedBy: null, stopping);
        long began = meter.Now;
        return meter.MeasureAsync(
            meteredAs ?? method, began, isTimed: deadline != Timeout.InfiniteTimeSpan, rpc.CallAsync(method, parameters, parametersType, resultType, deadline, causedBy: null, stopping));
    }
}

/// <summary>The error codes of lightning-rpc that the plugin acts on (lightningd, common/jsonrpc_errors.h).</summary>
internal static class NodeCodes
{
    /// <summary>The catch-all; most failures of a channel's negotiation have it.</summary>
    public const int NegotiationFailed = -1;
    /// <summary>injectpaymentonion: another group of the same payment hash is pending.</summary>
    public const int PayInProgress = 200;
    /// <summary>injectpaymentonion: the node has a row with these ids, or the hash is paid.</summary>
    public const int HashAlreadyUsed = 201;
    /// <summary>getroutes: there is no route.</summary>
    public const int RouteNotFound = 205;
    /// <summary>getroutes: the routes cost or take too much.</summary>
    public const int RouteTooExpensive = 206;
    /// <summary>injectpaymentonion: the part failed.</summary>
    public const int InjectFailed = 218;
    /// <summary>injectpaymentonion: the hash is paid, by a part with the same partid.</summary>
    public const int InjectAlreadyPaid = 219;
    /// <summary>The wallet has not enough unreserved funds.</summary>
    public const int CannotAfford = 301;
    /// <summary>The node has not caught up with the chain.</summary>
    public const int StillSyncing = 304;
    /// <summary>The peer is not connected.</summary>
    public const int PeerNotConnected = 305;
    /// <summary>The node does not know the peer.</summary>
    public const int UnknownPeer = 306;
    /// <summary>The peer negotiated dual funding (option_dual_fund), so a v1 channel cannot be opened.</summary>
    public const int DualFundingNegotiated = 312;
    /// <summary>The funding would use up the reserve that the node keeps for its anchor channels.</summary>
    public const int EmergencyReserve = 313;
    /// <summary>connect: no address of the peer is known.</summary>
    public const int NoAddress = 400;
    /// <summary>connect: no address could be reached.</summary>
    public const int AllAddressesFailed = 401;
    /// <summary>connect: the connection was lost at once.</summary>
    public const int DisconnectedDuringConnect = 402;
    /// <summary>An invoice has this label already.</summary>
    public const int LabelExists = 900;
    /// <summary>There is no such invoice.</summary>
    public const int InvoiceUnknown = 905;
    /// <summary>deldatastore: there is no such entry.</summary>
    public const int DatastoreMissingOnDelete = 1200;
    /// <summary>datastore, must-create: the entry exists.</summary>
    public const int DatastoreExists = 1202;
    /// <summary>datastore, must-replace: there is no such entry.</summary>
    public const int DatastoreMissing = 1203;
    /// <summary>datastore: another writer changed the entry since it was read.</summary>
    public const int DatastoreWrongGeneration = 1204;
    /// <summary>The parameters are not valid; the command did nothing.</summary>
    public const int InvalidParams = -32602;
    /// <summary>The node has no such command: an older version, or no plugin that provides it.</summary>
    public const int MethodNotFound = -32601;

    /// <summary>The code of sendcustommsg for a peer that is not connected; the node has no specific code for it.</summary>
    public const int PeerUnreachable = -32600;
}
