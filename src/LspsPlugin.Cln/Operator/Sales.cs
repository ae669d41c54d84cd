using LspsPlugin.Cln.Provider.Records;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Cln.Operator;

/// <summary>All sales, live and over, as one list: in the order of their numbers, or in that of their last changes.</summary>
internal sealed class Sales(OperatorDesk desk)
{
    /// <summary>How many records are read at a time.</summary>
    private const int AtATime = 32;

    private readonly SaleBook _book = new(desk.Node);
    private readonly SaleBook _changes = new(desk.Node, RecordKeys.Updates);

    /// <summary>Returns sales in the order of their numbers, live ones and finished ones; a record that cannot be read is an item too.</summary>
    /// <param name="start">The first number.</param>
    /// <param name="client">Whose sales are wanted; a finished one of which the ledger says that it is another's has neither row nor problem. Null for all.</param>
    /// <exception cref="JournalUnavailableException">The node does not answer.</exception>
    public async IAsyncEnumerable<(ulong Number, SaleRow? Row, string? Problem)> FromAsync(ulong start, NodeId? client)
    {
        var live = new Queue<SaleRow>(desk.Registry.Report().Select(Live).Where(row => row.Number >= start).OrderBy(static row => row.Number));
        HashSet<Scid> known = [.. live.Select(static row => row.Offer.JitScid)];
        string? wanted = client?.ToString();
        await foreach ((ulong Number, SaleRow? Row, string? Problem) ended in EndedAsync(_book.FromAsync(start, desk.Provider.Numbers.Book, desk.Stopping), known, IsAnothers, FindSaleAsync))
        {
            while (live.Count > 0 && live.Peek().Number < ended.Number) yield return await ItemAsync(live.Dequeue());
            yield return ended;
        }

        while (live.Count > 0) yield return await ItemAsync(live.Dequeue());

        bool IsAnothers(ulong number) => wanted is not null && desk.Provider.Income.Book.ClientOf(number) is { } known && known != wanted;

        async ValueTask<(ulong Number, SaleRow? Row, string? Problem)> ItemAsync(SaleRow row) => (row.Number!.Value, await CompletedAsync(row), null);
    }

    /// <summary>
    /// Returns sales in the order of their last changes. Each has the state that was on record when the call began, and a sale that changed later has a greater
    /// number than all of them.
    /// </summary>
    /// <param name="start">The first number of a change.</param>
    /// <exception cref="JournalUnavailableException">The node does not answer.</exception>
    public async IAsyncEnumerable<(ulong Number, SaleRow? Row, string? Problem)> ChangedAsync(ulong start)
    {
        ulong below = desk.Provider.Updates.ShownBelow;

        SaleRow[] unfinished = [.. desk.Registry.Report().Where(IsUnfinished).Select(OnRecord)];
        HashSet<Scid> known = [.. unfinished.Select(static row => row.Offer.JitScid)];
        var live = new Queue<SaleRow>(unfinished.Where(row => row.UpdatedIndex >= start && row.UpdatedIndex < below).OrderBy(static row => row.UpdatedIndex));
        await foreach ((ulong Number, SaleRow? Row, string? Problem) ended in EndedAsync(BelowAsync(start, below), known, static _ => false, FindChangeAsync))
        {
            while (live.Count > 0 && live.Peek().UpdatedIndex < ended.Number) yield return Item(live.Dequeue());
            yield return ended;
        }

        while (live.Count > 0) yield return Item(live.Dequeue());

        static (ulong Number, SaleRow? Row, string? Problem) Item(SaleRow row) => (row.UpdatedIndex!.Value, row, null);
    }

    private async IAsyncEnumerable<(ulong Number, Scid JitScid)> BelowAsync(ulong start, ulong below)
    {
        await foreach ((ulong Number, Scid JitScid) entry in _changes.FromAsync(start, desk.Provider.Numbers.Changes, desk.Stopping))
        {
            if (entry.Number >= below) yield break;
            yield return entry;
        }
    }

    /// <summary>Returns a finished sale if this is its number; an entry may be left over from before another version wrote the record.</summary>
    private async ValueTask<(SaleRow? Row, string? Problem)> FindSaleAsync(Scid scid, ulong? number)
    {
        (SaleRow? row, string? problem) = await FindEndedAsync(scid, number);
        return row is null || row.Offer.CreatedIndex is null || row.Offer.CreatedIndex == number ? (row, problem) : (null, null);
    }

    /// <summary>Returns a finished sale if this change is its last one; an entry of an earlier change may be left over.</summary>
    private async ValueTask<(SaleRow? Row, string? Problem)> FindChangeAsync(Scid scid, ulong? update)
    {
        (SaleRow? row, string? problem) = await FindEndedAsync(scid, number: null);
        return row is null || row.UpdatedIndex == update ? (row, problem) : (null, null);
    }

    /// <summary>Returns the finished sales; several records are read at a time.</summary>
    /// <param name="entries">Their numbers, in order.</param>
    /// <param name="live">Sales that are live: a paid one is entered before it is over.</param>
    /// <param name="isPassedOver">Whether a sale need not be read.</param>
    /// <param name="find">Reads a record; null without a problem if it is none.</param>
    private static async IAsyncEnumerable<(ulong Number, SaleRow? Row, string? Problem)> EndedAsync(
        IAsyncEnumerable<(ulong Number, Scid JitScid)> entries, HashSet<Scid> live, Predicate<ulong> isPassedOver, Func<Scid, ulong?, ValueTask<(SaleRow? Row, string? Problem)>> find)
    {
        var reading = new Queue<(ulong Number, Task<(SaleRow? Row, string? Problem)>? Record)>();
        await foreach ((ulong number, Scid scid) in entries)
        {
            if (!live.Contains(scid)) reading.Enqueue((number, isPassedOver(number) ? null : find(scid, number).AsTask()));
            if (reading.Count >= AtATime && await NextAsync() is { } item) yield return item;
        }

        while (reading.Count > 0)
        {
            if (await NextAsync() is { } item) yield return item;
        }

        // A record that was deleted meanwhile is none.
        async ValueTask<(ulong Number, SaleRow? Row, string? Problem)?> NextAsync()
        {
            (ulong number, Task<(SaleRow? Row, string? Problem)>? record) = reading.Dequeue();
            if (record is null) return (number, null, null);
            (SaleRow? row, string? problem) = await record;
            return row is null && problem is null ? null : (number, row, problem);
        }
    }

    /// <summary>Returns a sale; null without a problem if there is none.</summary>
    public async ValueTask<(SaleRow? Row, string? Problem)> FindAsync(Scid scid)
    {
        OfferReport? live = desk.Registry.Report().FirstOrDefault(report => report.Offer.JitScid == scid);
        if (live is null) return await FindEndedAsync(scid, number: null);
        SaleRow row = await CompletedAsync(Live(live));
        if (row.Events.Count > 0) return (row, null);

        // The story of an earlier payment is in the record of its end.
        (SaleRow? ended, _) = await FindEndedAsync(scid, number: null);
        return (row with { Events = ended?.Events ?? [] }, null);
    }

    /// <summary>The session of a paid sale is over before its offer is, and then only its record has what became of it.</summary>
    private async ValueTask<SaleRow> CompletedAsync(SaleRow row)
    {
        if (row is not { Status: SaleStatus.Paid, State: null } || (await FindEndedAsync(row.Offer.JitScid, row.Number)).Row is not { } ended) return row;
        return row with { UpdatedIndex = ended.UpdatedIndex, PaymentHash = ended.PaymentHash, State = ended.State, EndedAt = ended.EndedAt, Events = row.Events.Count > 0 ? row.Events : ended.Events };
    }

    /// <summary>Nothing changes any more for a paid sale whose own session is over: its finished record counts, also while its offer is live.</summary>
    private static bool IsUnfinished(OfferReport report) =>
        report.PaidChannel is null || report.Sessions.Any(session => session.State is not Ended && SavedState.Of(session.State)?.Plan?.Channel == report.PaidChannel);

    private SaleRow OnRecord(OfferReport report) => SaleRow.Live(report, [], desk.Provider.Updates.Of(report.Offer.JitScid), isOnRecord: true);

    private SaleRow Live(OfferReport report) => SaleRow.Live(report, desk.Provider.Stories.Of(report.Offer.JitScid), desk.Provider.Updates.Of(report.Offer.JitScid));

    private async ValueTask<(SaleRow? Row, string? Problem)> FindEndedAsync(Scid scid, ulong? number)
    {
        string[] key = [.. RecordKeys.Finalized, scid.ToString()];
        var found = await desk.Node.ListDatastoreAsync(key, desk.Stopping);
        if (!found.IsOk) return (null, $"listdatastore: {found.Error}");
        if (found.Value.Datastore.FirstOrDefault(entry => entry.Key.SequenceEqual(key)) is not { } entry) return (null, null);
        return RecordJson.Read(scid, entry.String, out string? problem) is { } record
            ? (SaleRow.Ended(number, record, RecordJson.FinalizedAt(entry.String)), null)
            : (null, $"the record {string.Join('/', key)} cannot be read: {problem}");
    }
}
