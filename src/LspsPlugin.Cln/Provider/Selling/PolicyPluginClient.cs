using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Peers;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Core.Lsps2;
using LspsPlugin.Core.Lsps2.Pricing;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Provider.Selling;

/// <summary>Determines prices and channel sizes: from the operator's policy plugin if there is one, otherwise from the options.</summary>
internal sealed class PolicyPluginClient(NodeClient node, Func<PriceList> prices, TimeProvider time, PeerLog log)
{
    /// <summary>Returns the menu, without promises, or the error to answer with.</summary>
    public async ValueTask<(IReadOnlyList<OpeningFeeParams>? Menu, LspsError? Error)> MenuAsync(string? token, CancellationToken stopping)
    {
        var answer = await node.RawAsync(PolicyContract.GetPolicyMethod, RpcJson.Element(json =>
        {
            // Policy plugins expect the member only if there is a token.
            if (token is not null) json.WriteString("token"u8, token);
        }), stopping);
        DateTimeOffset now = time.GetUtcNow();
        if (!answer.IsOk)
        {
            if (IsAbsent(answer.Error)) return await OwnMenuAsync(prices(), token, now, stopping);
            return Refused(PolicyContract.GetPolicyMethod, answer.Error.ToString());
        }

        var (menu, rejected) = PolicyContract.ReadPolicy(answer.Value, out string? problem);
        if (rejected) return (null, LspsError.Of(LspsError.ClientRejected, "client rejected"));
        if (menu is null) return Refused(PolicyContract.GetPolicyMethod, problem ?? "no menu");
        foreach (OpeningFeeParams entry in menu)
        {
            if (FeeMenu.GetRejection(entry, now) is { } wrong) log.Unusual("entry", default, $"{PolicyContract.GetPolicyMethod}: an entry is left out: {wrong}");
        }

        return (FeeMenu.Ordered(menu.Where(entry => FeeMenu.GetRejection(entry, now) is null)), null);
    }

    /// <summary>
    /// Returns the channel size for a purchase, or the error to answer with. Policy plugins for released nodes are only prepared for a
    /// payment that has arrived: they are asked with the size that was bought, and if the payer chooses the amount, when the payment
    /// arrives.
    /// </summary>
    public async ValueTask<(PolicySize? Size, LspsError? Error)> SizeAsync(BuyRequest buy, Scid jitScid, CancellationToken stopping)
    {
        var answer = await node.RawAsync(PolicyContract.BuyMethod, RpcJson.Element(json =>
        {
            PolicyContract.WriteFeeParams(json, buy.FeeParams);
            if (buy.PaymentSize is { } size) json.WriteString("payment_size_msat"u8, size.Value.ToString());
            else json.WriteNull("payment_size_msat"u8);
        }), stopping);
        if (!answer.IsOk && IsAbsent(answer.Error))
        {
            Sat own = prices().Capacity(buy);
            if (buy.PaymentSize is not { } size) return (new PolicySize(own, IsSizedByPayment: true), null);
            (Sat? asked, string? why) = await AskCapacityAsync(buy.FeeParams, size, jitScid, stopping);
            return why is null ? (new PolicySize(asked ?? own), null) : (null, Refused(PolicyContract.CapacityMethod, why).Error);
        }

        string? problem = answer.IsOk ? null : answer.Error.ToString();
        Msat? capacity = answer.IsOk ? PolicyContract.ReadCapacity(answer.Value, out problem) : null;
        return capacity is { } granted ? (new PolicySize(granted.ToSatFloor()), null) : (null, Refused(PolicyContract.BuyMethod, problem!).Error);
    }

    /// <summary>
    /// Returns the channel size for an offer whose payment has arrived; null with the reason if no channel is to be opened.
    /// </summary>
    public async ValueTask<(Sat? Capacity, string? Problem)> SizeAsync(Offer offer, Msat payment, CancellationToken stopping)
    {
        (Sat? asked, string? why) = await AskCapacityAsync(offer.FeeParams, offer.PaymentSize ?? payment, offer.JitScid, stopping);
        return why is null ? (asked ?? offer.Capacity, null) : (null, $"{PolicyContract.CapacityMethod}: {LspsError.Sanitize(why)}");
    }

    /// <summary>Returns no size and no problem if there is no policy plugin.</summary>
    private async ValueTask<(Sat? Capacity, string? Problem)> AskCapacityAsync(OpeningFeeParams feeParams, Msat payment, Scid jitScid, CancellationToken stopping)
    {
        var answer = await node.RawAsync(PolicyContract.CapacityMethod, RpcJson.Element(json =>
        {
            PolicyContract.WriteFeeParams(json, feeParams);
            json.WriteString("init_payment_size"u8, payment.Value.ToString());
            json.WriteString("scid"u8, jitScid.ToString());
        }), stopping);
        if (!answer.IsOk) return (null, IsAbsent(answer.Error) ? null : answer.Error.ToString());
        return PolicyContract.ReadCapacity(answer.Value, out string? problem) is { } capacity ? (capacity.ToSatFloor(), null) : (null, problem);
    }

    /// <summary>Checks the policy plugin at start, so that the operator learns of a broken one before the first wallet asks.</summary>
    public async ValueTask LookAsync(HostLog news, CancellationToken stopping)
    {
        var answer = await node.RawAsync(PolicyContract.GetPolicyMethod, RpcJson.Element(static _ => { }), stopping);
        if (!answer.IsOk && IsAbsent(answer.Error)) return;
        string? problem = answer.IsOk ? null : answer.Error.ToString();
        var (menu, rejected) = answer.IsOk ? PolicyContract.ReadPolicy(answer.Value, out problem) : default;
        if (rejected) news.Info("provider: prices come from a policy plugin, which rejects requests without a token");
        else if (menu is not null) news.Info($"provider: prices come from a policy plugin; its menu has {menu.Count} entries for requests without a token");
        else news.Error($"provider: nothing is sold while the policy plugin answers {PolicyContract.GetPolicyMethod} incorrectly: {LspsError.Sanitize(problem ?? "no menu")}");
    }

    /// <summary>
    /// Returns the menu of the options. While the node has no feerates, prices that depend on them are not offered (R52-08).
    /// </summary>
    private async ValueTask<(IReadOnlyList<OpeningFeeParams>? Menu, LspsError? Error)> OwnMenuAsync(PriceList list, string? token, DateTimeOffset now, CancellationToken stopping)
    {
        ChainFees? chain = null;
        if (list.FollowsTheChain(token))
        {
            var feerates = await node.FeeratesAsync(stopping);
            chain = feerates.IsOk ? feerates.Value.ChainFees() : null;
            if (chain is null) log.Unusual("feerates", default, $"provider: the node has no fee estimates, so prices that depend on them are not offered{(feerates.IsOk ? "" : $": {feerates.Error}")}");
        }

        return list.Menu(token, now, chain) is { } menu ? (menu, null) : (null, LspsError.Of(Lsps2Error.UnrecognizedToken, "unknown token"));
    }

    private (IReadOnlyList<OpeningFeeParams>? Menu, LspsError? Error) Refused(string method, string why)
    {
        log.Unusual(method, default, $"{method}: {LspsError.Sanitize(why)}");
        return (null, LspsError.Of(LspsError.Internal, "Internal error"));
    }

    private static bool IsAbsent(RpcError error) => error.Failure == RpcFailure.Refused && error.Code == NodeCodes.MethodNotFound;
}

/// <summary>The size of the channel that is sold.</summary>
/// <param name="Capacity">The capacity.</param>
/// <param name="IsSizedByPayment">
/// Whether the size is only our default: a policy plugin for released nodes decides when the payment arrives.
/// </param>
internal readonly record struct PolicySize(Sat Capacity, bool IsSizedByPayment = false);
