using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace LspsPlugin.Core.Lightning;

/// <summary>Bech32 (BIP 173) without its limit of 90 characters, as BOLT 11 uses it. Data is in words of five bits.</summary>
public static class Bech32
{
    private const string Charset = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    private const int ChecksumWords = 6;

    private static readonly uint[] Generator = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

    /// <summary>Encodes words with their checksum.</summary>
    /// <param name="prefix">The human-readable part, in lowercase ASCII.</param>
    /// <param name="words">The data: each byte is a word of five bits, 0 to 31.</param>
    public static string Encode(string prefix, ReadOnlySpan<byte> words)
    {
        uint checksum = Polymod(prefix, words, trailing: ChecksumWords) ^ 1;
        var text = new StringBuilder(prefix.Length + 1 + words.Length + ChecksumWords);
        text.Append(prefix).Append('1');
        foreach (byte word in words) text.Append(Charset[word]);
        for (int i = 0; i < ChecksumWords; i++) text.Append(Charset[(int)(checksum >> (5 * (ChecksumWords - 1 - i))) & 31]);
        return text.ToString();
    }

    /// <summary>Decodes a string; false for mixed case, invalid characters or a wrong checksum.</summary>
    /// <param name="text">The string; all of one case.</param>
    /// <param name="prefix">The human-readable part, in lowercase.</param>
    /// <param name="words">The data without the checksum, one word of five bits in each byte.</param>
    public static bool TryDecode(string text, [NotNullWhen(true)] out string? prefix, [NotNullWhen(true)] out byte[]? words)
    {
        (prefix, words) = (null, null);
        // Only ASCII is accepted: lower-casing turns some other characters into ASCII, such as the Kelvin sign into k.
        if (!Ascii.IsValid(text)) return false;
        if (text.Any(char.IsAsciiLetterLower) && text.Any(char.IsAsciiLetterUpper)) return false;
        string lower = text.ToLowerInvariant();
        int separator = lower.LastIndexOf('1');
        if (separator < 1 || lower.Length - separator - 1 < ChecksumWords) return false;
        byte[] all = new byte[lower.Length - separator - 1];
        for (int i = 0; i < all.Length; i++)
        {
            int word = Charset.IndexOf(lower[separator + 1 + i], StringComparison.Ordinal);
            if (word < 0) return false;
            all[i] = (byte)word;
        }

        prefix = lower[..separator];
        if (prefix.Any(c => c is < '!' or > '~') || Polymod(prefix, all, trailing: 0) != 1) return false;
        words = all[..^ChecksumWords];
        return true;
    }

    /// <summary>Converts bytes to words of five bits; the last word is padded with zero bits.</summary>
    public static byte[] ToWords(ReadOnlySpan<byte> bytes)
    {
        byte[] words = new byte[((bytes.Length * 8) + 4) / 5];
        for (int bit = 0; bit < bytes.Length * 8; bit++)
        {
            if ((bytes[bit / 8] >> (7 - (bit % 8)) & 1) != 0) words[bit / 5] |= (byte)(1 << (4 - (bit % 5)));
        }

        return words;
    }

    /// <summary>Converts words of five bits to bytes; bits that do not fill a byte are dropped.</summary>
    public static byte[] ToBytes(ReadOnlySpan<byte> words)
    {
        byte[] bytes = new byte[words.Length * 5 / 8];
        for (int bit = 0; bit < bytes.Length * 8; bit++)
        {
            if ((words[bit / 5] >> (4 - (bit % 5)) & 1) != 0) bytes[bit / 8] |= (byte)(1 << (7 - (bit % 8)));
        }

        return bytes;
    }

    private static uint Polymod(string prefix, ReadOnlySpan<byte> words, int trailing)
    {
        uint sum = 1;
        foreach (char c in prefix) sum = Step(sum, (uint)c >> 5);
        sum = Step(sum, 0);
        foreach (char c in prefix) sum = Step(sum, (uint)c & 31);
        foreach (byte word in words) sum = Step(sum, word);
        for (int i = 0; i < trailing; i++) sum = Step(sum, 0);
        return sum;
    }

    private static uint Step(uint sum, uint value)
    {
        uint top = sum >> 25;
        sum = ((sum & 0x1ffffff) << 5) ^ value;
        for (int i = 0; i < 5; i++)
        {
            if ((top >> i & 1) != 0) sum ^= Generator[i];
        }

        return sum;
    }
}
