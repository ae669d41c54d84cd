using System.Numerics;
using System.Security.Cryptography;
using LspsPlugin.Core.Lightning;
using NBitcoin;

namespace LspsPlugin.Simulation.Model.Paying;

/// <summary>An onion (BOLT 4), and the secret that each hop shares with its maker.</summary>
public sealed record SphinxOnion(byte[] Packet, IReadOnlyList<byte[]> Secrets);

/// <summary>What a hop reads of its onion.</summary>
/// <param name="Payload">Its payload without the length.</param>
/// <param name="Secret">The secret that it shares with the onion's maker.</param>
/// <param name="Next">The onion for the next hop.</param>
/// <param name="IsLast">Whether there is no next hop.</param>
public sealed record SphinxLayer(byte[] Payload, byte[] Secret, byte[] Next, bool IsLast);

/// <summary>Makes and peels onions (BOLT 4).</summary>
public static class Sphinx
{
    /// <summary>The size of an onion's payloads, and of the whole onion: version, key, payloads and HMAC.</summary>
    public const int PayloadBytes = 1300, PacketBytes = Overhead + PayloadBytes;

    private const int KeyBytes = 33, HmacBytes = 32, Overhead = 1 + KeyBytes + HmacBytes;

    private static readonly BigInteger Order = BigInteger.Parse("0fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", System.Globalization.NumberStyles.HexNumber);

    /// <summary>Returns the size that payloads with their lengths in front take.</summary>
    public static int SizeOf(IEnumerable<byte[]> payloads) => payloads.Sum(static payload => payload.Length + HmacBytes);

    /// <param name="hops">Each hop's key and its payload with the length in front.</param>
    /// <param name="size">The size of all payloads; <see cref="PayloadBytes"/> for a payment.</param>
    public static SphinxOnion Create(byte[] sessionKey, byte[] associated, IReadOnlyList<(PubKey Key, byte[] Payload)> hops, int size = PayloadBytes)
    {
        (byte[][] secrets, byte[] ephemeral) = Secrets(sessionKey, [.. hops.Select(static hop => hop.Key)]);
        byte[] filler = Filler(secrets, [.. hops.Select(static hop => hop.Payload)], size);
        byte[] payloads = new byte[size], hmac = new byte[HmacBytes];
        ChaChaStream.Xor(SubKey("pad", sessionKey), payloads);
        for (int i = hops.Count - 1; i >= 0; i--)
        {
            byte[] own = [.. hops[i].Payload, .. hmac];
            payloads = [.. own, .. payloads[..(size - own.Length)]];
            ChaChaStream.Xor(SubKey("rho", secrets[i]), payloads);
            if (i == hops.Count - 1) filler.CopyTo(payloads, size - filler.Length);
            hmac = Mac(secrets[i], payloads, associated);
        }

        return new SphinxOnion([0, .. ephemeral, .. payloads, .. hmac], secrets);
    }

    /// <summary>Reads one layer.</summary>
    /// <param name="share">Returns the secret that the reading node shares with the holder of a key.</param>
    /// <param name="failure">If it cannot be read, the code of BOLT 4: invalid_onion_version, _hmac or _key.</param>
    /// <returns>Null if the onion cannot be read.</returns>
    public static SphinxLayer? Peel(byte[] packet, byte[] associated, Func<PubKey, byte[]> share, out ushort failure)
    {
        failure = 0xc004;
        if (packet.Length <= Overhead || packet[0] != 0) return null;
        failure = 0xc006;
        if (!PubKey.TryCreatePubKey(packet.AsSpan(1, KeyBytes), out PubKey? ephemeral)) return null;
        byte[] payloads = packet[(1 + KeyBytes)..^HmacBytes], secret = share(ephemeral);
        failure = 0xc005;
        byte[] expected = Mac(secret, payloads, associated);
        if (!expected.AsSpan().SequenceEqual(packet.AsSpan(^HmacBytes..))) return null;
        byte[] all = [.. payloads, .. new byte[payloads.Length]];
        ChaChaStream.Xor(SubKey("rho", secret), all);
        ReadOnlySpan<byte> rest = all;
        if (!BigSize.TryRead(ref rest, out ulong length) || length < 2 || length > (ulong)(payloads.Length - HmacBytes)) return null;
        byte[] payload = rest[..(int)length].ToArray();
        rest = rest[(int)length..];
        byte[] hmac = rest[..HmacBytes].ToArray();
        rest = rest[HmacBytes..];
        byte[] next = Times(ephemeral, Blinding(ephemeral.ToBytes(), secret)).ToBytes();
        return new SphinxLayer(payload, secret, [0, .. next, .. rest[..payloads.Length], .. hmac], hmac.All(static b => b == 0));
    }

    /// <summary>Returns the secret that the holders of two keys share.</summary>
    public static byte[] Share(PubKey point, Key key) => SHA256.HashData(point.GetSharedPubkey(key).ToBytes());

    /// <summary>Derives a key for one use of a shared secret.</summary>
    internal static byte[] SubKey(string use, byte[] secret) => HMACSHA256.HashData(System.Text.Encoding.ASCII.GetBytes(use), secret);

    private static byte[] Mac(byte[] secret, byte[] payloads, byte[] associated)
    {
        byte[] all = [.. payloads, .. associated];
        return HMACSHA256.HashData(SubKey("mu", secret), all);
    }

    private static (byte[][] Secrets, byte[] Ephemeral) Secrets(byte[] sessionKey, PubKey[] keys)
    {
        byte[][] secrets = new byte[keys.Length][];
        byte[]? first = null;
        var scalar = new BigInteger(sessionKey, isUnsigned: true, isBigEndian: true);
        for (int i = 0; i < keys.Length; i++)
        {
            byte[] own = Bytes(scalar);
            byte[] ephemeral = new Key(own).PubKey.ToBytes();
            first ??= ephemeral;
            secrets[i] = SHA256.HashData(Times(keys[i], own).ToBytes());
            scalar = Product(scalar, Blinding(ephemeral, secrets[i]));
        }

        return (secrets, first ?? new byte[KeyBytes]);
    }

    /// <summary>The bytes that the hops' shifts leave behind the payloads, so that the last hop's HMAC can cover them.</summary>
    private static byte[] Filler(byte[][] secrets, byte[][] payloads, int size)
    {
        byte[] filler = [];
        for (int i = 0; i < payloads.Length - 1; i++)
        {
            int own = payloads[i].Length + HmacBytes;
            byte[] all = new byte[size + own];
            filler.CopyTo(all, size - filler.Length);
            ChaChaStream.Xor(SubKey("rho", secrets[i]), all);
            filler = all[^(filler.Length + own)..];
        }

        return filler;
    }

    /// <summary>Returns the factor by which a key is multiplied for the next hop.</summary>
    internal static byte[] Blinding(byte[] key, byte[] secret) => SHA256.HashData([.. key, .. secret]);

    internal static PubKey Times(PubKey point, byte[] scalar) => point.GetSharedPubkey(new Key(scalar));

    /// <summary>Multiplies two private keys.</summary>
    internal static byte[] Multiply(byte[] one, byte[] other) => Bytes(Product(new BigInteger(one, isUnsigned: true, isBigEndian: true), other));

    private static BigInteger Product(BigInteger one, byte[] other) => one * new BigInteger(other, isUnsigned: true, isBigEndian: true) % Order;

    private static byte[] Bytes(BigInteger scalar)
    {
        byte[] bytes = scalar.ToByteArray(isUnsigned: true, isBigEndian: true);
        return [.. new byte[32 - bytes.Length], .. bytes];
    }
}
