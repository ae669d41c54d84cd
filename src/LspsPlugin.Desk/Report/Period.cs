using System.Globalization;
using LspsPlugin.Desk.Answers;

namespace LspsPlugin.Desk.Report;

/// <summary>A day, a week or a month of the report.</summary>
/// <param name="From">The first day.</param>
/// <param name="To">The last day.</param>
/// <param name="Income">The sum of its days.</param>
internal sealed record Period(DateOnly From, DateOnly To, Income Income)
{
    private const int MostDays = 62;
    private const int MostWeeks = 430;
    private const int DaysOfAWeek = 7;

    /// <summary>Its name, under its bar.</summary>
    public string Label { get; private init; } = "";

    /// <summary>Its name in full.</summary>
    public string Name => From == To ? Iso(From) : $"{Iso(From)} to {Iso(To)}";

    /// <summary>
    /// Divides a time into days, weeks that end with the last day, or months, so that a bar of each can be seen. Days that the answer leaves out had no sale; what
    /// was bound before them still is.
    /// </summary>
    public static IReadOnlyList<Period> Of(DateOnly from, DateOnly to, IEnumerable<Income> days)
    {
        Dictionary<DateOnly, Income> known = days.Where(static day => day.Day is not null).GroupBy(static day => day.Day!.Value).ToDictionary(static day => day.Key, static day => day.Last());
        int length = to.DayNumber - from.DayNumber + 1;
        var periods = new List<Period>();
        Wording.Amount? bound = null;
        for (DateOnly first = from; first <= to;)
        {
            DateOnly last = Last(first, to, length);
            var sum = new Income();
            for (DateOnly day = first; day <= last; day = day.AddDays(1))
            {
                if (known.TryGetValue(day, out Income? of)) sum = sum.And(of);
            }

            bound = sum.Bound ?? bound;
            periods.Add(new Period(first, last, sum with { Bound = bound }) { Label = length > MostWeeks ? first.ToString("yyyy-MM", CultureInfo.InvariantCulture) : first.ToString("MM-dd", CultureInfo.InvariantCulture) });
            first = last.AddDays(1);
        }

        return periods;
    }

    /// <summary>What one period is called: day, week or month.</summary>
    public static string Kind(int days) => days <= MostDays ? "day" : days <= MostWeeks ? "week" : "month";

    private static DateOnly Last(DateOnly first, DateOnly to, int length)
    {
        if (length <= MostDays) return first;
        DateOnly last = length <= MostWeeks ? first.AddDays(((to.DayNumber - first.DayNumber) % DaysOfAWeek)) : new DateOnly(first.Year, first.Month, DateTime.DaysInMonth(first.Year, first.Month));
        return last < to ? last : to;
    }

    private static string Iso(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
