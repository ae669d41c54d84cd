using System.Globalization;
using System.Text;
using LspsPlugin.Cln.Provider.Records;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Cln.Operator;

/// <summary>
/// The income as a table for accountants (RFC 4180): a line for each amount, with the sale to which it belongs. The amounts of all lines of a period add up to its
/// net.
/// </summary>
internal sealed class IncomeCsv(IncomeLedger ledger, LiveIncome live)
{
    /// <summary>The columns; later versions may add some at the end.</summary>
    public const string Header = "time_utc,kind,amount_msat,amount_btc,forwarded_msat,capacity_msat,client_id,payment_hash,channel_id,funding_txid,jit_channel_scid,sale,token,menu,cause";

    private const decimal MsatPerBtc = 100_000_000_000m;

    /// <summary>From so many sales of one branch on, the branch is read at once.</summary>
    private const int ReadAtOnce = 16;

    /// <summary>How many channels of the period were closed at an unknown cost, once a page is written.</summary>
    public int UnknownCloses { get; private set; }

    private enum Kind : byte
    {
        OpeningFee,
        FundingCost,
        Loss,
        RoutingFee,
        ClosingCost,
    }

    /// <summary>Writes a page.</summary>
    /// <param name="from">The first day.</param>
    /// <param name="to">The last day.</param>
    /// <param name="start">How many lines to skip.</param>
    /// <param name="limit">The most lines.</param>
    /// <param name="stopping">Cancels the reading.</param>
    /// <returns>The text with its header, and where the next page begins; or why an entry could not be read.</returns>
    public async ValueTask<(string Csv, int? Next, string? Problem)> WriteAsync(int from, int to, int start, int limit, CancellationToken stopping)
    {
        (Line[] page, bool hasMore) = Page(from, to, start, limit);
        Dictionary<IncomeKey, IncomeEntry> entries = await ReadAsync([.. page.Select(static line => line.Key).Distinct()], stopping);
        var csv = new StringBuilder(Header).Append("\r\n");
        foreach (Line line in page)
        {
            if (!entries.TryGetValue(line.Key, out IncomeEntry? entry)) return ("", null, $"the record {string.Join('/', line.Key.Path)} cannot be read now: ask again");
            Write(csv, line, entry);
        }

        return (csv.ToString(), hasMore ? start + limit : null, null);
    }

    /// <summary>Returns the lines of a page, in their order. Only the days of the page are put into order: a ledger may have years.</summary>
    private (Line[] Lines, bool HasMore) Page(int from, int to, int start, int limit)
    {
        var days = new SortedDictionary<int, int>();
        UnknownCloses = 0;
        Visit(from, to, line =>
        {
            days[line.Day] = days.GetValueOrDefault(line.Day) + 1;
            if (line.Amount is null) UnknownCloses++;
        });
        int before = 0, first = from, last = int.MinValue, upTo = 0;
        foreach ((int day, int count) in days)
        {
            if (upTo + count <= start) (before, first) = (upTo + count, day + 1);
            upTo += count;
            last = day;
            if (upTo - limit >= start) break;
        }

        var lines = new List<Line>();
        Visit(first, last, lines.Add);
        lines.Sort();
        return ([.. lines.Skip(start - before).Take(limit)], days.Values.Sum() - start > limit);
    }

    /// <summary>Visits the lines of some days, in any order.</summary>
    private void Visit(int from, int to, Action<Line> onLine)
    {
        IncomeBook book = ledger.Book;
        var channels = new HashSet<ulong>();
        foreach (IncomeRow row in book.Rows.Concat(live.Rows(book)))
        {
            if (row.Key.Channel == 0 || !channels.Add(row.Key.Channel)) continue;
            if (row.Forwarded.Value > 0 || row.OpeningFee.Value > 0) Add(row.Day, row, Kind.OpeningFee, row.OpeningFee);
            if (row.Funded != Days.Never) Add(row.Funded, row, row.Result == SaleResult.Failed ? Kind.Loss : Kind.FundingCost, row.FundingCost);
            if (book.Closed.TryGetValue(row.Key, out ClosedChannel closed)) Add(closed.Closed, row, Kind.ClosingCost, closed.Cost);
            if (book.Routed(row.Key) is not { } routed) continue;
            foreach ((int day, Msat fee) in IncomeReport.WithoutOpeningFee(routed, row.OpeningFee, row.Day)) Add(day, row, Kind.RoutingFee, fee);
        }

        void Add(int day, IncomeRow row, Kind kind, Msat? amount)
        {
            if (day >= from && day <= to) onLine(new Line(day, row.Key, kind, amount));
        }
    }

    private async ValueTask<Dictionary<IncomeKey, IncomeEntry>> ReadAsync(IReadOnlyList<IncomeKey> keys, CancellationToken stopping)
    {
        var entries = live.Entries.ToDictionary(static one => one.Key, static one => one.Entry);
        foreach (var branch in keys.Where(key => !entries.ContainsKey(key)).ToArray().GroupBy(static key => key.Sale / IncomeKey.BranchSize))
        {
            IncomeKey[] wanted = [.. branch];
            if (wanted.Length >= ReadAtOnce)
            {
                foreach ((IncomeKey key, IncomeEntry entry) in await ledger.BranchAsync(branch.Key, stopping)) entries.TryAdd(key, entry);
                continue;
            }

            foreach (IncomeKey key in wanted)
            {
                if (await ledger.FindAsync(key, stopping) is { } entry) entries.TryAdd(key, entry);
            }
        }

        return entries;
    }

    private void Write(StringBuilder csv, Line line, IncomeEntry entry)
    {
        bool isCost = line.Kind is Kind.FundingCost or Kind.Loss or Kind.ClosingCost;
        decimal? amount = line.Amount is { } msat ? (isCost ? -(decimal)msat.Value : msat.Value) : null;
        string[] values =
        [
            TimeOf(line, entry),
            line.Kind switch
            {
                Kind.OpeningFee => "opening_fee",
                Kind.FundingCost => "funding_cost",
                Kind.Loss => "loss",
                Kind.RoutingFee => "routing_fee",
                Kind.ClosingCost => "closing_cost",
                _ => throw new InvalidOperationException($"no word for {line.Kind}"),
            },
            amount?.ToString("0", CultureInfo.InvariantCulture) ?? "",
            amount is { } all ? (all / MsatPerBtc).ToString("0.00000000000", CultureInfo.InvariantCulture) : "",
            line.Kind == Kind.OpeningFee ? Number(entry.Forwarded) : "",
            line.Kind is Kind.FundingCost or Kind.Loss ? Number(entry.Capacity) : "",
            entry.Client.ToString(),
            entry.PaymentHash?.ToString() ?? "",
            entry.Channel?.ToString() ?? "",
            entry.Funding?.ToString() ?? "",
            entry.JitScid.ToString(),
            line.Key.Sale.ToString(CultureInfo.InvariantCulture),
            entry.Token ?? "",
            entry.Menu is var (ppm, blocks) ? $"{ppm}ppm/{blocks}" : "",
            line.Kind == Kind.Loss && entry.Reason is { } reason ? reason.ToWord() : "",
        ];
        csv.AppendJoin(',', values.Select(Field)).Append("\r\n");
    }

    /// <summary>Forwards are summed up by days, so their lines have the end of the day.</summary>
    private string TimeOf(Line line, IncomeEntry entry) => line.Kind switch
    {
        Kind.OpeningFee => LspsTime.Write(entry.At),
        Kind.FundingCost or Kind.Loss => LspsTime.Write(entry.FundedAt ?? entry.At),
        Kind.ClosingCost when ledger.Channels.GetValueOrDefault(line.Key)?.ClosedAt is { } closed => LspsTime.Write(closed),
        _ => $"{Days.Write(line.Day)}T23:59:59.999Z",
    };

    private static string Number(Msat amount) => amount.Value.ToString(CultureInfo.InvariantCulture);

    /// <summary>Quotes what would break the table. A leading = + - or @ of a token would be a formula to a spreadsheet.</summary>
    private static string Field(string text)
    {
        bool isNumber = decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out _);
        if (!isNumber && text.Length > 0 && text[0] is '=' or '+' or '-' or '@') text = $"'{text}";
        return text.AsSpan().ContainsAny("\",\r\n") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
    }

    private readonly record struct Line(int Day, IncomeKey Key, Kind Kind, Msat? Amount) : IComparable<Line>
    {
        public int CompareTo(Line other) => Day != other.Day ? Day.CompareTo(other.Day) : Key != other.Key ? Key.CompareTo(other.Key) : Kind.CompareTo(other.Kind);
    }
}
