namespace LspsPlugin.Simulation.Runs;

/// <summary>
/// One of a seed's streams of randomness. Each thing that is drawn has its own, so that one draw more here does not change what is drawn
/// there, and most seeds keep their story when the code changes.
/// </summary>
public sealed class SimRandom
{
    private ulong _state;

    public SimRandom(int seed, string stream)
    {
        _state = unchecked((ulong)seed * 0x9e3779b97f4a7c15);
        foreach (char c in stream) _state = Mix(_state ^ c);
    }

    private SimRandom(ulong state) => _state = state;

    /// <summary>A stream for the <paramref name="number"/>th of its kind, whatever was drawn from this one so far in between.</summary>
    public static SimRandom Of(int seed, string stream, int number) => new(Mix(new SimRandom(seed, stream)._state ^ Mix((ulong)number + 1)));

    public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>From 0 to one less than <paramref name="bound"/>.</summary>
    public int Next(int bound) => (int)(Next() % (ulong)bound);

    /// <summary>From <paramref name="least"/> to <paramref name="most"/>.</summary>
    public int Between(int least, int most) => least + Next(most - least + 1);

    public long Between(long least, long most) => least + (long)(Next() % (ulong)(most - least + 1));

    public bool Chance(double probability) => NextDouble() < probability;

    public TimeSpan Between(TimeSpan least, TimeSpan most) => TimeSpan.FromMilliseconds(Between((long)least.TotalMilliseconds, (long)most.TotalMilliseconds));

    public T Pick<T>(params ReadOnlySpan<T> items) => items[Next(items.Length)];

    private ulong Next() => Mix(_state = unchecked(_state + 0x9e3779b97f4a7c15));

    /// <summary>The finisher of SplitMix64.</summary>
    private static ulong Mix(ulong z)
    {
        unchecked
        {
            z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
            z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
            return z ^ (z >> 31);
        }
    }
}
