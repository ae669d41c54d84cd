using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;

namespace LspsPlugin.Core.Lightning;

/// <summary>The answer of a node that failed an HTLC, encrypted for the node that sent the onion (BOLT 4, returning errors).</summary>
public static class OnionReply
{
    private const int MacBytes = 32;

    /// <summary>Removes the encryption of one node after the other until the message of the node that failed the HTLC appears.</summary>
    /// <param name="reply">The answer as it arrived.</param>
    /// <param name="secrets">The secrets shared with the nodes of the route, in order, as createonion returned them.</param>
    /// <param name="origin">The index of the secret of the node that failed it; -1 when the answer cannot be read.</param>
    /// <returns>The failure message, which begins with the failure_code; null when no node of the route can have sent the answer.</returns>
    public static byte[]? Unwrap(ReadOnlySpan<byte> reply, ReadOnlySpan<Bytes32> secrets, out int origin)
    {
        byte[] contents = reply.ToArray();
        for (origin = 0; origin < secrets.Length; origin++)
        {
            Wrap(contents, secrets[origin]);
            if (Read(contents, secrets[origin]) is { } message) return message;
        }

        origin = -1;
        return null;
    }

    /// <summary>Returns the answer that a node sends, before any node before it adds its encryption.</summary>
    /// <param name="message">The failure message.</param>
    /// <param name="secret">The secret that the node shares with the sender.</param>
    /// <param name="padded">To how many bytes the message is padded; 256 at least (BOLT 4).</param>
    public static byte[] Create(ReadOnlySpan<byte> message, Bytes32 secret, int padded = 256)
    {
        byte[] reply = new byte[MacBytes + 2 + 2 + Math.Max(message.Length, padded)];
        Span<byte> body = reply.AsSpan(MacBytes);
        BinaryPrimitives.WriteUInt16BigEndian(body, (ushort)message.Length);
        message.CopyTo(body[2..]);
        BinaryPrimitives.WriteUInt16BigEndian(body[(2 + message.Length)..], (ushort)(reply.Length - MacBytes - 4 - message.Length));
        HMACSHA256.HashData(Key("um"u8, secret), body, reply);
        Wrap(reply, secret);
        return reply;
    }

    /// <summary>Adds or removes the encryption of one node, in place: both are the same.</summary>
    public static void Wrap(Span<byte> reply, Bytes32 secret) => ChaCha20.Apply(Key("ammag"u8, secret), reply);

    private static byte[]? Read(ReadOnlySpan<byte> contents, Bytes32 secret)
    {
        if (contents.Length < MacBytes + 2) return null;
        ReadOnlySpan<byte> body = contents[MacBytes..];
        Span<byte> expected = stackalloc byte[MacBytes];
        HMACSHA256.HashData(Key("um"u8, secret), body, expected);
        if (!CryptographicOperations.FixedTimeEquals(expected, contents[..MacBytes])) return null;
        int length = BinaryPrimitives.ReadUInt16BigEndian(body);
        return length <= body.Length - 2 ? body.Slice(2, length).ToArray() : [];
    }

    private static byte[] Key(ReadOnlySpan<byte> kind, Bytes32 secret)
    {
        Span<byte> bytes = stackalloc byte[Bytes32.Size];
        secret.CopyTo(bytes);
        return HMACSHA256.HashData(kind, bytes);
    }
}

/// <summary>ChaCha20 (RFC 8439) with a nonce of zeros, as BOLT 4 uses it. The framework has it only with an authenticator.</summary>
internal static class ChaCha20
{
    private const int BlockBytes = 64;

    /// <summary>Combines bytes with the cipher's stream, from block 0 on.</summary>
    public static void Apply(ReadOnlySpan<byte> key, Span<byte> bytes)
    {
        Span<uint> start = stackalloc uint[16];
        start.Clear();
        (start[0], start[1], start[2], start[3]) = (0x61707865, 0x3320646e, 0x79622d32, 0x6b206574);
        for (int i = 0; i < 8; i++) start[4 + i] = BinaryPrimitives.ReadUInt32LittleEndian(key[(4 * i)..]);
        Span<uint> block = stackalloc uint[16];
        Span<byte> stream = stackalloc byte[BlockBytes];
        for (; !bytes.IsEmpty; start[12]++)
        {
            start.CopyTo(block);
            for (int round = 0; round < 10; round++)
            {
                for (int i = 0; i < 4; i++) Quarter(block, i, 4 + i, 8 + i, 12 + i);
                for (int i = 0; i < 4; i++) Quarter(block, i, 4 + ((i + 1) % 4), 8 + ((i + 2) % 4), 12 + ((i + 3) % 4));
            }

            for (int i = 0; i < 16; i++) BinaryPrimitives.WriteUInt32LittleEndian(stream[(4 * i)..], unchecked(block[i] + start[i]));
            int length = Math.Min(BlockBytes, bytes.Length);
            for (int i = 0; i < length; i++) bytes[i] ^= stream[i];
            bytes = bytes[length..];
        }
    }

    private static void Quarter(Span<uint> x, int a, int b, int c, int d)
    {
        unchecked
        {
            x[a] += x[b];
            x[d] = BitOperations.RotateLeft(x[d] ^ x[a], 16);
            x[c] += x[d];
            x[b] = BitOperations.RotateLeft(x[b] ^ x[c], 12);
            x[a] += x[b];
            x[d] = BitOperations.RotateLeft(x[d] ^ x[a], 8);
            x[c] += x[d];
            x[b] = BitOperations.RotateLeft(x[b] ^ x[c], 7);
        }
    }
}
