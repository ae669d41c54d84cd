using System.Security.Cryptography;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin;

/// <summary>The operating system's randomness; its only use in the program.</summary>
internal sealed class SystemEntropy : IEntropy
{
    public static readonly SystemEntropy Instance = new();

#pragma warning disable RS0030 // the implementation that the banned-API message refers to
    public void Fill(Span<byte> bytes) => RandomNumberGenerator.Fill(bytes);
#pragma warning restore RS0030
}
