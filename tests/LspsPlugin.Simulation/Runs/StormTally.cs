namespace LspsPlugin.Simulation.Runs;

/// <summary>Counts the events of one run; a run without events proves little.</summary>
public sealed class StormTally
{
    private readonly SortedDictionary<string, int> _counts = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, int> Counts => _counts;

    /// <summary>Raised for everything that is counted, for a trace.</summary>
    public event Action<string>? Counted;

    public void Count(string what)
    {
        _counts[what] = _counts.GetValueOrDefault(what) + 1;
        Counted?.Invoke(what);
    }

    public void Add(IReadOnlyDictionary<string, int> counts)
    {
        foreach ((string what, int times) in counts) _counts[what] = _counts.GetValueOrDefault(what) + times;
    }
}
