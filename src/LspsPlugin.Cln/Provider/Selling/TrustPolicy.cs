using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Options;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Cln.Provider.Selling;

/// <summary>
/// Decides at the purchase which side an offer requires to trust the other. The decision is checked again when the channel is opened.
/// </summary>
internal sealed class TrustPolicy(NodeClient node, Func<TrustModel> model)
{
    /// <summary>Returns whether the client must trust us, or the error to answer with.</summary>
    public async ValueTask<(bool ClientTrustsLsp, LspsError? Error)> DecideAsync(SessionRegistry registry, NodeId client, CancellationToken stopping)
    {
        TrustModel wanted = model();
        if (wanted == TrustModel.ClientTrustsLsp) return (true, null);
        bool wastes = wanted == TrustModel.Auto && registry.Admission.Reputation.Wastes(client);
        bool allowed = !wastes && await MayTrustAsync(registry, client, stopping);
        if (allowed || wanted == TrustModel.Auto) return (!allowed, null);
        return (false, LspsError.Of(LspsError.TooManyRequests, "no more channels can be opened before payment now, try again later"));
    }

    /// <summary>
    /// Returns whether we may trust the client. Every offer sold on trust may be opened, so each counts with the current cost of a channel.
    /// </summary>
    private async ValueTask<bool> MayTrustAsync(SessionRegistry registry, NodeId client, CancellationToken stopping)
    {
        var feerates = await node.FeeratesAsync(stopping);
        if (!feerates.IsOk || feerates.Value.ChainFees()?.CostOfChannel() is not { } cost) return false;
        ulong ofClient = cost.Value * (ulong)(registry.Offers.OnTrust(client) + 1), ofAll = cost.Value * (ulong)(registry.Offers.OnTrust() + 1);
        return registry.Losses.Allows(client, new Sat(ofClient), new Sat(ofAll));
    }
}
