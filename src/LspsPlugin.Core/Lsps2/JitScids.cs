using System.Buffers.Binary;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Lsps2;

/// <summary>Names for channels that do not exist yet.</summary>
public static class JitScids
{
    /// <summary>Blocks between the tip and the first proposed one: real channels do not get there while an offer lives.</summary>
    private const uint Ahead = 10_000;

    private const uint Range = 4_000_000;

    /// <summary>
    /// A random scid in blocks far from any that will be mined soon. Nobody can guess it, and the caller makes sure that it collides
    /// with nothing it knows.
    /// </summary>
    public static Scid Propose(BlockHeight height, IEntropy entropy)
    {
        Span<byte> random = stackalloc byte[12];
        entropy.Fill(random);
        uint block = (uint)Math.Min((ulong)height.Value + Ahead, 0xFF_FFFF - Range) + (BinaryPrimitives.ReadUInt32BigEndian(random) % Range);
        uint tx = BinaryPrimitives.ReadUInt32BigEndian(random[4..]) & 0xFF_FFFF;
        return Scid.Of(block, tx, (ushort)BinaryPrimitives.ReadUInt32BigEndian(random[8..]).Low());
    }

    private static uint Low(this uint value) => value & 0xFFFF;
}
