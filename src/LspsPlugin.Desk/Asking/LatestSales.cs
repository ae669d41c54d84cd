using LspsPlugin.Desk.Answers;

namespace LspsPlugin.Desk.Asking;

/// <summary>
/// Finds the newest sales. lsps-listsessions lists the oldest first, so the end is searched by halving, once; from then on the list is followed.
/// </summary>
internal sealed class LatestSales(INodeLine line)
{
    private const int PageSize = 250;

    private ulong? _from;

    /// <summary>Returns the newest sales, at most so many, the oldest of them first.</summary>
    public async Task<(IReadOnlyList<Sale> Sales, NodeProblem? Problem)> ReadAsync(int most, CancellationToken stop)
    {
        NodeProblem? problem = null;
        if (_from is null && ((_from, problem) = await BeginAsync(most, stop)) is (_, { })) return ([], problem);
        var sales = new Queue<Sale>();
        ulong at = _from!.Value;
        while (true)
        {
            (IReadOnlyList<Sale> page, ulong? next, problem) = await PageAsync(at, PageSize, stop);
            if (problem is not null) return ([], problem);
            foreach (Sale sale in page)
            {
                sales.Enqueue(sale);
                if (sales.Count > most) sales.Dequeue();
            }

            if (next is not { } on || on <= at) break;
            at = on;
        }

        // With fewer than were wanted, those before may be wanted the next time.
        if (sales.Count == most) _from = sales.Peek().Number;
        return ([.. sales], null);
    }

    /// <summary>Returns a number with about so many sales behind it.</summary>
    private async Task<(ulong? From, NodeProblem? Problem)> BeginAsync(int most, CancellationToken stop)
    {
        // Something is at `some` or behind it, and nothing at `none`.
        ulong some = 0, none = 1;
        while (none < 1UL << 62)
        {
            (IReadOnlyList<Sale> page, _, NodeProblem? problem) = await PageAsync(none, 1, stop);
            if (problem is not null) return (null, problem);
            if (page.Count == 0) break;
            some = Math.Max(none, page[^1].Number);
            none = some * 2;
        }

        while (none - some > 1)
        {
            ulong middle = some + ((none - some) / 2);
            (IReadOnlyList<Sale> page, _, NodeProblem? problem) = await PageAsync(middle, 1, stop);
            if (problem is not null) return (null, problem);
            if (page.Count == 0) none = middle;
            else some = Math.Max(middle, page[^1].Number);
        }

        // Numbers have gaps where records were deleted; then fewer are shown.
        return (some > (ulong)most ? some - (ulong)most + 1 : 0, null);
    }

    private async Task<(IReadOnlyList<Sale> Sales, ulong? Next, NodeProblem? Problem)> PageAsync(ulong start, int limit, CancellationToken stop)
    {
        NodeReply reply = await line.CallAsync(
            "lsps-listsessions",
            json =>
            {
                json.WriteNumber("start"u8, start);
                json.WriteNumber("limit"u8, limit);
            },
            stop);
        if (reply.Problem is { } problem) return ([], null, problem);
        return ([.. Json.Items(reply.Result, "sessions").Select(Sale.Read)], Json.Number(reply.Result, "next_start") is { } next and >= 0 ? (ulong)next : null, null);
    }
}
