using System.Globalization;
using LspsPlugin.Cln.DiskFormat;
using LspsPlugin.Cln.Node;
using LspsPlugin.Durable;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Cln.Provider.Records;

/// <summary>
/// The numbers of sales, in the order of purchases, and those of their changes. They are reserved on record, many at a time, so that none is given twice; a restart
/// leaves a gap.
/// </summary>
internal sealed class SaleNumbers
{
    private const ulong Reserved = 1000;

    /// <summary>How many numbers of changes are reserved at a time: a payment never waits for a reservation, so there must always be some left.</summary>
    private const ulong ReservedUpdates = 100_000;

    private readonly NodeClient _node;
    private readonly KeyedAsyncLock<int> _writing = new();

    private ulong _next = 1;
    private ulong _below = 1;
    private ulong _nextUpdate = 1;

    public SaleNumbers(NodeClient node)
    {
        _node = node;
        Updates = new SaleUpdates(this);
    }

    /// <summary>Which change of each sale was the last.</summary>
    public SaleUpdates Updates { get; }

    /// <summary>The numbers of changes below this one are reserved: no later start gives them again.</summary>
    public ulong UpdatesBelow { get; private set; } = 1;

    /// <summary>The highest number that may have been given.</summary>
    public ulong Highest => _below - 1;

    /// <summary>Reads which numbers may have been given, and reserves numbers for changes. If the node does not store that, no change is shown until it does.</summary>
    /// <exception cref="JournalUnavailableException">The node does not answer, or the record cannot be read: numbers would be given twice.</exception>
    public async ValueTask LoadAsync(CancellationToken stopping)
    {
        string name = string.Join('/', RecordKeys.Indexes);
        ListDatastoreAnswer listed = JournalAnswer.Of($"listdatastore {name}", await _node.ListDatastoreAsync(RecordKeys.Indexes, stopping));
        if (listed.Datastore.FirstOrDefault(static one => one.Key.SequenceEqual(RecordKeys.Indexes)) is { } entry)
        {
            SaleIndexesJson? read = RecordText.Read(entry.String, RecordsJson.Default.SaleIndexesJson, static record => record, out string? problem);
            _next = _below = read?.CreatedBelow ?? throw new JournalUnavailableException($"{name} cannot be read: {problem ?? "created_below is missing"}");
            UpdatesBelow = read.UpdatedBelow ?? 1;
        }

        // Numbers beyond those reserved may be on record, but nobody has seen them.
        _nextUpdate = Math.Max(UpdatesBelow, await LastEnteredAsync(stopping) + 1);
        await ReserveUpdatesAsync(stopping);
    }

    /// <summary>Returns the next number; null if the node does not store the reservation.</summary>
    public async ValueTask<ulong?> NextAsync(CancellationToken stopping)
    {
        await ReserveUpdatesAsync(stopping); // a sale begins, and no payment waits
        if (_next < _below) return _next++;
        return await ReserveAsync(_below + Reserved, UpdatesBelow, stopping) ? _next++ : null;
    }

    /// <summary>Returns the number of the next change. Does not wait: it may be one that is not reserved.</summary>
    public ulong NextUpdate() => _nextUpdate++;

    /// <summary>Takes note of a number that is on record.</summary>
    public void Learn(ulong update) => _nextUpdate = Math.Max(_nextUpdate, update + 1);

    /// <summary>Reserves numbers for changes if fewer than half of those that are reserved at a time are left.</summary>
    public async ValueTask ReserveUpdatesAsync(CancellationToken stopping)
    {
        if (UpdatesBelow < _nextUpdate + (ReservedUpdates / 2)) await ReserveAsync(_below, _nextUpdate + ReservedUpdates, stopping);
    }

    private async ValueTask<bool> ReserveAsync(ulong createdBelow, ulong updatedBelow, CancellationToken stopping)
    {
        await _writing.EnterAsync(0);
        try
        {
            (createdBelow, updatedBelow) = (Math.Max(createdBelow, _below), Math.Max(updatedBelow, UpdatesBelow));
            string text = RecordText.Write(new SaleIndexesJson(createdBelow, updatedBelow), RecordsJson.Default.SaleIndexesJson);
            var saved = await _node.DatastoreAsync(new DatastoreParams(RecordKeys.Indexes, text, "create-or-replace", null), stopping);
            if (!saved.IsOk) return false;
            (_below, UpdatesBelow) = (createdBelow, updatedBelow);
            return true;
        }
        finally
        {
            _writing.Leave(0);
        }
    }

    /// <summary>Returns the greatest number in the index of finished sales by their changes; 0 if there is none.</summary>
    private async ValueTask<ulong> LastEnteredAsync(CancellationToken stopping)
    {
        string[] place = RecordKeys.Updates;
        for (int depth = 1; depth <= 2; depth++)
        {
            ListDatastoreAnswer listed = JournalAnswer.Of($"listdatastore {string.Join('/', place)}", await _node.ListDatastoreAsync(place, stopping));
            string? last = listed.Datastore.Where(entry => entry.Key.Length == place.Length + 1).Select(static entry => entry.Key[^1]).Max(StringComparer.Ordinal);
            if (last is null) return 0;
            place = [.. place, last];
        }

        return ulong.TryParse(place[^1], NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) ? number : 0;
    }
}
