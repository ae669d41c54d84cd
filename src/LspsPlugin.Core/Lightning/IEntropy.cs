namespace LspsPlugin.Core.Lightning;

/// <summary>A source of randomness: the operating system, or a seed in tests.</summary>
public interface IEntropy
{
    /// <summary>Fills a span with random bytes.</summary>
    void Fill(Span<byte> bytes);
}
