using System.Globalization;

namespace LspsPlugin.Cln.Provider.Records;

/// <summary>Days in UTC, counted from 1970-01-01.</summary>
internal static class Days
{
    /// <summary>The day of what did not happen: after all others.</summary>
    public const int Never = int.MaxValue;

    private const string Form = "yyyy-MM-dd";

    private static readonly int Epoch = new DateOnly(1970, 1, 1).DayNumber;

    public static int Of(DateTimeOffset time) => DateOnly.FromDateTime(time.UtcDateTime).DayNumber - Epoch;

    /// <summary>Returns the day in the form YYYY-MM-DD.</summary>
    public static string Write(int day) => Date(day).ToString(Form, CultureInfo.InvariantCulture);

    /// <summary>Returns the month of a day in the form YYYY-MM.</summary>
    public static string Month(int day) => Write(day)[..7];

    /// <summary>Returns the last day of the month of a day.</summary>
    public static int MonthEnd(int day)
    {
        DateOnly date = Date(day);
        return day - date.Day + DateTime.DaysInMonth(date.Year, date.Month);
    }

    /// <summary>Parses YYYY-MM-DD; null for anything else, and before 1970.</summary>
    public static int? Read(string text) =>
        DateOnly.TryParseExact(text, Form, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly date) && date.DayNumber >= Epoch ? date.DayNumber - Epoch : null;

    private static DateOnly Date(int day) => DateOnly.FromDayNumber(Math.Clamp(day, 0, DateOnly.MaxValue.DayNumber - Epoch) + Epoch);
}
