using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;

namespace LspsPlugin.Core.Lsps2;

/// <summary>
/// The provider's proof that it made an offer (R52-14): a MAC over all other fields, the requesting client and its token, so that the offer cannot be
/// used by another client or with another token.
/// </summary>
public static class Promise
{
    private const string Version = "1";
    private const int TokenTagBytes = 8;

    /// <summary>Creates a promise: version, token tag and MAC, in printable ASCII without characters that JSON escapes (R52-16 to R52-18).</summary>
    /// <param name="key">The secret key, 32 bytes.</param>
    /// <param name="terms">The offer; its promise is not read.</param>
    /// <param name="client">The client to which the offer is made.</param>
    /// <param name="token">The client's token; null for none.</param>
    public static string Make(ReadOnlySpan<byte> key, OpeningFeeParams terms, NodeId client, string? token)
    {
        Span<byte> tag = stackalloc byte[TokenTagBytes];
        TokenTag(key, token, tag);
        return Make(key, terms, client, tag);
    }

    /// <summary>Whether <paramref name="terms"/> are exactly those promised to <paramref name="client"/>; runs in constant time.</summary>
    public static bool Verify(ReadOnlySpan<byte> key, OpeningFeeParams terms, NodeId client)
    {
        // The MAC covers milliseconds, the precision of our promises.
        if (terms.ValidUntil != LspsTime.Truncate(terms.ValidUntil)) return false;
        Span<byte> tag = stackalloc byte[TokenTagBytes];
        string[] parts = terms.Promise.Split('.');
        if (parts.Length != 3 || !string.Equals(parts[0], Version, StringComparison.Ordinal) || !Hex.TryDecode(parts[1].AsSpan(), tag)) return false;
        string expected = Make(key, terms, client, tag);
        return CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(expected), Encoding.UTF8.GetBytes(terms.Promise));
    }

    /// <summary>Whether a promise of ours was made for <paramref name="token"/>.</summary>
    public static bool IsFor(ReadOnlySpan<byte> key, OpeningFeeParams terms, string token)
    {
        Span<byte> tag = stackalloc byte[TokenTagBytes];
        TokenTag(key, token, tag);
        return terms.Promise.StartsWith($"{Version}.{Convert.ToHexStringLower(tag)}.", StringComparison.Ordinal);
    }

    /// <summary>Returns what distinguishes the token of one of our promises, for a token whose text is unknown; null if it was made for no token.</summary>
    public static string? TagOf(OpeningFeeParams terms) =>
        terms.Promise.Split('.') is [_, { } tag, _] && tag.AsSpan().ContainsAnyExcept('0') ? $"#{tag}" : null;

    private static string Make(ReadOnlySpan<byte> key, OpeningFeeParams terms, NodeId client, ReadOnlySpan<byte> tokenTag)
    {
        // All fields have fixed lengths, so two different offers never have the same bytes.
        Span<byte> message = stackalloc byte[16 + NodeId.Size + TokenTagBytes + 48];
        message.Clear();
        "lsps2-promise-1"u8.CopyTo(message);
        Span<byte> rest = message[16..];
        client.CopyTo(rest);
        rest = rest[NodeId.Size..];
        tokenTag.CopyTo(rest);
        rest = rest[TokenTagBytes..];
        BinaryPrimitives.WriteUInt64BigEndian(rest, terms.MinFee.Value);
        BinaryPrimitives.WriteUInt32BigEndian(rest[8..], terms.Proportional.Value);
        BinaryPrimitives.WriteInt64BigEndian(rest[12..], terms.ValidUntil.ToUnixTimeMilliseconds());
        BinaryPrimitives.WriteUInt32BigEndian(rest[20..], terms.MinLifetime.Value);
        BinaryPrimitives.WriteUInt32BigEndian(rest[24..], terms.MaxClientToSelfDelay.Value);
        BinaryPrimitives.WriteUInt64BigEndian(rest[28..], terms.MinPaymentSize.Value);
        BinaryPrimitives.WriteUInt64BigEndian(rest[36..], terms.MaxPaymentSize.Value);
        Span<byte> mac = stackalloc byte[32];
        HMACSHA256.HashData(key, message, mac);
        return $"{Version}.{Convert.ToHexStringLower(tokenTag)}.{Convert.ToHexStringLower(mac)}";
    }

    /// <summary>Returns a tag that distinguishes tokens without revealing them; zero for no token.</summary>
    private static void TokenTag(ReadOnlySpan<byte> key, string? token, Span<byte> tag)
    {
        tag.Clear();
        if (token is null) return;
        Span<byte> mac = stackalloc byte[32];
        HMACSHA256.HashData(key, Encoding.UTF8.GetBytes("lsps2-token-1" + token), mac);
        mac[..TokenTagBytes].CopyTo(tag);
    }
}
