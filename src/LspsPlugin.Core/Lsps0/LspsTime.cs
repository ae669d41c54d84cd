using System.Globalization;

namespace LspsPlugin.Core.Lsps0;

/// <summary>Dates of the peer protocol: UTC with exactly three decimals (R50-56).</summary>
public static class LspsTime
{
    private const string Form = "yyyy-MM-ddTHH:mm:ss.fffZ";

    public static string Write(DateTimeOffset time) => time.UtcDateTime.ToString(Form, CultureInfo.InvariantCulture);

    /// <summary>What <see cref="Write"/> keeps of a time: whole milliseconds.</summary>
    public static DateTimeOffset Truncate(DateTimeOffset time) => DateTimeOffset.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds());

    /// <summary>A peer's date; null unless of the exact form and after 1970.</summary>
    public static DateTimeOffset? Read(string text) =>
        text.Length == Form.Length
        && DateTimeOffset.TryParseExact(
            text, Form, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset time)
        && time >= DateTimeOffset.UnixEpoch
            ? time
            : null;

    /// <summary>
    /// A peer's date as peers really write it: UTC with none to nine decimals (libraries leave out zeros and add microseconds). The writer
    /// sends it back verbatim. Null unless after 1970.
    /// </summary>
    public static DateTimeOffset? ReadPeer(string text)
    {
        const int Seconds = 19, MostDigits = 7;
        if (text.Length is < 20 or 21 or > 30 || text[^1] != 'Z') return null;
        string digits = text.Length == 20 ? "" : text[(Seconds + 1)..^1];
        if (digits.AsSpan().ContainsAnyExceptInRange('0', '9') || (digits.Length > 0 && text[Seconds] != '.')) return null;
        string exact = $"{text[..Seconds]}.{digits[..Math.Min(digits.Length, MostDigits)].PadRight(MostDigits, '0')}Z";
        return DateTimeOffset.TryParseExact(
            exact, "yyyy-MM-ddTHH:mm:ss.fffffffZ", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset time)
            && time >= DateTimeOffset.UnixEpoch
                ? time
                : null;
    }

    /// <summary>A date of a policy plugin or an older record: RFC 3339, any number of decimals, any zone.</summary>
    public static DateTimeOffset? ReadLenient(string text) =>
        text.Length is >= 20 and <= 40
        && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset time)
        && time >= DateTimeOffset.UnixEpoch
            ? time
            : null;
}
