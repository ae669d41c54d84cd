namespace LspsPlugin.Cln.Provider.Records;

/// <summary>A set of numbers, most of which follow one another. It may be changed while somebody goes through it.</summary>
internal sealed class NumberRanges
{
    /// <summary>How many numbers are read. Whoever edits a record must not make the plugin ask the node for ever.</summary>
    private const ulong Most = 1_000_000;

    /// <summary>The first and the last number of each range, in order; between two ranges at least one number is missing.</summary>
    private readonly List<(ulong First, ulong Last)> _ranges = [];

    /// <returns>False if it was in the set.</returns>
    public bool Add(ulong number)
    {
        int after = After(number);
        if (after > 0 && number <= _ranges[after - 1].Last) return false;
        bool followsOne = after > 0 && _ranges[after - 1].Last == number - 1, precedesOne = after < _ranges.Count && _ranges[after].First - 1 == number;
        if (followsOne && precedesOne)
        {
            _ranges[after - 1] = (_ranges[after - 1].First, _ranges[after].Last);
            _ranges.RemoveAt(after);
        }
        else if (followsOne)
        {
            _ranges[after - 1] = (_ranges[after - 1].First, number);
        }
        else if (precedesOne)
        {
            _ranges[after] = (number, _ranges[after].Last);
        }
        else
        {
            _ranges.Insert(after, (number, number));
        }

        return true;
    }

    /// <returns>False if it was not in the set.</returns>
    public bool Remove(ulong number)
    {
        int at = After(number) - 1;
        if (at < 0 || _ranges[at].Last < number) return false;
        (ulong first, ulong last) = _ranges[at];
        _ranges.RemoveAt(at);
        if (number < last) _ranges.Insert(at, (number + 1, last));
        if (first < number) _ranges.Insert(at, (first, number - 1));
        return true;
    }

    public bool Contains(ulong number) => After(number) is > 0 and var after && number <= _ranges[after - 1].Last;

    /// <summary>Returns the smallest number that is not below <paramref name="from"/>; null if there is none.</summary>
    public ulong? Next(ulong from)
    {
        if (Contains(from)) return from;
        int after = After(from);
        return after < _ranges.Count ? _ranges[after].First : null;
    }

    /// <summary>Returns the numbers from one on, in order.</summary>
    public IEnumerable<ulong> From(ulong start)
    {
        for (ulong? number = Next(start); number is { } one; number = one == ulong.MaxValue ? null : Next(one + 1)) yield return one;
    }

    /// <summary>Returns the numbers from the greatest on.</summary>
    public IEnumerable<ulong> Descending()
    {
        for (ulong? number = _ranges.Count > 0 ? _ranges[^1].Last : null; number is { } one; number = one == 0 ? null : Before(one - 1)) yield return one;
    }

    public ulong[][] ToArray() => [.. _ranges.Select(static range => (ulong[])[range.First, range.Last])];

    /// <summary>Reads what <see cref="ToArray"/> returned; null if it is something else.</summary>
    public static NumberRanges? Read(ulong[]?[]? ranges)
    {
        if (ranges is null) return null;
        var read = new NumberRanges();
        ulong all = 0;
        foreach (ulong[]? range in ranges)
        {
            if (range is not [var first, var last] || first > last || last - first > Most || (all += last - first) > Most || (read._ranges.Count > 0 && (first <= read._ranges[^1].Last || first - read._ranges[^1].Last == 1))) return null;
            read._ranges.Add((first, last));
        }

        return read;
    }

    private ulong? Before(ulong from)
    {
        int after = After(from);
        return after == 0 ? null : Math.Min(_ranges[after - 1].Last, from);
    }

    /// <summary>Returns the place of the first range that begins after a number.</summary>
    private int After(ulong number)
    {
        int low = 0, high = _ranges.Count;
        while (low < high)
        {
            int middle = low + ((high - low) / 2);
            if (_ranges[middle].First <= number) low = middle + 1;
            else high = middle;
        }

        return low;
    }
}
