using System.Buffers.Binary;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Lsps2;

/// <summary>Generates JIT scids for channels that do not exist yet.</summary>
public static class JitScids
{
    /// <summary>The distance in blocks from the tip to the first proposed scid: the chain does not reach it while the offer lives.</summary>
    private const uint Ahead = 10_000;

    private const uint Range = 4_000_000;

    /// <summary>
    /// Returns a random, unguessable scid in blocks far beyond those that will be mined soon. The caller must check that it does not collide with a
    /// known scid.
    /// </summary>
    /// <param name="height">The current block height.</param>
    /// <param name="entropy">12 bytes are taken from it.</param>
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
