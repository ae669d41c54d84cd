using System.Text;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Simulation.Model.Offers;

/// <summary>The strings of BOLT 12: a prefix, and a TLV stream in the characters of bech32, without a checksum.</summary>
public static class Bolt12Text
{
    /// <summary>The prefixes of an offer, of an invoice_request and of an invoice.</summary>
    public const string Offer = "lno", Request = "lnr", Invoice = "lni";

    private const string Charset = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

    /// <summary>Encodes a stream.</summary>
    public static string Encode(string prefix, TlvStream tlvs) => $"{prefix}1{string.Concat(Bech32.ToWords(tlvs.ToBytes()).Select(static word => Charset[word]))}";

    /// <summary>Decodes a string, which may be cut into pieces by plus signs.</summary>
    /// <param name="why">Why it cannot be decoded, in the node's words (b12_string_to_data).</param>
    public static TlvStream? Decode(string text, string prefix, out string why)
    {
        why = "invalid bech32 string";
        text = Joined(text);
        if (text.Any(char.IsAsciiLetterLower) && text.Any(char.IsAsciiLetterUpper)) return null;
        text = text.ToLowerInvariant();
        int separator = text.LastIndexOf('1');
        if (separator < 1) return null;
        string data = text[(separator + 1)..];
        if (data.Any(static c => !Charset.Contains(c, StringComparison.Ordinal)) || data.Length * 5 % 8 >= 5) return null;
        byte[] words = [.. data.Select(static c => (byte)Charset.IndexOf(c, StringComparison.Ordinal))];
        why = $"unexpected prefix {text[..separator]}";
        if (text[..separator] != prefix) return null;
        why = prefix == Invoice ? "invalid invoice data" : "invalid offer data";
        return TlvStream.TryParse(Bech32.ToBytes(words), out TlvStream? tlvs) ? tlvs : null;
    }

    /// <summary>Removes plus signs with the white space behind them, except at the ends.</summary>
    private static string Joined(string text)
    {
        var joined = new StringBuilder(text.Length);
        bool isCut = false;
        for (int i = 0; i < text.Length; i++)
        {
            if (isCut && char.IsWhiteSpace(text[i])) continue;
            isCut = text[i] == '+' && i > 0 && i + 1 < text.Length;
            if (!isCut) joined.Append(text[i]);
        }

        return joined.ToString();
    }
}
