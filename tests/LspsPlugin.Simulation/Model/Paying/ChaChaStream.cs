using System.Buffers.Binary;
using System.Numerics;

namespace LspsPlugin.Simulation.Model.Paying;

/// <summary>The ChaCha20 stream of BOLT 4: nonce zero, counter from zero. The framework has only the authenticated form, which begins at one.</summary>
internal static class ChaChaStream
{
    private const int Block = 64;
    private const int Rounds = 20;

    /// <summary>XORs the stream of a key into <paramref name="data"/>.</summary>
    public static void Xor(ReadOnlySpan<byte> key, Span<byte> data)
    {
        Span<uint> state = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        for (int i = 0; i < 8; i++) state[4 + i] = BinaryPrimitives.ReadUInt32LittleEndian(key[(4 * i)..]);
        Span<uint> work = stackalloc uint[16];
        Span<byte> block = stackalloc byte[Block];
        for (int at = 0; at < data.Length; at += Block, state[12]++)
        {
            state.CopyTo(work);
            for (int round = 0; round < Rounds; round += 2) TwoRounds(work);
            for (int i = 0; i < 16; i++) BinaryPrimitives.WriteUInt32LittleEndian(block[(4 * i)..], unchecked(work[i] + state[i]));
            Span<byte> part = data.Slice(at, Math.Min(Block, data.Length - at));
            for (int i = 0; i < part.Length; i++) part[i] ^= block[i];
        }
    }

    private static void TwoRounds(Span<uint> x)
    {
        Quarter(ref x[0], ref x[4], ref x[8], ref x[12]);
        Quarter(ref x[1], ref x[5], ref x[9], ref x[13]);
        Quarter(ref x[2], ref x[6], ref x[10], ref x[14]);
        Quarter(ref x[3], ref x[7], ref x[11], ref x[15]);
        Quarter(ref x[0], ref x[5], ref x[10], ref x[15]);
        Quarter(ref x[1], ref x[6], ref x[11], ref x[12]);
        Quarter(ref x[2], ref x[7], ref x[8], ref x[13]);
        Quarter(ref x[3], ref x[4], ref x[9], ref x[14]);
    }

    private static void Quarter(ref uint a, ref uint b, ref uint c, ref uint d)
    {
        unchecked
        {
            d = BitOperations.RotateLeft(d ^ (a += b), 16);
            b = BitOperations.RotateLeft(b ^ (c += d), 12);
            d = BitOperations.RotateLeft(d ^ (a += b), 8);
            b = BitOperations.RotateLeft(b ^ (c += d), 7);
        }
    }
}
