using LspsPlugin.Cln.Provider.Records;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Cln.Operator;

/// <summary>All sales, live and over, as one list in the order of their numbers.</summary>
internal sealed class Sales(OperatorDesk desk)
{
    private readonly SaleBook _book = new(desk.Node);

    /// <summary>Returns sales in the order of their numbers, live ones and finished ones; a record that cannot be read is an item too.</summary>
    public async IAsyncEnumerable<(ulong Number, SaleRow? Row, string? Problem)> FromAsync(ulong start)
    {
        var live = new Queue<SaleRow>(desk.Registry.Report().Select(Live).Where(row => row.Number >= start).OrderBy(static row => row.Number));
        HashSet<Scid> known = [.. live.Select(static row => row.Offer.JitScid)];
        await foreach ((ulong number, Scid scid, string? problem) in _book.FromAsync(start, desk.Stopping))
        {
            while (live.Count > 0 && live.Peek().Number < number) yield return Item(live.Dequeue());
            if (problem is not null)
            {
                yield return (number, null, problem);
                yield break;
            }

            // A paid sale is entered before it is over.
            if (known.Contains(scid)) continue;
            (SaleRow? row, string? unreadable) = await FindEndedAsync(scid, number);
            if (row is not null || unreadable is not null) yield return (number, row, unreadable);
        }

        while (live.Count > 0) yield return Item(live.Dequeue());

        static (ulong Number, SaleRow? Row, string? Problem) Item(SaleRow row) => (row.Number!.Value, row, null);
    }

    /// <summary>Returns a sale; null without a problem if there is none.</summary>
    public async ValueTask<(SaleRow? Row, string? Problem)> FindAsync(Scid scid)
    {
        OfferReport? live = desk.Registry.Report().FirstOrDefault(report => report.Offer.JitScid == scid);
        if (live is null) return await FindEndedAsync(scid, number: null);
        SaleRow row = Live(live);
        if (row.Events.Count > 0) return (row, null);

        // The story of an earlier payment is in the record of its end.
        (SaleRow? ended, _) = await FindEndedAsync(scid, number: null);
        return (row with { Events = ended?.Events ?? [] }, null);
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
