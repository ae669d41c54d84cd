using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Simulation.Time;

/// <summary>Reproducible randomness.</summary>
public sealed class SeededEntropy(int seed) : IEntropy
{
    private readonly Random _random = new(seed);

    public void Fill(Span<byte> bytes) => _random.NextBytes(bytes);
}
