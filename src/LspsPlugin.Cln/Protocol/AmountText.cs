using System.Globalization;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Protocol;

/// <summary>
/// Parses amounts in the node's notation (lightningd's parse_amount_msat): digits and the unit msat, sat or btc; msat if there is no unit.
/// </summary>
internal static class AmountText
{
    /// <summary>Decimal places of a bitcoin, down to 1 msat.</summary>
    private const int BitcoinDecimals = 11;

    /// <summary>Returns the amount; null for invalid text and for more than 64 bits of msat.</summary>
    public static Msat? Read(string text) =>
        text.EndsWith("msat", StringComparison.Ordinal) ? Whole(text[..^4], 1)
        : text.EndsWith("sat", StringComparison.Ordinal) ? Whole(text[..^3], 1000)
        : text.EndsWith("btc", StringComparison.Ordinal) ? Bitcoin(text[..^3])
        : Whole(text, 1);

    private static Msat? Whole(string digits, ulong unit) =>
        ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out ulong value) && value <= ulong.MaxValue / unit ? new Msat(value * unit) : null;

    private static Msat? Bitcoin(string text)
    {
        int point = text.IndexOf('.', StringComparison.Ordinal);
        (string whole, string decimals) = point < 0 ? (text, "") : (text[..point], text[(point + 1)..]);
        return whole.Length > 0 && decimals.Length <= BitcoinDecimals ? Whole(whole + decimals.PadRight(BitcoinDecimals, '0'), 1) : null;
    }
}
