using System.Buffers.Binary;
using System.Security.Cryptography;

namespace LspsPlugin.Simulation.Model.Paying;

/// <summary>The failure of an HTLC on its way back (BOLT 4): made by the node that fails it, and encrypted by each hop, the first included.</summary>
public static class FailureOnion
{
    private const int HmacBytes = 32, MessageBytes = 256;

    /// <summary>Makes the reply of the node that shares <paramref name="secret"/>; it has yet to <see cref="Wrap"/> it.</summary>
    public static byte[] Create(byte[] secret, byte[] failure)
    {
        int padding = Math.Max(0, MessageBytes - failure.Length);
        byte[] content = [.. Length(failure.Length), .. failure, .. Length(padding), .. new byte[padding]];
        return [.. HMACSHA256.HashData(Sphinx.SubKey("um", secret), content), .. content];
    }

    public static byte[] Wrap(byte[] secret, byte[] reply)
    {
        byte[] wrapped = [.. reply];
        ChaChaStream.Xor(Sphinx.SubKey("ammag", secret), wrapped);
        return wrapped;
    }

    /// <summary>Decrypts a reply hop by hop.</summary>
    /// <returns>Which hop failed the HTLC and its failure message; null if none of the secrets fits.</returns>
    public static (int Hop, byte[] Failure)? Unwrap(IReadOnlyList<byte[]> secrets, byte[] reply)
    {
        for (int hop = 0; hop < secrets.Count; hop++)
        {
            reply = Wrap(secrets[hop], reply);
            if (reply.Length < HmacBytes + 2) return null;
            byte[] content = reply[HmacBytes..];
            if (!HMACSHA256.HashData(Sphinx.SubKey("um", secrets[hop]), content).AsSpan().SequenceEqual(reply.AsSpan(0, HmacBytes))) continue;
            int length = BinaryPrimitives.ReadUInt16BigEndian(content);
            return length + 2 <= content.Length ? (hop, content[2..(2 + length)]) : null;
        }

        return null;
    }

    private static byte[] Length(int length) => [(byte)(length >> 8), unchecked((byte)length)];
}
