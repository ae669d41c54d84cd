using System.Globalization;
using System.Text.Json;

namespace LspsPlugin.Core.Lightning;

/// <summary>
/// Parses msat amounts as written by tools around lightningd: as numbers, including whole numbers with a fraction or an exponent (scripts use
/// floating point), and as text in the form of lightningd's own parser: digits, optionally with the unit msat, sat or btc, the last with decimals.
/// </summary>
public static class HostAmount
{
    /// <summary>The number of decimals of a btc amount in msat.</summary>
    private const int BtcDecimals = 11;

    /// <summary>A description of what <see cref="TryRead"/> accepts, for error messages.</summary>
    public const string Form = "msat, as a number (153000000) or as text (\"153000000\", \"153000000msat\", \"153000sat\")";

    /// <summary>Reads an amount; false when the element is not one, is not whole msat or does not fit in 64 bits.</summary>
    public static bool TryRead(JsonElement element, out Msat amount)
    {
        amount = default;
        return element.ValueKind switch
        {
            JsonValueKind.Number => TryWhole(element, out ulong msat) && Is(msat, out amount),
            JsonValueKind.String => TryParse(element.GetString() ?? "", out amount),
            _ => false,
        };
    }

    /// <summary>Reads a whole number in any notation; false when it has a fraction or does not fit in 64 bits.</summary>
    public static bool TryWhole(JsonElement number, out ulong whole)
    {
        if (number.TryGetUInt64(out whole)) return true;
        if (!number.TryGetDecimal(out decimal value) || value < 0 || value > ulong.MaxValue || decimal.Truncate(value) != value) return false;
        whole = (ulong)value;
        return true;
    }

    private static bool TryParse(string text, out Msat amount)
    {
        string unit = text.TrimStart([.. "0123456789."]), number = text[..^unit.Length];
        string[] parts = number.Split('.');
        amount = default;
        return (parts, unit) switch
        {
            ([var whole], "" or "msat") => TryScaled(whole, 0, out amount),
            ([var whole], "sat") => TryScaled(whole, 3, out amount),
            ([var whole], "btc") => TryScaled(whole, BtcDecimals, out amount),
            ([{ Length: > 0 } whole, { Length: > 0 and <= BtcDecimals } fraction], "btc") => TryScaled(whole + fraction, BtcDecimals - fraction.Length, out amount),
            _ => false,
        };
    }

    private static bool TryScaled(string digits, int zeros, out Msat amount)
    {
        bool fits = ulong.TryParse(digits + new string('0', zeros), NumberStyles.None, CultureInfo.InvariantCulture, out ulong msat) && digits.Length > 0;
        return Is(msat, out amount) && fits;
    }

    private static bool Is(ulong msat, out Msat amount)
    {
        amount = new Msat(msat);
        return true;
    }
}
