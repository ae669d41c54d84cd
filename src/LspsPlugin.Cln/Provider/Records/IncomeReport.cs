using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Cln.Provider.Records;

/// <summary>What income is summed by.</summary>
internal enum Grouping : byte
{
    Day,
    Month,
    Client,
    Token,
    Menu,
    Total,
}

/// <summary>The sales of a period, in sums.</summary>
internal sealed class IncomeReport
{
    private readonly IncomeBook _book;
    private readonly Grouping _by;
    private readonly Dictionary<int, IncomeSums> _sums = [];
    private readonly SortedDictionary<string, IncomeSums> _groups = new(StringComparer.Ordinal);

    /// <summary>By how much the capital bound changes on a day, in msat.</summary>
    private readonly SortedDictionary<int, long> _bound = [];
    private readonly HashSet<ulong> _channels = [];

    private IncomeReport(IncomeBook book, int from, int to, Grouping by) => (_book, From, To, _by) = (book, from, to, by);

    /// <summary>The first day.</summary>
    public int From { get; }

    /// <summary>The last day.</summary>
    public int To { get; }

    /// <summary>The groups in which something happened, in the order of their names.</summary>
    public IReadOnlyDictionary<string, IncomeSums> Groups => _groups;

    public IncomeSums Totals { get; } = new();

    /// <summary>How many channels were closed at an unknown cost.</summary>
    public int UnknownCloses { get; private set; }

    /// <summary>Sums up a period.</summary>
    /// <param name="book">The ledger.</param>
    /// <param name="live">What the ledger does not have, in the order of the keys.</param>
    /// <param name="liveSales">The sales that are not over: a failed attempt is not their end.</param>
    /// <param name="from">The first day; null for the first on record.</param>
    /// <param name="to">The last day.</param>
    /// <param name="by">What to sum by.</param>
    public static IncomeReport Of(IncomeBook book, IReadOnlyList<IncomeRow> live, IReadOnlySet<ulong> liveSales, int? from, int to, Grouping by)
    {
        int first = from ?? Math.Min(to, book.Rows.Concat(live).Select(static row => Math.Min(row.Day, row.Funded)).DefaultIfEmpty(to).Min());
        var report = new IncomeReport(book, first, to, by);
        var sale = new List<IncomeRow>();
        foreach (IncomeRow row in Merged(book.Rows, live))
        {
            if (sale.Count > 0 && sale[0].Key.Sale != row.Key.Sale)
            {
                report.Add(sale, liveSales.Contains(sale[0].Key.Sale));
                sale.Clear();
            }

            sale.Add(row);
        }

        if (sale.Count > 0) report.Add(sale, liveSales.Contains(sale[0].Key.Sale));
        foreach (IncomeSums sums in report._sums.Values) report.Totals.Add(sums);
        report.AddBounds();
        return report;
    }

    /// <summary>Returns the fees of the forwards over a channel without the opening fee, which the node counts as the fee of the payment's parts.</summary>
    /// <param name="routed">The node's fees by day, in the order of the days.</param>
    /// <param name="openingFee">The opening fee.</param>
    /// <param name="earned">The day on which it was earned; parts may settle after midnight.</param>
    public static IEnumerable<(int Day, Msat Fee)> WithoutOpeningFee(IEnumerable<KeyValuePair<int, Msat>> routed, Msat openingFee, int earned)
    {
        Msat left = openingFee;
        foreach ((int day, Msat fee) in routed)
        {
            Msat opening = day > earned + 1 ? Msat.Zero : fee < left ? fee : left;
            left -= opening;
            if (fee > opening) yield return (day, fee - opening);
        }
    }

    /// <summary>Returns both lists as one, in the order of the keys.</summary>
    private static IEnumerable<IncomeRow> Merged(IReadOnlyList<IncomeRow> rows, IReadOnlyList<IncomeRow> live)
    {
        int next = 0;
        foreach (IncomeRow row in rows)
        {
            for (; next < live.Count && live[next].Key.CompareTo(row.Key) < 0; next++) yield return live[next];
            yield return row;
        }

        for (; next < live.Count; next++) yield return live[next];
    }

    /// <summary>Adds one sale. It is counted once, by its best result; what its attempts earned and cost is all counted.</summary>
    private void Add(List<IncomeRow> sale, bool isLive)
    {
        int counted = sale.FindIndex(static row => row.Result == SaleResult.Paid);
        if (counted < 0 && !isLive) counted = sale[0].Key.Channel == 0 ? 0 : sale.Count - 1;
        for (int i = 0; i < sale.Count; i++)
        {
            IncomeRow row = sale[i];
            if (row.Key.Channel != 0 && !_channels.Add(row.Key.Channel)) continue; // entered under two numbers, by an earlier version in between
            if (i == counted) Count(row);
            AddMoney(row);
        }
    }

    private void Count(IncomeRow row)
    {
        if (row.Result is SaleResult.Open or SaleResult.Passed || SumsAt(row, row.Day) is not { } sums) return;
        if (row.Result == SaleResult.Paid) sums.Paid++;
        else if (row.Result == SaleResult.Expired) sums.Expired++;
        else sums.Failed++;
        if (row is { Result: SaleResult.Failed, Reason: { } reason }) sums.Lose(reason, 1, Msat.Zero);
    }

    private void AddMoney(IncomeRow row)
    {
        if (row.Forwarded.Value > 0 && SumsAt(row, row.Day) is { } earned) (earned.Forwarded, earned.OpeningFees) = (earned.Forwarded + row.Forwarded, earned.OpeningFees + row.OpeningFee);
        if (row.Funded != Days.Never) AddFunding(row);
        if (_book.Closed.TryGetValue(row.Key, out ClosedChannel closed)) AddClose(row, closed);
        if (_book.Routed(row.Key) is not { } routed) return;
        foreach ((int day, Msat fee) in WithoutOpeningFee(routed, row.OpeningFee, row.Day))
        {
            if (SumsAt(row, day) is { } sums) sums.RoutingFees += fee;
        }
    }

    private void AddFunding(IncomeRow row)
    {
        Bind(row.Funded, (long)row.Capacity.Value);
        if (SumsAt(row, row.Funded) is not { } sums) return;
        sums.Capital += row.Capacity;
        if (row is { Result: SaleResult.Failed, Reason: { } reason }) sums.Lose(reason, 0, row.FundingCost);
        else sums.FundingCost += row.FundingCost;
    }

    private void AddClose(IncomeRow row, ClosedChannel closed)
    {
        if (row.Funded != Days.Never) Bind(closed.Closed, -(long)row.Capacity.Value);
        if (SumsAt(row, closed.Closed) is not { } sums) return;
        if (closed.Cost is { } cost) sums.ClosingCost += cost;
        else UnknownCloses++;
    }

    /// <summary>Returns the sums to which something of this day belongs; null if the day is not in the period.</summary>
    private IncomeSums? SumsAt(IncomeRow row, int day)
    {
        if (day < From || day > To) return null;
        int place = _by switch
        {
            Grouping.Day => day,
            Grouping.Month => Days.MonthEnd(day),
            Grouping.Client => row.Client,
            Grouping.Token => row.Token,
            Grouping.Menu => row.Menu,
            Grouping.Total => 0,
            _ => throw new InvalidOperationException($"no groups by {_by}"),
        };
        if (_sums.TryGetValue(place, out IncomeSums? sums)) return sums;
        _sums.Add(place, sums = new IncomeSums());
        _groups.Add(_by switch { Grouping.Day => Days.Write(day), Grouping.Month => Days.Month(day), Grouping.Total => "total", Grouping.Client or Grouping.Token or Grouping.Menu => _book.Names[place], _ => "" }, sums);
        return sums;
    }

    private void Bind(int day, long change) => _bound[day] = _bound.GetValueOrDefault(day) + change;

    private void AddBounds()
    {
        Totals.Bound = BoundAt(To);
        if (_by == Grouping.Total && _groups.TryGetValue("total", out IncomeSums? total)) total.Bound = Totals.Bound;
        if (_by is not (Grouping.Day or Grouping.Month)) return;
        long bound = 0;
        using var changes = _bound.GetEnumerator();
        bool hasChange = changes.MoveNext();
        foreach ((string name, IncomeSums sums) in _groups)
        {
            int end = _by == Grouping.Day ? Days.Read(name)!.Value : Math.Min(To, Days.MonthEnd(Days.Read($"{name}-01")!.Value));
            for (; hasChange && changes.Current.Key <= end; hasChange = changes.MoveNext()) bound += changes.Current.Value;
            sums.Bound = new Msat((ulong)Math.Max(bound, 0));
        }
    }

    private Msat BoundAt(int end) => new((ulong)Math.Max(_bound.TakeWhile(one => one.Key <= end).Sum(static one => one.Value), 0));
}
