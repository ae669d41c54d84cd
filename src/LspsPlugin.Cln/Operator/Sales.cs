using LspsPlugin.Cln.Provider.Records;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Cln.Operator;

/// <summary>All sales, live and over, as one list in the order of their numbers.</summary>
internal sealed class Sales(OperatorDesk desk)
{
    /// <summary>How many records are read at a time.</summary>
    private const int AtATime = 32;

    private readonly SaleBook _book = new(desk.Node);

    /// <summary>Returns sales in the order of their numbers, live ones and finished ones; a record that cannot be read is an item too.</summary>
    public async IAsyncEnumerable<(ulong Number, SaleRow? Row, string? Problem)> FromAsync(ulong start)
    {
        var live = new Queue<SaleRow>(desk.Registry.Report().Select(Live).Where(row => row.Number >= start).OrderBy(static row => row.Number));
        HashSet<Scid> known = [.. live.Select(static row => row.Offer.JitScid)];
        await foreach ((ulong Number, SaleRow? Row, string? Problem) ended in EndedAsync(start, known))
        {
            while (live.Count > 0 && live.Peek().Number < ended.Number) yield return await ItemAsync(live.Dequeue());
            yield return ended;
        }

        while (live.Count > 0) yield return await ItemAsync(live.Dequeue());

        async ValueTask<(ulong Number, SaleRow? Row, string? Problem)> ItemAsync(SaleRow row) => (row.Number!.Value, await CompletedAsync(row), null);
    }

    /// <summary>Returns the finished sales; several records are read at a time.</summary>
    /// <param name="start">The first number.</param>
    /// <param name="live">Sales that are live: a paid one is entered before it is over.</param>
    private async IAsyncEnumerable<(ulong Number, SaleRow? Row, string? Problem)> EndedAsync(ulong start, HashSet<Scid> live)
    {
        var reading = new Queue<(ulong Number, Task<(SaleRow? Row, string? Problem)> Record)>();
        await foreach ((ulong number, Scid scid, string? problem) in _book.FromAsync(start, desk.Stopping))
        {
            if (problem is not null) reading.Enqueue((number, Task.FromResult<(SaleRow?, string?)>((null, problem))));
            else if (!live.Contains(scid)) reading.Enqueue((number, FindEndedAsync(scid, number).AsTask()));
            if (reading.Count >= AtATime && await NextAsync() is { } item) yield return item;
        }

        while (reading.Count > 0)
        {
            if (await NextAsync() is { } item) yield return item;
        }

        // A record that was deleted meanwhile is none.
        async ValueTask<(ulong Number, SaleRow? Row, string? Problem)?> NextAsync()
        {
            (ulong number, Task<(SaleRow? Row, string? Problem)> record) = reading.Dequeue();
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
        return row with { PaymentHash = ended.PaymentHash, State = ended.State, EndedAt = ended.EndedAt, Events = row.Events.Count > 0 ? row.Events : ended.Events };
    }

    private SaleRow Live(OfferReport report) => SaleRow.Live(report, desk.Provider.Stories.Of(report.Offer.JitScid));

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
