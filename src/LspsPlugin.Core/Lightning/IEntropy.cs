namespace LspsPlugin.Core.Lightning;

/// <summary>A source of randomness: the operating system, or a seed in tests.</summary>
public interface IEntropy
{
    void Fill(Span<byte> bytes);
}
