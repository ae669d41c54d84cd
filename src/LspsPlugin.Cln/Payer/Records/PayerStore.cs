using LspsPlugin.Cln.Node;
using LspsPlugin.Durable.Payments;

namespace LspsPlugin.Cln.Payer.Records;

/// <summary>The node's datastore as the payer uses it.</summary>
internal sealed class PayerStore(NodeClient node)
{
    /// <summary>Writes a record, whatever stands there.</summary>
    /// <returns>False if the node does not store it, or does not answer.</returns>
    public async ValueTask<bool> PutAsync(string[] key, string text, CancellationToken stopping) =>
        (await node.DatastoreAsync(new DatastoreParams(key, text, "create-or-replace", null), stopping)).IsOk;

    /// <summary>Deletes a record.</summary>
    /// <returns>True also if there is none; false if the node does not delete it, or does not answer.</returns>
    public async ValueTask<bool> DeleteAsync(string[] key, CancellationToken stopping)
    {
        var deleted = await node.DelDatastoreAsync(key, stopping);
        return deleted.IsOk || deleted.Error.Code == NodeCodes.DatastoreMissingOnDelete;
    }

    /// <summary>Returns the text of a record; null if there is none.</summary>
    /// <exception cref="PaymentJournalUnavailableException">The node does not answer.</exception>
    public async ValueTask<string?> ReadAsync(string[] key, CancellationToken stopping) =>
        (await ListAsync(key, stopping)).FirstOrDefault(entry => entry.Key.Length == key.Length)?.String;

    /// <summary>Returns the records directly below a key in the order of their names. The node stands still while it reads everything below it, however deep.</summary>
    /// <exception cref="PaymentJournalUnavailableException">The node does not answer.</exception>
    public async ValueTask<DatastoreEntry[]> EntriesAsync(string[] place, CancellationToken stopping) =>
        [.. (await ListAsync(place, stopping)).Where(entry => entry.Key.Length == place.Length + 1).OrderBy(static entry => entry.Key[^1], StringComparer.Ordinal)];

    private async ValueTask<DatastoreEntry[]> ListAsync(string[] key, CancellationToken stopping)
    {
        var listed = await node.ListDatastoreAsync(key, stopping);
        return listed.IsOk ? listed.Value.Datastore : throw new PaymentJournalUnavailableException($"listdatastore {string.Join('/', key)}: {listed.Error}");
    }
}
