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
        (Book, Changes, Days) = (new(SaveAsync), new(SaveAsync), new(SaveAsync));
    }

    /// <summary>Which change of each sale was the last.</summary>
    public SaleUpdates Updates { get; }

    /// <summary>The branches of <see cref="RecordKeys.Book"/>.</summary>
    public KnownBranches Book { get; }

    /// <summary>The branches of <see cref="RecordKeys.Updates"/>.</summary>
    public KnownBranches Changes { get; }

    /// <summary>The days of <see cref="RecordKeys.History"/>, as <see cref="Records.Days"/> counts them.</summary>
    public KnownBranches Days { get; }

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
            Book.Restore(read.BookBranches);
            Changes.Restore(read.UpdatedBranches);
            Days.Restore(read.HistoryDays);
        }

        // An earlier version did not put the branches on record. Sales have nearly all numbers, so those of the book need not be listed.
        if (!Book.IsComplete) Book.Complete(_below == 1 ? [] : Counted(Highest / SaleBook.BranchSize));
        if (!Changes.IsComplete) Changes.Complete(await NumbersAsync(RecordKeys.Updates, stopping));

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

    /// <summary>Saves which branches are not known to be empty, if that has changed. If the node does not store it, they are looked at again after the next start.</summary>
    public async ValueTask TidyAsync(CancellationToken stopping)
    {
        if (Branches.Any(static known => known.IsOutdated)) await SaveAsync(stopping);
    }

    private KnownBranches[] Branches => [Book, Changes, Days];

    private ValueTask<bool> SaveAsync(CancellationToken stopping) => ReserveAsync(_below, UpdatesBelow, stopping);

    private async ValueTask<bool> ReserveAsync(ulong createdBelow, ulong updatedBelow, CancellationToken stopping)
    {
        await _writing.EnterAsync(0);
        try
        {
            (createdBelow, updatedBelow) = (Math.Max(createdBelow, _below), Math.Max(updatedBelow, UpdatesBelow));
            string text = RecordText.Write(new SaleIndexesJson(createdBelow, updatedBelow, Book.ToRecord(), Changes.ToRecord(), Days.ToRecord()), RecordsJson.Default.SaleIndexesJson);
            foreach (KnownBranches known in Branches) known.OnSaving();
            var saved = await _node.DatastoreAsync(new DatastoreParams(RecordKeys.Indexes, text, "create-or-replace", null), stopping);
            if (!saved.IsOk)
            {
                foreach (KnownBranches known in Branches) known.OnNotSaved();
                return false;
            }

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
        foreach (ulong branch in Changes.Descending())
        {
            if ((await NumbersAsync([.. RecordKeys.Updates, SaleBook.Name(branch)], stopping)).DefaultIfEmpty().Max() is > 0 and var last) return last;
        }

        return 0;
    }

    /// <summary>Returns the names directly below a key as numbers.</summary>
    private async ValueTask<IEnumerable<ulong>> NumbersAsync(string[] place, CancellationToken stopping)
    {
        ListDatastoreAnswer listed = JournalAnswer.Of($"listdatastore {string.Join('/', place)}", await _node.ListDatastoreAsync(place, stopping));
        return listed.Datastore.Where(entry => entry.Key.Length == place.Length + 1)
            .Select(static entry => ulong.TryParse(entry.Key[^1], NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) ? number : (ulong?)null)
            .OfType<ulong>();
    }

    private static IEnumerable<ulong> Counted(ulong last)
    {
        for (ulong branch = 0; branch <= last; branch++) yield return branch;
    }
}
