using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Node;

/// <summary>Typed calls of the node's commands. No retries and no decisions; the outcome of a call is returned as a value.</summary>
public sealed class NodeClient(JsonRpcClient rpc)
{
    /// <summary>Timeout for calls that only read or write the node's own database.</summary>
    private static readonly TimeSpan Local = TimeSpan.FromSeconds(30);

    /// <summary>Timeout for calls that wait for a peer; the node gives up on most of them within a minute.</summary>
    private static readonly TimeSpan WithPeer = TimeSpan.FromSeconds(60);

    public ValueTask<RpcAnswer<GetInfoAnswer>> GetInfoAsync(CancellationToken stopping) =>
        Call("getinfo", new NoParams(), NodeJson.Default.NoParams, NodeJson.Default.GetInfoAnswer, Local, stopping);

    public ValueTask<RpcAnswer<ListConfigsAnswer>> ListConfigsAsync(string config, CancellationToken stopping) =>
        Call("listconfigs", new(config), NodeJson.Default.ListConfigsParams, NodeJson.Default.ListConfigsAnswer, Local, stopping);

    public ValueTask<RpcAnswer<ConnectAnswer>> ConnectAsync(NodeId peer, CancellationToken stopping) =>
        Call("connect", new(peer.ToString()), NodeJson.Default.PeerParams, NodeJson.Default.ConnectAnswer, WithPeer, stopping);

    /// <param name="address">HOST:PORT.</param>
    public ValueTask<RpcAnswer<ConnectAnswer>> ConnectAsync(NodeId peer, string address, CancellationToken stopping) =>
        Call("connect", new($"{peer}@{address}"), NodeJson.Default.PeerParams, NodeJson.Default.ConnectAnswer, WithPeer, stopping);

    /// <param name="body">The body without the message type; at most 65,533 bytes, because the host dies on a longer one.</param>
    public ValueTask<RpcAnswer<JsonElement>> SendCustomMsgAsync(NodeId peer, ReadOnlySpan<byte> body, CancellationToken stopping)
    {
        if (body.IsEmpty || body.Length > Core.Lsps0.Lsps0Message.MaxBodyBytes)
        {
            return new(new RpcError(RpcFailure.NotSent, 0, $"a message of {body.Length} bytes cannot be sent"));
        }

        var message = new SendCustomMsgParams(peer.ToString(), $"{Core.Lsps0.Lsps0Message.MessageType:x4}{Convert.ToHexStringLower(body)}");
        return Call("sendcustommsg", message, NodeJson.Default.SendCustomMsgParams, NodeJson.Default.JsonElement, Local, stopping);
    }

    public ValueTask<RpcAnswer<FundChannelStartAnswer>> FundChannelStartAsync(FundChannelStartParams start, CancellationToken stopping) =>
        Call("fundchannel_start", start, NodeJson.Default.FundChannelStartParams, NodeJson.Default.FundChannelStartAnswer, WithPeer, stopping);

    public ValueTask<RpcAnswer<JsonElement>> FundChannelCancelAsync(NodeId peer, CancellationToken stopping) =>
        Call("fundchannel_cancel", new(peer.ToString()), NodeJson.Default.PeerParams, NodeJson.Default.JsonElement, WithPeer, stopping);

    public ValueTask<RpcAnswer<FundChannelCompleteAnswer>> FundChannelCompleteAsync(NodeId peer, string psbt, CancellationToken stopping) =>
        Call("fundchannel_complete", new(peer.ToString(), psbt, Withhold: true), NodeJson.Default.FundChannelCompleteParams, NodeJson.Default.FundChannelCompleteAnswer, WithPeer, stopping);

    public ValueTask<RpcAnswer<FundPsbtAnswer>> FundPsbtAsync(FundPsbtParams fund, CancellationToken stopping) =>
        Call("fundpsbt", fund, NodeJson.Default.FundPsbtParams, NodeJson.Default.FundPsbtAnswer, Local, stopping);

    public ValueTask<RpcAnswer<PsbtAnswer>> AddPsbtOutputAsync(AddPsbtOutputParams output, CancellationToken stopping) =>
        Call("addpsbtoutput", output, NodeJson.Default.AddPsbtOutputParams, NodeJson.Default.PsbtAnswer, Local, stopping);

    public ValueTask<RpcAnswer<ReservationsAnswer>> ReserveInputsAsync(string psbt, bool exclusive, BlockCount blocks, CancellationToken stopping) =>
        Call("reserveinputs", new(psbt, exclusive, blocks.Value), NodeJson.Default.ReserveInputsParams, NodeJson.Default.ReservationsAnswer, Local, stopping);

    public ValueTask<RpcAnswer<ReservationsAnswer>> UnreserveInputsAsync(string psbt, BlockCount blocks, CancellationToken stopping) =>
        Call("unreserveinputs", new(psbt, blocks.Value), NodeJson.Default.UnreserveInputsParams, NodeJson.Default.ReservationsAnswer, Local, stopping);

    public ValueTask<RpcAnswer<SignPsbtAnswer>> SignPsbtAsync(string psbt, CancellationToken stopping) =>
        Call("signpsbt", new(psbt), NodeJson.Default.SignPsbtParams, NodeJson.Default.SignPsbtAnswer, Local, stopping);

    public ValueTask<RpcAnswer<SendPsbtAnswer>> SendPsbtAsync(string signedPsbt, CancellationToken stopping) =>
        Call("sendpsbt", new(signedPsbt), NodeJson.Default.SendPsbtParams, NodeJson.Default.SendPsbtAnswer, WithPeer, stopping);

    public ValueTask<RpcAnswer<PsbtAnswer>> SetPsbtVersionAsync(string psbt, uint version, CancellationToken stopping) =>
        Call("setpsbtversion", new(psbt, version), NodeJson.Default.SetPsbtVersionParams, NodeJson.Default.PsbtAnswer, Local, stopping);

    /// <summary>Asks what the chain backend knows about an output. The plugin that serves as the node's backend answers.</summary>
    public ValueTask<RpcAnswer<GetUtxOutAnswer>> GetUtxOutAsync(Outpoint output, CancellationToken stopping) =>
        Call("getutxout", new(output.TxId, output.Index), NodeJson.Default.GetUtxOutParams, NodeJson.Default.GetUtxOutAnswer, WithPeer, stopping);

    public ValueTask<RpcAnswer<JsonElement>> SetChannelAsync(SetChannelParams channel, CancellationToken stopping) =>
        Call("setchannel", channel, NodeJson.Default.SetChannelParams, NodeJson.Default.JsonElement, Local, stopping);

    /// <param name="unilateralAfter">Whole seconds. A withheld channel is simply deleted after that time.</param>
    public ValueTask<RpcAnswer<JsonElement>> CloseAsync(ChannelId channel, TimeSpan unilateralAfter, CancellationToken stopping) =>
        Call("close", new(channel.ToString(), (uint)unilateralAfter.TotalSeconds), NodeJson.Default.CloseParams, NodeJson.Default.JsonElement, WithPeer, stopping);

    public ValueTask<RpcAnswer<ListPeerChannelsAnswer>> ListPeerChannelsAsync(CancellationToken stopping) =>
        Call("listpeerchannels", new(null, null, null), NodeJson.Default.ListPeerChannelsParams, NodeJson.Default.ListPeerChannelsAnswer, Local, stopping);

    public ValueTask<RpcAnswer<ListPeerChannelsAnswer>> ListPeerChannelsAsync(NodeId peer, CancellationToken stopping) =>
        Call("listpeerchannels", new(peer.ToString(), null, null), NodeJson.Default.ListPeerChannelsParams, NodeJson.Default.ListPeerChannelsAnswer, Local, stopping);

    public ValueTask<RpcAnswer<ListPeerChannelsAnswer>> ListPeerChannelsAsync(ChannelId channel, CancellationToken stopping) =>
        Call("listpeerchannels", new(null, channel.ToString(), null), NodeJson.Default.ListPeerChannelsParams, NodeJson.Default.ListPeerChannelsAnswer, Local, stopping);

    public ValueTask<RpcAnswer<ListPeerChannelsAnswer>> ListPeerChannelsAsync(Scid scid, CancellationToken stopping) =>
        Call("listpeerchannels", new(null, null, scid.ToString()), NodeJson.Default.ListPeerChannelsParams, NodeJson.Default.ListPeerChannelsAnswer, Local, stopping);

    public ValueTask<RpcAnswer<ListForwardsAnswer>> ListForwardsAsync(Scid outChannel, CancellationToken stopping) =>
        Call("listforwards", new(outChannel.ToString()), NodeJson.Default.ListForwardsParams, NodeJson.Default.ListForwardsAnswer, Local, stopping);

    public ValueTask<RpcAnswer<ListFundsAnswer>> ListFundsAsync(CancellationToken stopping) =>
        Call("listfunds", new NoParams(), NodeJson.Default.NoParams, NodeJson.Default.ListFundsAnswer, Local, stopping);

    public ValueTask<RpcAnswer<FeeratesAnswer>> FeeratesAsync(CancellationToken stopping) =>
        Call("feerates", new("perkw"), NodeJson.Default.FeeratesParams, NodeJson.Default.FeeratesAnswer, Local, stopping);

    public ValueTask<RpcAnswer<DatastoreAnswer>> DatastoreAsync(DatastoreParams entry, CancellationToken stopping) =>
        Call("datastore", entry, NodeJson.Default.DatastoreParams, NodeJson.Default.DatastoreAnswer, Local, stopping);

    public ValueTask<RpcAnswer<ListDatastoreAnswer>> ListDatastoreAsync(string[] key, CancellationToken stopping) =>
        Call("listdatastore", new(key), NodeJson.Default.DatastoreKeyParams, NodeJson.Default.ListDatastoreAnswer, Local, stopping);

    public ValueTask<RpcAnswer<DatastoreAnswer>> DelDatastoreAsync(string[] key, CancellationToken stopping) =>
        Call("deldatastore", new(key), NodeJson.Default.DatastoreKeyParams, NodeJson.Default.DatastoreAnswer, Local, stopping);

    public ValueTask<RpcAnswer<MakeSecretAnswer>> MakeSecretAsync(string purpose, CancellationToken stopping) =>
        Call("makesecret", new(purpose), NodeJson.Default.MakeSecretParams, NodeJson.Default.MakeSecretAnswer, Local, stopping);

    public ValueTask<RpcAnswer<CreateInvoiceAnswer>> CreateInvoiceAsync(CreateInvoiceParams invoice, CancellationToken stopping) =>
        Call("createinvoice", invoice, NodeJson.Default.CreateInvoiceParams, NodeJson.Default.CreateInvoiceAnswer, Local, stopping);

    public ValueTask<RpcAnswer<InvoiceAnswer>> InvoiceAsync(InvoiceParams invoice, CancellationToken stopping) =>
        Call("invoice", invoice, NodeJson.Default.InvoiceParams, NodeJson.Default.InvoiceAnswer, Local, stopping);

    /// <summary>Signs an invoice without storing it in the node.</summary>
    public ValueTask<RpcAnswer<SignInvoiceAnswer>> SignInvoiceAsync(string invoice, CancellationToken stopping) =>
        Call("signinvoice", new(invoice), NodeJson.Default.SignInvoiceParams, NodeJson.Default.SignInvoiceAnswer, Local, stopping);

    /// <param name="status">The status that the invoice must have; otherwise the node refuses to delete it.</param>
    public ValueTask<RpcAnswer<JsonElement>> DelInvoiceAsync(string label, string status, CancellationToken stopping) =>
        Call("delinvoice", new(label, status), NodeJson.Default.DelInvoiceParams, NodeJson.Default.JsonElement, Local, stopping);

    public ValueTask<RpcAnswer<ListInvoicesAnswer>> ListInvoicesAsync(string label, CancellationToken stopping) =>
        Call("listinvoices", new(null, label), NodeJson.Default.ListInvoicesParams, NodeJson.Default.ListInvoicesAnswer, Local, stopping);

    public ValueTask<RpcAnswer<ListInvoicesAnswer>> ListInvoicesAsync(PaymentHash hash, CancellationToken stopping) =>
        Call("listinvoices", new(hash.ToString(), null), NodeJson.Default.ListInvoicesParams, NodeJson.Default.ListInvoicesAnswer, Local, stopping);

    /// <summary>Calls a command of another plugin, with params as raw JSON.</summary>
    public ValueTask<RpcAnswer<JsonElement>> RawAsync(string method, JsonElement parameters, CancellationToken stopping) =>
        Call(method, parameters, NodeJson.Default.JsonElement, NodeJson.Default.JsonElement, Local, stopping);

    private ValueTask<RpcAnswer<TResult>> Call<TParams, TResult>(
        string method, TParams parameters, JsonTypeInfo<TParams> parametersType, JsonTypeInfo<TResult> resultType, TimeSpan deadline, CancellationToken stopping) =>
        rpc.CallAsync(method, parameters, parametersType, resultType, deadline, causedBy: null, stopping);
}

/// <summary>The error codes that the plugin acts on.</summary>
internal static class NodeCodes
{
    public const int NegotiationFailed = -1;
    public const int CannotAfford = 301;
    public const int StillSyncing = 304;
    public const int PeerNotConnected = 305;
    public const int UnknownPeer = 306;
    public const int DualFundingNegotiated = 312;
    public const int EmergencyReserve = 313;
    public const int NoAddress = 400;
    public const int AllAddressesFailed = 401;
    public const int DisconnectedDuringConnect = 402;
    public const int LabelExists = 900;
    public const int InvoiceUnknown = 905;
    public const int DatastoreMissingOnDelete = 1200;
    public const int DatastoreExists = 1202;
    public const int DatastoreMissing = 1203;
    public const int DatastoreWrongGeneration = 1204;
    public const int MethodNotFound = -32601;

    /// <summary>The code of sendcustommsg for a peer that is not connected; the node has no specific code for it.</summary>
    public const int PeerUnreachable = -32600;
}
