using System.Text.Json;
using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Options;
using LspsPlugin.Cln.Peers;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Core.Lsps2;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Cln.Provider.Selling;

/// <summary>Answers wallets' requests: the protocols, the menu, a purchase.</summary>
internal sealed class Lsps2Service
{
    private const int MostScidProposals = 16;

    private readonly NodeClient _node;
    private readonly Func<ProviderOptions> _options;
    private readonly TimeProvider _time;
    private readonly IEntropy _entropy;
    private readonly HostLog _log;
    private readonly PeerLog _peerLog;
    private readonly CancellationToken _stopping;
    private readonly PriceSource _prices;
    private readonly PolicyPluginClient _policy;
    private readonly IncomingLiquidity _liquidity;
    private readonly TrustPolicy _trust;
    private readonly StartupQueue<Shop> _shop;

    public Lsps2Service(
        NodeClient node, Func<ProviderOptions> options, TimeProvider time, IEntropy entropy, HostLog log, PeerLog peerLog, IFileReader files, CancellationToken stopping)
    {
        (_node, _options, _time, _entropy, _log, _peerLog, _stopping) = (node, options, time, entropy, log, peerLog, stopping);
        _prices = new PriceSource(options, files, time, log);
        _policy = new PolicyPluginClient(node, _prices.Current, time, peerLog);
        _liquidity = new IncomingLiquidity(node, time);
        _trust = new TrustPolicy(node, () => options().TrustModel);
        _shop = new StartupQueue<Shop>(time);
    }

    /// <summary>Starts selling. Until the records are read, existing promises are unknown.</summary>
    public void Open(SessionRegistry registry, byte[] promiseKey, Func<BlockHeight> height, Func<SessionLimits> limits)
    {
        _shop.Open(new Shop(registry, promiseKey, height, limits));
        LookAtPrices();
    }

    /// <summary>Drops waiting requests of a peer that has disconnected.</summary>
    public void OnDisconnect(NodeId peer) => _shop.Forget(peer);

    /// <summary>
    /// Returns the channel size for an offer whose payment has arrived; null with the reason if no channel is to be opened.
    /// </summary>
    public ValueTask<(Sat? Capacity, string? Problem)> SizeAsync(Offer offer, Msat payment) => _policy.SizeAsync(offer, payment, _stopping);

    /// <summary>Logs whether a policy plugin exists and works.</summary>
    public ValueTask LookAtPolicyAsync() => _policy.LookAsync(_log, _stopping);

    /// <summary>
    /// Checks the price file, so that the operator learns of errors when the file is written and not at the first request.
    /// </summary>
    public void LookAtPrices() => _prices.Look();

    /// <summary>Returns the body that answers a request; logs the reason for a refusal at debug.</summary>
    public async ValueTask<byte[]> AnswerAsync(NodeId peer, Lsps0Request request)
    {
        Reply reply = await ReplyAsync(peer, request);
        if (reply.Error is { } error)
        {
            _peerLog.Debug(
                $"refused {error.Code}", peer, $"provider: {LspsError.Sanitize(request.Method)} of {peer} is refused: {error.Code}, {error.Message}{(reply.Reason is null ? "" : $" ({reply.Reason})")}");
        }

        return reply.To(request);
    }

    private async ValueTask<Reply> ReplyAsync(NodeId peer, Lsps0Request request)
    {
        JsonElement parameters = request.Params ?? default;
        bool absent = parameters.ValueKind == JsonValueKind.Undefined;
        LspsError? error;
        switch (request.Method)
        {
            case "lsps0.list_protocols" or "lsps2.get_info" or "lsps2.buy" when !absent && parameters.ValueKind != JsonValueKind.Object:
                return LspsError.BadParams("params must be an object");
            case "lsps0.list_protocols":
                var unknown = absent ? [] : new ParamsReader(parameters).Unrecognized();
                return unknown.IsEmpty ? new Reply(WriteProtocols, null) : LspsError.NotRecognized(unknown);
            case "lsps2.get_info":
                error = null;
                GetInfoRequest? getInfo = absent ? new GetInfoRequest(Token: null) : GetInfoRequest.Read(parameters, out error);
                return getInfo is null ? error! : await InShopAsync(peer, shop => MenuAsync(shop, peer, getInfo));
            case "lsps2.buy" when absent:
                return LspsError.BadParams("opening_fee_params is missing");
            case "lsps2.buy":
                BuyRequest? buy = BuyRequest.Read(parameters, out error);
                return buy is null ? error! : await InShopAsync(peer, shop => BuyAsync(shop, peer, buy));
            default:
                return LspsError.Of(LspsError.UnknownMethod, "method not found");
        }
    }

    /// <summary>Runs a request that needs the shop: only once we are ready, and only for clients that are served.</summary>
    private async ValueTask<Reply> InShopAsync(NodeId peer, Func<Shop, ValueTask<Reply>> serve)
    {
        if (await _shop.WaitAsync(peer) is not { } shop) return Reply.Refused(LspsError.Internal, "starting, try again");
        AdmissionControl gate = shop.Registry.Admission;
        return gate.Rejects(peer) ? Reply.Refused(LspsError.ClientRejected, "client rejected", gate.Serves(peer) ? "too many failed openings" : "`lsps2-deny-clients` or `lsps2-allow-clients`") : await serve(shop);
    }

    private async ValueTask<Reply> MenuAsync(Shop shop, NodeId peer, GetInfoRequest getInfo)
    {
        await _prices.RefreshAsync();
        var (menu, error) = await _policy.MenuAsync(getInfo.Token, _stopping);
        if (menu is null) return error!;
        return new Reply(
            json =>
            {
                json.WriteStartArray("opening_fee_params_menu"u8);
                foreach (OpeningFeeParams entry in menu)
                {
                    json.WriteStartObject();
                    OpeningFeeParamsJson.Write(json, entry with { Promise = Promise.Make(shop.PromiseKey, entry, peer, getInfo.Token) });
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            },
            Error: null);
    }

    private async ValueTask<Reply> BuyAsync(Shop shop, NodeId peer, BuyRequest buy)
    {
        SessionRegistry registry = shop.Registry;
        if (buy.GetRejection(shop.PromiseKey, peer, _time.GetUtcNow()) is { } refused) return refused;
        if (!MayHoldAnother(registry, peer)) return TooManyOffers();
        if (buy.PaymentSize is { } wanted && await _liquidity.FallsShortOfAsync(wanted, _stopping) is { } reachable)
        {
            // R52-36. The log line also tells an operator without channels why there are no sales.
            _peerLog.Unusual("liquidity", default, $"provider: a payment of {wanted} is not sold to {peer}: our public channels can receive {reachable} now");
            return LspsError.Of(LspsError.PaymentSizeTooLarge, "payment_size_msat is above what this node can receive now");
        }

        (Scid? free, string? problem) = await FreeScidAsync(shop);
        if (free is not { } scid) return Failed(problem!);
        var (size, error) = await _policy.SizeAsync(buy, scid, _stopping);
        if (size is not { } granted) return error!;

        // Both checks after everything that takes time: other purchases may have completed meanwhile. From here on the offer counts.
        (bool clientTrusts, error) = await _trust.DecideAsync(registry, peer, _stopping);
        if (error is not null) return error;
        if (!MayHoldAnother(registry, peer)) return TooManyOffers();
        BlockCount delta = shop.Limits().CltvDelta;
        var offer = new Offer(scid, peer, buy.FeeParams, buy.PaymentSize, granted.Capacity, clientTrusts, _time.GetUtcNow(), HasZeroReserve(shop, buy), delta)
        {
            IsSizedByPayment = granted.IsSizedByPayment,
        };
        problem = await registry.AddOfferAsync(offer);
        if (problem is not null)
        {
            _peerLog.Unusual("offer", peer, $"provider: an offer to {peer} was not made: {problem}");
            return Failed(problem);
        }

        _log.Info($"provider: sold {scid} to {peer}, {(buy.PaymentSize is { } payment ? $"for a payment of {payment}" : "for any amount")}, valid until {LspsTime.Write(offer.ValidUntil)}");
        return new Reply(new BuyResult(scid, delta, offer.ClientTrustsLsp).Write, null);
    }

    /// <summary>Returns a scid that no offer and no channel uses, or why there is none.</summary>
    private async ValueTask<(Scid? Scid, string? Problem)> FreeScidAsync(Shop shop)
    {
        for (int i = 0; i < MostScidProposals; i++)
        {
            Scid scid = JitScids.Propose(shop.Height(), _entropy);
            if (shop.Registry.Offers.Has(scid)) continue;
            var known = await _node.ListPeerChannelsAsync(scid, _stopping);
            if (!known.IsOk) return (null, $"listpeerchannels: {known.Error}");
            if (known.Value.Channels.Length == 0) return (scid, null);
        }

        return (null, "no short channel id is free");
    }

    private static void WriteProtocols(Utf8JsonWriter json)
    {
        json.WriteStartArray("protocols"u8);
        json.WriteNumberValue(2);
        json.WriteEndArray();
    }

    private bool MayHoldAnother(SessionRegistry registry, NodeId peer) =>
        registry.Offers.UnpaidOf(peer) < ClientQuotas.OffersAllowed(_options().MaxOffersPerClient, registry.Offers.Count, _options().Bounds.MaxOffers);

    private bool HasZeroReserve(Shop shop, BuyRequest buy) => _prices.Current().ZeroReserveTokens.Any(token => Promise.IsFor(shop.PromiseKey, buy.FeeParams, token));

    private static Reply TooManyOffers() => LspsError.Of(LspsError.ClientRejected, "too many unpaid offers");

    private static Reply Failed(string reason) => Reply.Refused(LspsError.Internal, "Internal error", reason);

    /// <param name="PromiseKey">The key for the promises in our offers.</param>
    /// <param name="Limits">The limits of the sessions, including the promised cltv_expiry_delta.</param>
    private sealed record Shop(SessionRegistry Registry, byte[] PromiseKey, Func<BlockHeight> Height, Func<SessionLimits> Limits);
}
