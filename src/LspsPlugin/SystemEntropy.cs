using System.Security.Cryptography;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin;

/// <summary>The operating system's randomness: the one place where it comes in.</summary>
internal sealed class SystemEntropy : IEntropy
{
    public static readonly SystemEntropy Instance = new();

#pragma warning disable RS0030 // the implementation that the ban points to
    public void Fill(Span<byte> bytes) => RandomNumberGenerator.Fill(bytes);
#pragma warning restore RS0030
}
