using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Options;
using LspsPlugin.Cln.Provider.Guards;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Cln.Provider.Selling;

/// <summary>Waits until offers can be sold. Promises need a key; without one nothing is sold, and everything else works.</summary>
internal sealed class SellingStart(
    NodeClient node, Func<ProviderOptions> options, ChainSync chain, Func<byte[], Lsps2Seller> seller, TimeProvider time, CancellationToken stopping)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan QuickLook = TimeSpan.FromMilliseconds(250);

    /// <summary>Returns the seller once there is a promise key and the node has caught up.</summary>
    public async Task<Lsps2Seller> UntilReadyAsync()
    {
        byte[]? key;
        for (int attempt = 0; (key = await PromiseKeyAsync()) is null || !chain.IsCurrent; attempt++)
        {
            await Task.Delay(key is null ? Backoff.After(attempt, LongestPause) : QuickLook, time, stopping);
        }

        return seller(key);
    }

    private async ValueTask<byte[]?> PromiseKeyAsync()
    {
        if (options().PromiseSecret is { } given) return given;
        var derived = await node.MakeSecretAsync("lsps-plugin promise key 1", stopping);
        return derived.IsOk ? Convert.FromHexString(derived.Value.Secret) : null;
    }
}
