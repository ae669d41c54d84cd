namespace LspsPlugin.Simulation.Runs;

/// <summary>
/// One of a seed's random streams. Each kind of draw has its own stream, so that one more draw does not change the others, and most seeds
/// keep their course when the code changes.
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

    /// <summary>Returns the stream for the <paramref name="number"/>th item of a kind, independent of earlier draws.</summary>
    public static SimRandom Of(int seed, string stream, int number) => new(Mix(new SimRandom(seed, stream)._state ^ Mix((ulong)number + 1)));

    public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Returns a number from 0 to <paramref name="bound"/> - 1.</summary>
    public int Next(int bound) => (int)(Next() % (ulong)bound);

    /// <summary>Returns a number from <paramref name="least"/> to <paramref name="most"/>, both inclusive.</summary>
    public int Between(int least, int most) => least + Next(most - least + 1);

    public long Between(long least, long most) => least + (long)(Next() % (ulong)(most - least + 1));

    public bool Chance(double probability) => NextDouble() < probability;

    public TimeSpan Between(TimeSpan least, TimeSpan most) => TimeSpan.FromMilliseconds(Between((long)least.TotalMilliseconds, (long)most.TotalMilliseconds));

    public T Pick<T>(params ReadOnlySpan<T> items) => items[Next(items.Length)];

    private ulong Next() => Mix(_state = unchecked(_state + 0x9e3779b97f4a7c15));

    /// <summary>Applies the finalizer of SplitMix64.</summary>
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
