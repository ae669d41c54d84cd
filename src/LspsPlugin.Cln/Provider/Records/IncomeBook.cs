using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Cln.Provider.Records;

/// <summary>What of an entry the sums need, in about 100 bytes: all sales ever are in memory.</summary>
/// <param name="Key">What it is about.</param>
/// <param name="Client">The client, by its place in <see cref="IncomeBook.Names"/>.</param>
/// <param name="Token">The token, likewise.</param>
/// <param name="Menu">The menu entry, likewise.</param>
/// <param name="Result">How it ended.</param>
/// <param name="Reason">Why it failed.</param>
/// <param name="Day">The day on which the fee was earned or the attempt ended.</param>
/// <param name="Funded">The day on which the funding was sent; <see cref="Days.Never"/> if it was not.</param>
internal readonly record struct IncomeRow(IncomeKey Key, int Client, int Token, int Menu, SaleResult Result, FailureReason? Reason, int Day, int Funded)
{
    public Msat Forwarded { get; init; }

    public Msat OpeningFee { get; init; }

    public Msat FundingCost { get; init; }

    public Msat Capacity { get; init; }
}

/// <summary>What became of a sold channel.</summary>
/// <param name="Closed">The day of its close; <see cref="Days.Never"/> while it is open.</param>
/// <param name="Cost">The on-chain fees of the close; null if they are unknown.</param>
/// <param name="IsFinal">Whether nothing more can be learnt of it.</param>
internal readonly record struct ClosedChannel(int Closed, Msat? Cost, bool IsFinal = false);

/// <summary>What the node's forwards earned over a sold channel on a day, the opening fee included.</summary>
/// <param name="Key">The sale and its channel.</param>
/// <param name="Day">The day.</param>
/// <param name="Fee">The sum of the node's fees.</param>
internal readonly record struct RoutedFee(IncomeKey Key, int Day, Msat Fee);

/// <summary>The ledger in memory.</summary>
internal sealed class IncomeBook
{
    private readonly List<IncomeRow> _rows = [];
    private readonly Dictionary<IncomeKey, ClosedChannel> _closed = [];
    private readonly Dictionary<IncomeKey, SortedList<int, Msat>> _routed = [];
    private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);
    private readonly List<string> _names = [];
    private readonly SortedDictionary<string, string> _problems = new(StringComparer.Ordinal);

    /// <summary>The rows, in the order of their keys.</summary>
    public IReadOnlyList<IncomeRow> Rows => _rows;

    /// <summary>The channels that are closed.</summary>
    public IReadOnlyDictionary<IncomeKey, ClosedChannel> Closed => _closed;

    /// <summary>What was earned by forwards over a channel, by day; null if nothing was.</summary>
    public IReadOnlyDictionary<int, Msat>? Routed(IncomeKey key) => _routed.GetValueOrDefault(key);

    /// <summary>Clients, tokens and menu entries, each once.</summary>
    public IReadOnlyList<string> Names => _names;

    /// <summary>The records that cannot be read, by their places.</summary>
    public IReadOnlyDictionary<string, string> Problems => _problems;

    /// <summary>Returns an entry as a row.</summary>
    public IncomeRow RowOf(IncomeKey key, IncomeEntry entry) => new(
        key,
        PlaceOf(entry.Client.ToString()),
        PlaceOf(entry.Token ?? "none"),
        PlaceOf(entry.Menu is var (ppm, blocks) ? $"{ppm}ppm/{blocks}" : "unknown"),
        entry.Result,
        entry.Reason,
        Days.Of(entry.At),
        entry.FundedAt is { } funded ? Days.Of(funded) : Days.Never)
    {
        Forwarded = entry.Forwarded,
        OpeningFee = entry.OpeningFee,
        FundingCost = entry.FundingCost,
        Capacity = entry.Capacity,
    };

    /// <summary>Adds or replaces an entry.</summary>
    public void Put(IncomeKey key, IncomeEntry entry)
    {
        IncomeRow row = RowOf(key, entry);
        int place = Find(key);
        if (place >= 0) _rows[place] = row;
        else _rows.Insert(~place, row);
    }

    /// <summary>Adds an entry that was read, unless a later one of the same key was entered meanwhile.</summary>
    public void Learn(IncomeKey key, IncomeEntry entry)
    {
        if (Find(key) < 0) Put(key, entry);
    }

    public void Remove(IncomeKey key)
    {
        if (Find(key) is >= 0 and var place) _rows.RemoveAt(place);
    }

    public IncomeRow? Row(IncomeKey key) => Find(key) is >= 0 and var place ? _rows[place] : null;

    /// <summary>Whether there is an entry of the sale, for one of its channels or for itself.</summary>
    public bool Has(ulong sale)
    {
        int place = Find(new IncomeKey(sale, 0));
        if (place < 0) place = ~place;
        return place < _rows.Count && _rows[place].Key.Sale == sale;
    }

    /// <summary>Returns the client of a sale; null if there is no entry of it.</summary>
    public string? ClientOf(ulong sale)
    {
        int place = Find(new IncomeKey(sale, 0));
        if (place < 0) place = ~place;
        return place < _rows.Count && _rows[place].Key.Sale == sale ? _names[_rows[place].Client] : null;
    }

    /// <summary>Whether nothing more can be learnt of a channel.</summary>
    public bool IsFinal(IncomeKey key) => _closed.TryGetValue(key, out ClosedChannel closed) && closed.IsFinal;

    public void Close(IncomeKey key, ClosedChannel closed) => _closed[key] = closed;

    public void Route(RoutedFee fee)
    {
        if (!_routed.TryGetValue(fee.Key, out SortedList<int, Msat>? days)) _routed.Add(fee.Key, days = []);
        days[fee.Day] = days.GetValueOrDefault(fee.Day) + fee.Fee;
    }

    public void Complain(string[] place, string problem) => _problems[string.Join('/', place)] = problem;

    private int PlaceOf(string name)
    {
        if (_places.TryGetValue(name, out int place)) return place;
        _names.Add(name);
        return _places[name] = _names.Count - 1;
    }

    /// <summary>Returns the place of a key; if it is not there, the complement of where it belongs. New keys are nearly always the last.</summary>
    private int Find(IncomeKey key)
    {
        int low = 0, high = _rows.Count - 1;
        if (high >= 0 && _rows[high].Key.CompareTo(key) < 0) return ~_rows.Count;
        while (low <= high)
        {
            int middle = low + ((high - low) / 2), order = _rows[middle].Key.CompareTo(key);
            if (order == 0) return middle;
            if (order < 0) low = middle + 1;
            else high = middle - 1;
        }

        return ~low;
    }
}
