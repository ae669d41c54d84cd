namespace LspsPlugin.Core.Lightning;

/// <summary>Where randomness comes from: the system's, or a seed that replays.</summary>
public interface IEntropy
{
    void Fill(Span<byte> bytes);
}
