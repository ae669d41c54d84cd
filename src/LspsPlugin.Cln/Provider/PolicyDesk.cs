using LspsPlugin.Cln.Host;
using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Core.Lsps2;
using LspsPlugin.Core.Lsps2.Pricing;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Provider;

/// <summary>Prices and channel sizes: from the operator's policy plugin if there is one, else from the options.</summary>
internal sealed class PolicyDesk(NodeClient node, Func<PriceList> prices, TimeProvider time, StrangersLog log)
{
    /// <summary>The menu, without promises; or the error to answer with.</summary>
    public async ValueTask<(IReadOnlyList<OpeningFeeParams>? Menu, LspsError? Error)> MenuAsync(string? token, CancellationToken stopping)
    {
        var answer = await node.RawAsync(PolicyContract.GetPolicyMethod, RpcJson.Element(json =>
        {
            // Policy plugins know the member only when there is a token.
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
            if (FeeMenu.Refuse(entry, now) is { } wrong) log.Unusual("entry", default, $"{PolicyContract.GetPolicyMethod}: an entry is left out: {wrong}");
        }

        return (FeeMenu.Ordered(menu.Where(entry => FeeMenu.Refuse(entry, now) is null)), null);
    }

    /// <summary>The channel's size for a purchase; or the error to answer with.</summary>
    public async ValueTask<(Sat? Capacity, LspsError? Error)> CapacityAsync(BuyRequest buy, CancellationToken stopping)
    {
        var answer = await node.RawAsync(PolicyContract.BuyMethod, RpcJson.Element(json =>
        {
            PolicyContract.WriteFeeParams(json, buy.FeeParams);
            if (buy.PaymentSize is { } size) json.WriteString("payment_size_msat"u8, size.Value.ToString());
            else json.WriteNull("payment_size_msat"u8);
        }), stopping);
        if (!answer.IsOk)
        {
            if (IsAbsent(answer.Error)) return (prices().Capacity(buy), null);
            return (null, Refused(PolicyContract.BuyMethod, answer.Error.ToString()).Error);
        }

        return PolicyContract.ReadCapacity(answer.Value) is { } capacity
            ? (capacity.ToSatFloor(), null)
            : (null, Refused(PolicyContract.BuyMethod, "no channel_capacity_msat").Error);
    }

    /// <summary>While the node does not know what the chain asks for, nothing that follows the chain is offered (R52-08).</summary>
    private async ValueTask<(IReadOnlyList<OpeningFeeParams>? Menu, LspsError? Error)> OwnMenuAsync(PriceList list, string? token, DateTimeOffset now, CancellationToken stopping)
    {
        ChainFees? chain = null;
        if (list.FollowsTheChain(token))
        {
            var feerates = await node.FeeratesAsync(stopping);
            chain = feerates.IsOk ? feerates.Value.ChainFees() : null;
            if (chain is null) log.Unusual("feerates", default, $"provider: the node has no fee estimates, prices that follow the chain are not offered{(feerates.IsOk ? "" : $": {feerates.Error}")}");
        }

        return list.Menu(token, now, chain) is { } menu ? (menu, null) : (null, LspsError.Of(LspsError.UnrecognizedToken, "the token is not known here"));
    }

    private (IReadOnlyList<OpeningFeeParams>? Menu, LspsError? Error) Refused(string method, string why)
    {
        log.Unusual(method, default, $"{method}: {LspsError.Sanitize(why)}");
        return (null, LspsError.Of(LspsError.Internal, "Internal error"));
    }

    private static bool IsAbsent(RpcError error) => error.Failure == RpcFailure.Refused && error.Code == NodeCodes.MethodNotFound;
}
