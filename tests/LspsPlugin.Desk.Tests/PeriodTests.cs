using LspsPlugin.Desk.Answers;
using LspsPlugin.Desk.Report;

namespace LspsPlugin.Desk.Tests;

public class PeriodTests
{
    private static readonly DateOnly Last = new(2026, 11, 28);

    [Theory]
    [InlineData(1, 1, "day")]
    [InlineData(30, 30, "day")]
    [InlineData(62, 62, "day")]
    [InlineData(63, 9, "week")]
    [InlineData(365, 53, "week")]
    [InlineData(730, 25, "month")]
    public void A_time_is_divided_into_periods_without_gap_or_overlap(int days, int count, string kind)
    {
        IReadOnlyList<Period> periods = Period.Of(Last.AddDays(1 - days), Last, []);
        Assert.Equal(count, periods.Count);
        Assert.Equal(kind, Period.Kind(days));
        Assert.Equal((Last.AddDays(1 - days), Last), (periods[0].From, periods[^1].To));
        for (int at = 1; at < periods.Count; at++) Assert.Equal(periods[at - 1].To.AddDays(1), periods[at].From);
        if (kind == "week") Assert.All(periods.Skip(1), static week => Assert.Equal(6, week.To.DayNumber - week.From.DayNumber));
    }

    [Fact]
    public void Flows_are_summed_and_what_is_bound_stays_until_it_changes()
    {
        Income[] days = [.. new[] { Provider.Day("2026-09-01", 1), Provider.Day("2026-09-03", 2), Provider.Day("2026-09-03", 2), "{\"group\":\"total\"}" }.Select(static day => Income.Read(ScriptedNode.Parse(day)))];
        IReadOnlyList<Period> periods = Period.Of(new DateOnly(2026, 8, 30), Last, days);
        Period week = Assert.Single(periods, static period => period.Income.Paid > 0);
        Assert.Equal(3, week.Income.Paid);
        Assert.Equal(3 * 5_107_000m, week.Income.OpeningFees.Msat);
        Assert.Equal(("ChannelNotReady", 2L, 300_000m), Assert.Single(week.Income.Causes) is var cause ? (cause.Cause, cause.Count, cause.Cost.Msat) : default);
        int first = periods.ToList().IndexOf(week);
        Assert.All(periods.Take(first), static period => Assert.Null(period.Income.Bound));
        Assert.All(periods.Skip(first), static period => Assert.Equal(8_000_000_000m, period.Income.Bound!.Value.Msat));
    }

    [Theory]
    [InlineData("0", "0")]
    [InlineData("0", "7")]
    [InlineData("-3", "1250")]
    [InlineData("-999999999999", "0")]
    [InlineData("0.1", "0.4")]
    [InlineData("0", "1000000000000000000000")]
    public void A_scale_holds_its_values_and_zero_in_a_few_even_steps(string low, string high)
    {
        Scale scale = Scale.Of(decimal.Parse(low), decimal.Parse(high));
        Assert.True(scale.Low <= decimal.Parse(low) && scale.High >= decimal.Parse(high) && scale.Low < scale.High);
        decimal[] ticks = [.. scale.Ticks];
        Assert.Contains(0, ticks);
        Assert.InRange(ticks.Length, 2, 7);
        Assert.Equal(scale.High, ticks[^1]);
    }
}
