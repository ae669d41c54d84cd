using LspsPlugin.Cln.DiskFormat;
using LspsPlugin.Cln.Node;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Cln.Provider.Records;

/// <summary>
/// The numbers of sales, in the order of purchases. They are reserved on record, many at a time, so that none is given twice; a restart leaves a gap.
/// </summary>
internal sealed class SaleNumbers(NodeClient node)
{
    private const ulong Reserved = 1000;

    private ulong _next = 1;
    private ulong _below = 1;

    /// <summary>Reads which numbers may have been given.</summary>
    /// <exception cref="JournalUnavailableException">The node does not answer, or the record cannot be read: numbers would be given twice.</exception>
    public async ValueTask LoadAsync(CancellationToken stopping)
    {
        string name = string.Join('/', RecordKeys.Indexes);
        ListDatastoreAnswer listed = JournalAnswer.Of($"listdatastore {name}", await node.ListDatastoreAsync(RecordKeys.Indexes, stopping));
        if (listed.Datastore.FirstOrDefault(static one => one.Key.SequenceEqual(RecordKeys.Indexes)) is not { } entry) return;
        SaleIndexesJson? read = RecordText.Read(entry.String, RecordsJson.Default.SaleIndexesJson, static record => record, out string? problem);
        _next = _below = read?.CreatedBelow ?? throw new JournalUnavailableException($"{name} cannot be read: {problem ?? "created_below is missing"}");
    }

    /// <summary>Returns the next number; null if the node does not store the reservation.</summary>
    public async ValueTask<ulong?> NextAsync(CancellationToken stopping)
    {
        if (_next < _below) return _next++;
        ulong below = _below + Reserved;
        string text = RecordText.Write(new SaleIndexesJson(below), RecordsJson.Default.SaleIndexesJson);
        var saved = await node.DatastoreAsync(new DatastoreParams(RecordKeys.Indexes, text, "create-or-replace", null), stopping);
        if (!saved.IsOk) return null;
        _below = Math.Max(_below, below);
        return _next++;
    }
}
