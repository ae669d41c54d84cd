using System.Text.Json;
using LspsPlugin.Cln.Host;
using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Core.Lsps2;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Runtime;

namespace LspsPlugin.Cln.Provider;

/// <summary>Answers what wallets ask of a provider: the protocols, the menu, a purchase.</summary>
internal sealed class SalesDesk
{
    private const int MostScidProposals = 16;

    private readonly NodeClient _node;
    private readonly Func<ProviderOptions> _options;
    private readonly TimeProvider _time;
    private readonly IEntropy _entropy;
    private readonly HostLog _log;
    private readonly StrangersLog _strangers;
    private readonly CancellationToken _stopping;
    private readonly PriceBook _prices;
    private readonly PolicyDesk _policy;
    private readonly IncomingLiquidity _liquidity;
    private readonly TrustDesk _trust;
    private Shop? _open;

    public SalesDesk(
        NodeClient node, Func<ProviderOptions> options, TimeProvider time, IEntropy entropy, HostLog log, StrangersLog strangers, CancellationToken stopping)
    {
        (_node, _options, _time, _entropy, _log, _strangers, _stopping) = (node, options, time, entropy, log, strangers, stopping);
        _prices = new PriceBook(options, log);
        _policy = new PolicyDesk(node, _prices.Current, time, strangers);
        _liquidity = new IncomingLiquidity(node, time);
        _trust = new TrustDesk(node, () => options().TrustModel);
    }

    /// <summary>Sells from now on. Before the records are read nobody knows what was promised already.</summary>
    public void Open(SessionRegistry registry, byte[] promiseKey, Func<BlockHeight> height, Func<SessionLimits> limits)
    {
        _open = new Shop(registry, promiseKey, height, limits);
        LookAtPrices();
    }

    /// <summary>An operator hears of prices that cannot be read when they were written, not when the next wallet asks.</summary>
    public void LookAtPrices() => _ = _prices.Current();

    public async ValueTask<byte[]> AnswerAsync(NodeId peer, Lsps0Request request)
    {
        JsonElement parameters = request.Params ?? default;
        bool absent = parameters.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null;
        LspsError? error;
        switch (request.Method)
        {
            case "lsps0.list_protocols" or "lsps2.get_info" or "lsps2.buy" when !absent && parameters.ValueKind != JsonValueKind.Object:
                error = LspsError.BadParams("params must be an object");
                break;
            case "lsps0.list_protocols":
                var unknown = absent ? [] : new ParamsReader(parameters).Unrecognized();
                if (!unknown.IsEmpty) return Lsps0Writer.Error(request.Id, LspsError.NotRecognized(unknown));
                return Lsps0Writer.Result(request.Id, static json =>
                {
                    json.WriteStartArray("protocols"u8);
                    json.WriteNumberValue(2);
                    json.WriteEndArray();
                });
            case "lsps2.get_info":
                error = null;
                GetInfoRequest? getInfo = absent ? new GetInfoRequest(Token: null) : GetInfoRequest.Read(parameters, out error);
                if (getInfo is not null) return await MenuAsync(peer, request, getInfo);
                break;
            case "lsps2.buy":
                if (absent)
                {
                    error = LspsError.BadParams("opening_fee_params is missing");
                    break;
                }

                BuyRequest? buy = BuyRequest.Read(parameters, out error);
                if (buy is not null) return await BuyAsync(peer, request, buy);
                break;
            default:
                error = LspsError.Of(LspsError.UnknownMethod, "method not found");
                break;
        }

        return Lsps0Writer.Error(request.Id, error!);
    }

    private async ValueTask<byte[]> MenuAsync(NodeId peer, Lsps0Request request, GetInfoRequest getInfo)
    {
        if (_open is not { Registry: var registry } open) return NotReady(request);
        if (registry.Gate.Rejects(peer)) return Rejected(request);
        var (menu, error) = await _policy.MenuAsync(getInfo.Token, _stopping);
        if (menu is null) return Lsps0Writer.Error(request.Id, error!);
        return Lsps0Writer.Result(request.Id, json =>
        {
            json.WriteStartArray("opening_fee_params_menu"u8);
            foreach (OpeningFeeParams entry in menu)
            {
                json.WriteStartObject();
                OpeningFeeParamsJson.Write(json, entry with { Promise = Promise.Make(open.PromiseKey, entry, peer, getInfo.Token) });
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    private async ValueTask<byte[]> BuyAsync(NodeId peer, Lsps0Request request, BuyRequest buy)
    {
        if (_open is not { Registry: var registry } open) return NotReady(request);
        if (registry.Gate.Rejects(peer)) return Rejected(request);
        if (buy.Refuse(open.PromiseKey, peer, _time.GetUtcNow()) is { } refused) return Lsps0Writer.Error(request.Id, refused);
        if (!MayHoldAnother(registry, peer)) return TooManyOffers(request);
        if (buy.PaymentSize is { } wanted && await _liquidity.FallsShortOfAsync(wanted, _stopping) is { } reachable)
        {
            // R52-36; and an operator who has no channels yet wonders why nobody buys.
            _strangers.Unusual("liquidity", default, $"provider: a payment of {wanted} is not sold to {peer}: {reachable} can reach us over our public channels now");
            return TooLarge(request);
        }

        var (capacity, error) = await _policy.CapacityAsync(buy, _stopping);
        if (capacity is not { } granted) return Lsps0Writer.Error(request.Id, error!);
        for (int i = 0; i < MostScidProposals; i++)
        {
            Scid scid = JitScids.Propose(open.Height(), _entropy);
            if (registry.Offers.Has(scid)) continue;
            var known = await _node.ListPeerChannelsAsync(scid, _stopping);
            if (!known.IsOk) break;
            if (known.Value.Channels.Length > 0) continue;

            // Both after all that takes time, as other purchases may have come this far meanwhile; from here on the offer counts.
            (bool clientTrusts, error) = await _trust.DecideAsync(registry, peer, _stopping);
            if (error is not null) return Lsps0Writer.Error(request.Id, error);
            if (!MayHoldAnother(registry, peer)) return TooManyOffers(request);
            BlockCount delta = open.Limits().CltvDelta;
            var offer = new Offer(scid, peer, buy.FeeParams, buy.PaymentSize, granted, clientTrusts, _time.GetUtcNow(), HasZeroReserve(open, buy), delta);
            if (await registry.AddOfferAsync(offer) is { } problem)
            {
                _strangers.Unusual("offer", peer, $"provider: an offer to {peer} was not made: {problem}");
                break;
            }

            _log.Info($"provider: sold {scid} to {peer}, {(buy.PaymentSize is { } size ? $"for a payment of {size}" : "for any amount")}, valid until {LspsTime.Write(offer.ValidUntil)}");
            var result = new BuyResult(scid, delta, offer.ClientTrustsLsp);
            return Lsps0Writer.Result(request.Id, result.Write);
        }

        return Lsps0Writer.Error(request.Id, LspsError.Of(LspsError.Internal, "Internal error"));
    }

    private bool MayHoldAnother(SessionRegistry registry, NodeId peer) =>
        registry.Offers.UnpaidOf(peer) < ClientQuotas.OffersAllowed(_options().MaxOffersPerClient, registry.Offers.Count, _options().Bounds.MaxOffers);

    private bool HasZeroReserve(Shop open, BuyRequest buy) => _prices.Current().ZeroReserveTokens.Any(token => Promise.IsFor(open.PromiseKey, buy.FeeParams, token));

    private static byte[] Rejected(Lsps0Request request) => Lsps0Writer.Error(request.Id, LspsError.Of(LspsError.ClientRejected, "client rejected"));

    private static byte[] TooManyOffers(Lsps0Request request) => Lsps0Writer.Error(request.Id, LspsError.Of(LspsError.ClientRejected, "too many unpaid offers"));

    private static byte[] TooLarge(Lsps0Request request) =>
        Lsps0Writer.Error(request.Id, LspsError.Of(LspsError.PaymentSizeTooLarge, "payment_size_msat is above what can reach us now"));

    private static byte[] NotReady(Lsps0Request request) => Lsps0Writer.Error(request.Id, LspsError.Of(LspsError.Internal, "starting, try again"));

    /// <param name="PromiseKey">Of the promises in our offers.</param>
    /// <param name="Limits">Of the sessions; the promised cltv_expiry_delta among them.</param>
    private sealed record Shop(SessionRegistry Registry, byte[] PromiseKey, Func<BlockHeight> Height, Func<SessionLimits> Limits);
}
