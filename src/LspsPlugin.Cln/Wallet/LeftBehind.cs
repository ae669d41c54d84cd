using LspsPlugin.Cln.Host;
using LspsPlugin.Cln.Node;

namespace LspsPlugin.Cln.Wallet;

/// <summary>What is on record of a wallet whose role is off: nobody watches it, and its operator hears of it.</summary>
internal static class LeftBehind
{
    /// <summary>The node's start may wait for this, and does not wait for a node that says nothing.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static async Task SayAsync(NodeClient node, HostLog log, TimeProvider time, CancellationToken stopping)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, stopping);
        try
        {
            await SayAsync(node, log, either.Token);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !stopping.IsCancellationRequested)
        {
            log.Debug($"wallet: what is on record of it was not read within {Patience.TotalSeconds} s");
        }
    }

    private static async Task SayAsync(NodeClient node, HostLog log, CancellationToken stopping)
    {
        int owed = await CountAsync(node, ["lsps-client", "owed"], stopping), bought = await CountAsync(node, ["lsps", "purchases"], stopping);
        const string Remedy = $"start the node with {PluginOptions.ClientFlag}";
        if (owed > 0) log.Error($"wallet: the funding of {owed} channel(s) whose payment was taken on trust is not watched, because the wallet role is off: {Remedy}");
        if (bought > 0) log.Unusual($"wallet: {bought} bought channel(s) cannot be opened and their invoices cannot be paid, because the wallet role is off: {Remedy}");
    }

    private static async ValueTask<int> CountAsync(NodeClient node, string[] place, CancellationToken stopping)
    {
        var listed = await node.ListDatastoreAsync(place, stopping);
        return listed.IsOk ? listed.Value.Datastore.Count(entry => entry.Key.Length == place.Length + 1) : 0;
    }
}
