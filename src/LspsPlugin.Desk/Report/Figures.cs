using System.Globalization;
using LspsPlugin.Desk.Answers;
using LspsPlugin.Desk.Wording;

namespace LspsPlugin.Desk.Report;

/// <summary>The plots of a report.</summary>
internal static class Figures
{
    private const int MostCauses = 12;

    /// <summary>The upper ends of the ranges of delays, in milliseconds.</summary>
    private static readonly int[] Ranges = [50, 100, 250, 500, 1000, 2000, 5000, 10_000, 30_000];

    public static Figure Earned(IReadOnlyList<Period> periods, string kind)
    {
        Bars opening = Of("opening fees", "a", static income => income.OpeningFees), routing = Of("routing fees", "b", static income => income.RoutingFees);
        Bars chain = Of("chain cost", "c", static income => -income.ChainCost), losses = Of("losses", "e", static income => -income.Losses), net = Of("net", "ink", static income => income.Net);
        bool isEmpty = new[] { opening, routing, chain, losses }.All(static bars => bars.Values.All(static value => value == 0));
        return new Figure("income", "Income", $"Per {kind}, in sat: what was earned above the line, what it cost below it, and what is left.")
        {
            Legend = [("a", "opening fees"), ("b", "routing fees"), ("c", "chain cost"), ("e", "losses"), ("net", "net")],
            Heads = [kind, "opening fees", "routing fees", "chain cost", "losses", "net (sat)"],
            Cells = periods.Where(static period => period.Income.HasMoney).Select(static period => (IReadOnlyList<string>)[period.Name, period.Income.OpeningFees.InSat(), period.Income.RoutingFees.InSat(), period.Income.ChainCost.InSat(), period.Income.Losses.InSat(), period.Income.Net.InSat()]),
            Draw = isEmpty ? null : new BarPlot(Labels(periods), Names(periods), [opening, routing, chain, losses], net).Draw,
        };

        Bars Of(string name, string paint, Func<Income, Amount> of) => new(name, paint, [.. periods.Select(period => of(period.Income).Sat)]);
    }

    public static Figure Openings(IReadOnlyList<Period> periods, string kind)
    {
        Bars paid = Of("paid", "a", static income => income.Paid), failed = Of("failed", "c", static income => income.Failed), expired = Of("expired unpaid", "d", static income => income.Expired);
        bool isEmpty = new[] { paid, failed, expired }.All(static bars => bars.Values.All(static value => value == 0));
        return new Figure("openings", "Openings", $"Sales that ended, per {kind}: channels that were paid for, payments that failed, and offers that nobody paid.")
        {
            Legend = [("a", "paid"), ("c", "failed"), ("d", "expired unpaid")],
            Heads = [kind, "paid", "failed", "expired unpaid", "wallets received (sat)"],
            Cells = periods.Where(static period => period.Income.Paid + period.Income.Failed + period.Income.Expired > 0).Select(static period => (IReadOnlyList<string>)[period.Name, Count(period.Income.Paid), Count(period.Income.Failed), Count(period.Income.Expired), period.Income.Forwarded.InSat()]),
            Draw = isEmpty ? null : new BarPlot(Labels(periods), Names(periods), [paid, failed, expired], null).Draw,
        };

        Bars Of(string name, string paint, Func<Income, long> of) => new(name, paint, [.. periods.Select(period => (decimal)of(period.Income))]);
    }

    public static Figure Failures(Income total)
    {
        LossCause[] causes = [.. total.Causes.Where(static cause => cause.Count > 0 || cause.Cost.Msat > 0).OrderByDescending(static cause => cause.Count).ThenBy(static cause => cause.Cause, StringComparer.Ordinal)];
        var plot = new RowPlot([.. causes.Take(MostCauses).Select(static cause => new Row(cause.Cause, cause.Count))], "c");
        return new Figure("failures", "Failures by reason", causes.Length > MostCauses ? $"How many sales failed for each reason, the {MostCauses} most frequent of {causes.Length}." : "How many sales failed for each reason.")
        {
            Heads = ["reason", "sales", "cost (sat)"],
            Cells = causes.Select(static cause => (IReadOnlyList<string>)[cause.Cause, Count(cause.Count), cause.Cost.InSat()]),
            Draw = causes.Length == 0 ? null : plot.Draw,
            Height = plot.Height,
        };
    }

    public static Figure Capital(IReadOnlyList<Period> periods, string kind)
    {
        var plot = new AreaPlot(Labels(periods), Names(periods), "bound", [.. periods.Select(static period => period.Income.Bound?.Sat)]);
        return new Figure("capital", "Capital bound", $"In sold channels that were open at the end of each {kind}, in sat.")
        {
            Heads = [kind, "bound (sat)"],
            Cells = periods.Where(static period => period.Income.Bound is not null).Select(static period => (IReadOnlyList<string>)[period.Name, period.Income.Bound!.Value.InSat()]),
            Draw = plot.Values.Any(static value => value > 0) ? plot.Draw : null,
        };
    }

    public static Figure Delays(IReadOnlyList<TimeSpan> delays)
    {
        double[] sorted = [.. delays.Select(static delay => delay.TotalMilliseconds).Order()];
        var rows = new List<Row>();
        for (int at = 0; at <= Ranges.Length; at++)
        {
            double from = at == 0 ? -1 : Ranges[at - 1], to = at == Ranges.Length ? double.MaxValue : Ranges[at];
            rows.Add(new Row(at == Ranges.Length ? $"more than {Length(from)}" : $"up to {Length(to)}", sorted.Count(delay => delay > from && delay <= to)));
        }

        // Ranges beyond the slowest, and before the fastest, say nothing.
        Row[] told = [.. rows.SkipWhile(static row => row.Value == 0).Reverse().SkipWhile(static row => row.Value == 0).Reverse()];
        var plot = new RowPlot(told, "b");
        string summary = sorted.Length == 0
            ? "How long a complete payment waited until it was forwarded over its new channel."
            : $"How long a complete payment waited until it was forwarded over its new channel: half of them at most {Length(Quantile(sorted, 0.5))}, 95 of 100 at most {Length(Quantile(sorted, 0.95))}. Of the newest {sorted.Length} paid sales.";
        return new Figure("delay", "From the last part to the forward", summary)
        {
            Heads = ["time", "payments"],
            Cells = told.Select(static row => (IReadOnlyList<string>)[row.Label, row.Value.ToString(CultureInfo.InvariantCulture)]),
            Draw = sorted.Length == 0 ? null : plot.Draw,
            Height = plot.Height,
        };
    }

    /// <summary>Returns the smallest value that so large a share does not exceed.</summary>
    internal static double Quantile(double[] sorted, double share) => sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Length) - 1, 0, sorted.Length - 1)];

    private static string Length(double milliseconds) =>
        milliseconds < 1000 ? $"{milliseconds.ToString("0", CultureInfo.InvariantCulture)} ms" : $"{(milliseconds / 1000).ToString("0.#", CultureInfo.InvariantCulture)} s";

    private static string Count(long number) => number.ToString("#,0", CultureInfo.InvariantCulture);

    private static string[] Labels(IReadOnlyList<Period> periods) => [.. periods.Select(static period => period.Label)];

    private static string[] Names(IReadOnlyList<Period> periods) => [.. periods.Select(static period => period.Name)];
}
