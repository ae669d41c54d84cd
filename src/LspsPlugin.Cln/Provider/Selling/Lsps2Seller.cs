using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Options;
using LspsPlugin.Cln.Peers;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Cln.Provider.Records;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Core.Lsps2;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Cln.Provider.Selling;

/// <summary>Sells JIT channels (LSPS2): makes the menu with its promises, and checks and records purchases.</summary>
/// <param name="registry">The offers and sessions.</param>
/// <param name="promiseKey">The key for the promises in our offers.</param>
/// <param name="node">The node's commands.</param>
/// <param name="options">The operator's options.</param>
/// <param name="prices">The built-in prices.</param>
/// <param name="policy">The policy plugin, if the node has one.</param>
/// <param name="pause">Whether the operator has paused the sale.</param>
/// <param name="numbers">The numbers of sales.</param>
/// <param name="height">Returns the last known block height.</param>
/// <param name="limits">The limits of the sessions, including the promised cltv_expiry_delta.</param>
/// <param name="time">The clock.</param>
/// <param name="entropy">The source of randomness.</param>
/// <param name="log">The host's log.</param>
/// <param name="peerLog">Rate-limits log lines that peers can trigger.</param>
/// <param name="stopping">Cancels the work.</param>
internal sealed class Lsps2Seller(
    SessionRegistry registry,
    byte[] promiseKey,
    NodeClient node,
    Func<ProviderOptions> options,
    PriceSource prices,
    PolicyPluginClient policy,
    SalePause pause,
    SaleNumbers numbers,
    Func<BlockHeight> height,
    Func<SessionLimits> limits,
    TimeProvider time,
    IEntropy entropy,
    HostLog log,
    PeerLog peerLog,
    CancellationToken stopping)
{
    private const int MostScidProposals = 16;

    private readonly IncomingLiquidity _liquidity = new(node, time);
    private readonly TrustPolicy _trust = new(node, () => options().TrustModel);

    /// <summary>Returns why a client is not served; null if it is (R50-59).</summary>
    public Reply? GetRejection(NodeId client)
    {
        AdmissionControl admission = registry.Admission;
        if (!admission.Rejects(client)) return null;
        return Reply.Refused(LspsError.ClientRejected, "client rejected", admission.Serves(client) ? "too many failed openings" : "`lsps2-deny-clients` or `lsps2-allow-clients`");
    }

    /// <summary>Answers lsps2.get_info. While the sale is paused the menu is empty (R52-08).</summary>
    public async ValueTask<Reply> MenuAsync(NodeId peer, GetInfoRequest getInfo)
    {
        if (pause.Current is not null) return Menu(peer, getInfo, []);
        await prices.RefreshAsync();
        var (menu, error) = await policy.MenuAsync(getInfo.Token, stopping);
        return menu is null ? error! : Menu(peer, getInfo, menu);
    }

    /// <summary>Answers lsps2.buy.</summary>
    public async ValueTask<Reply> BuyAsync(NodeId peer, BuyRequest buy)
    {
        if (pause.Current is not null) return Reply.Refused(LspsError.TooManyRequests, "no channels are sold now, try again later", "the sale is paused");
        if (buy.GetRejection(promiseKey, peer, time.GetUtcNow()) is { } refused) return refused;
        if (!MayHoldAnother(peer)) return TooManyOffers();
        if (buy.PaymentSize is { } wanted && await _liquidity.FallsShortOfAsync(wanted, stopping) is { } reachable)
        {
            // R52-36. The log line also tells an operator without channels why there are no sales.
            peerLog.Unusual("liquidity", default, $"provider: a payment of {wanted} is not sold to {peer}: our public channels can receive {reachable} now");
            return LspsError.Of(Lsps2Error.PaymentSizeTooLarge, "payment_size_msat is above what this node can receive now");
        }

        (Scid? free, string? problem) = await FreeScidAsync();
        if (free is not { } scid) return Failed(problem!);
        var (size, error) = await policy.SizeAsync(buy, scid, stopping);
        if (size is not { } granted) return error!;

        if (await numbers.NextAsync(stopping) is not { } number) return Failed("the number of the sale could not be saved");

        // Both checks after everything that takes time: other purchases may have completed meanwhile. From here on the offer counts.
        (bool clientTrusts, error) = await _trust.DecideAsync(registry, peer, stopping);
        if (error is not null) return error;
        if (!MayHoldAnother(peer)) return TooManyOffers();
        BlockCount delta = limits().CltvDelta;
        var offer = new Offer(scid, peer, buy.FeeParams, buy.PaymentSize, granted.Capacity, clientTrusts, time.GetUtcNow(), HasZeroReserve(buy), delta)
        {
            IsSizedByPayment = granted.IsSizedByPayment,
            CreatedIndex = number,
            Token = TokenOf(buy),
        };
        problem = await registry.AddOfferAsync(offer);
        if (problem is not null)
        {
            peerLog.Unusual("offer", peer, $"provider: an offer to {peer} was not made: {problem}");
            return Failed(problem);
        }

        log.Info($"provider: sold {scid} to {peer}, {(buy.PaymentSize is { } payment ? $"for a payment of {payment}" : "for any amount")}, valid until {LspsTime.Write(offer.ValidUntil)}");
        return new Reply(new BuyResult(scid, delta, offer.ClientTrustsLsp).Write, null);
    }

    private Reply Menu(NodeId peer, GetInfoRequest getInfo, IReadOnlyList<OpeningFeeParams> menu) => new(
        json =>
        {
            json.WriteStartArray("opening_fee_params_menu"u8);
            foreach (OpeningFeeParams entry in menu)
            {
                json.WriteStartObject();
                OpeningFeeParamsJson.Write(json, entry with { Promise = Promise.Make(promiseKey, entry, peer, getInfo.Token) });
                json.WriteEndObject();
            }

            json.WriteEndArray();
        },
        Error: null);

    /// <summary>Returns a scid that no offer and no channel uses, or why there is none.</summary>
    private async ValueTask<(Scid? Scid, string? Problem)> FreeScidAsync()
    {
        for (int i = 0; i < MostScidProposals; i++)
        {
            Scid scid = JitScids.Propose(height(), entropy);
            if (registry.Offers.Has(scid)) continue;
            var known = await node.ListPeerChannelsAsync(scid, stopping);
            if (!known.IsOk) return (null, $"listpeerchannels: {known.Error}");
            if (known.Value.Channels.Length == 0) return (scid, null);
        }

        return (null, "no short channel id is free");
    }

    /// <summary>
    /// Returns how many offers one client may hold while <paramref name="live"/> of <paramref name="most"/> are taken. Node ids cost
    /// nothing, so once half are taken each client gets only one; greedy clients then leave room for others.
    /// </summary>
    public static int OffersAllowed(int perClient, int live, int most) => live < most / 2 ? perClient : 1;

    private bool MayHoldAnother(NodeId peer) =>
        registry.Offers.UnpaidOf(peer) < OffersAllowed(options().MaxOffersPerClient, registry.Offers.Count, options().Bounds.MaxOffers);

    private bool HasZeroReserve(BuyRequest buy) => prices.Current().ZeroReserveTokens.Any(token => Promise.IsFor(promiseKey, buy.FeeParams, token));

    /// <summary>Returns the token of the price file for which the promise was made, or the tag of one that only a policy plugin knows; null for none.</summary>
    private string? TokenOf(BuyRequest buy) =>
        prices.Current().Tokens.Keys.FirstOrDefault(token => Promise.IsFor(promiseKey, buy.FeeParams, token)) ?? Promise.TagOf(buy.FeeParams);

    private static Reply TooManyOffers() => LspsError.Of(LspsError.ClientRejected, "too many unpaid offers");

    private static Reply Failed(string reason) => Reply.Refused(LspsError.Internal, "Internal error", reason);
}
