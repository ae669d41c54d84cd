using System.Globalization;

namespace LspsPlugin.Core.Lsps0;

/// <summary>Dates of the peer protocol: UTC with exactly three decimals (R50-56).</summary>
public static class LspsTime
{
    private const string Form = "yyyy-MM-ddTHH:mm:ss.fffZ";

    /// <summary>Formats a time in the form of R50-56.</summary>
    public static string Write(DateTimeOffset time) => time.UtcDateTime.ToString(Form, CultureInfo.InvariantCulture);

    /// <summary>Truncates a time to whole milliseconds, which is the precision of <see cref="Write"/>.</summary>
    public static DateTimeOffset Truncate(DateTimeOffset time) => DateTimeOffset.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds());

    /// <summary>Parses a date; null unless it has exactly the form of R50-56 and is after 1970.</summary>
    public static DateTimeOffset? Read(string text) =>
        text.Length == Form.Length
        && DateTimeOffset.TryParseExact(
            text, Form, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset time)
        && time >= DateTimeOffset.UnixEpoch
            ? time
            : null;

    /// <summary>
    /// Parses a peer's date leniently: UTC with zero to nine decimals (libraries omit zeros and add microseconds). The original text is sent back
    /// verbatim. Null unless it is after 1970.
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

    /// <summary>Parses a date of a policy plugin or an older record: RFC 3339 with any number of decimals and any zone.</summary>
    public static DateTimeOffset? ReadLenient(string text) =>
        text.Length is >= 20 and <= 40
        && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset time)
        && time >= DateTimeOffset.UnixEpoch
            ? time
            : null;
}
