using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Options;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Wallet.Records;

/// <summary>Reports the records of a wallet whose role is off: nobody watches them, so the operator is told.</summary>
internal static class LeftoverRecords
{
    private const string Remedy = $"because the wallet role is off: start the node with {PluginOptions.ClientFlag}";

    /// <summary>Maximum time that the start waits for a node that does not answer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static async Task SayAsync(NodeClient node, HostLog log, TimeProvider time, CancellationToken stopping)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, stopping);
        try
        {
            await SayAsync(node, log, time.GetUtcNow(), either.Token);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !stopping.IsCancellationRequested)
        {
            log.Debug($"wallet: its records were not read within {Patience.TotalSeconds} s");
        }
    }

    private static async Task SayAsync(NodeClient node, HostLog log, DateTimeOffset now, CancellationToken stopping)
    {
        int owed = (await LeavesAsync(node, ["lsps-client", "owed"], stopping)).Count;
        int granted = (await LeavesAsync(node, ["lsps-client", "granted"], stopping)).Count;
        int approved = (await LeavesAsync(node, ["lsps", "purchases"], stopping)).Count(entry => IsApproved(entry, now));
        if (owed > 0) log.Error($"wallet: the funding of {owed} channel(s) whose payment was accepted on trust is not watched, {Remedy}");
        if (granted > 0) log.Error($"wallet: {granted} zero-conf channel(s) are not watched, and payments that arrive over them may be forwarded over confirmed channels, {Remedy}");
        if (approved > 0) log.Unusual($"wallet: {approved} bought channel(s) cannot be opened and their invoices cannot be paid, {Remedy}");
    }

    /// <summary>
    /// Returns whether a payment may still arrive: without an approval there is no invoice, and after the offer nobody could pay it.
    /// </summary>
    private static bool IsApproved(DatastoreEntry entry, DateTimeOffset now) =>
        Scid.TryParse(entry.Key[^1], out Scid scid) && Purchase.Read(scid, entry.String, out _) is { PaymentHash: not null } purchase && purchase.End > now;

    /// <summary>Lists the records below a key, some of which are grouped by provider; the node lists one level at a time.</summary>
    private static async ValueTask<List<DatastoreEntry>> LeavesAsync(NodeClient node, string[] place, CancellationToken stopping)
    {
        var leaves = new List<DatastoreEntry>();
        var listed = await node.ListDatastoreAsync(place, stopping);
        foreach (DatastoreEntry entry in listed.IsOk ? listed.Value.Datastore : [])
        {
            if (entry.String is not null) leaves.Add(entry);
            else if (entry.Key.Length > place.Length) leaves.AddRange(await LeavesAsync(node, entry.Key, stopping));
        }

        return leaves;
    }
}
