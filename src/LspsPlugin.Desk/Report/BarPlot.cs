using LspsPlugin.Desk.Wording;

namespace LspsPlugin.Desk.Report;

/// <summary>One kind of bars: what is positive is stacked upwards from zero, what is negative downwards.</summary>
/// <param name="Name">What it is, for the legend and the table.</param>
/// <param name="Paint">The name of its colour.</param>
/// <param name="Values">One for each label.</param>
internal sealed record Bars(string Name, string Paint, IReadOnlyList<decimal> Values);

/// <summary>Bars over time, stacked, and at most one line over them.</summary>
/// <param name="Labels">Under the bars.</param>
/// <param name="Names">The labels in full.</param>
/// <param name="Stack">The kinds of bars.</param>
/// <param name="Line">Values that are marked by a line; null for none.</param>
internal sealed record BarPlot(IReadOnlyList<string> Labels, IReadOnlyList<string> Names, IReadOnlyList<Bars> Stack, Bars? Line)
{
    private const double LargestGap = 6;
    private const double WidestBar = 48;
    private const double LabelRoom = 12;

    /// <summary>Draws what is inside the svg element.</summary>
    public void Draw(Html html, PlotSize size)
    {
        Scale scale = Scale.Of(Enumerable.Range(0, Labels.Count).Select(at => Sum(at, static value => value < 0)).Concat(Line?.Values ?? []).DefaultIfEmpty().Min(), Enumerable.Range(0, Labels.Count).Select(at => Sum(at, static value => value > 0)).Concat(Line?.Values ?? []).DefaultIfEmpty().Max());
        Axes(html, size, scale);
        Labelled(html, size, Labels);
        double room = (size.Right - PlotSize.Left) / Labels.Count, gap = Math.Max(Math.Min(LargestGap, room * 0.25), room - WidestBar);
        for (int at = 0; at < Labels.Count; at++) Column(html, size, scale, at, PlotSize.Left + (at * room) + (gap / 2), room - gap);
        if (Line is { } line) Follow(html, size, scale, line, room);
    }

    /// <summary>Draws the horizontal lines and their values.</summary>
    internal static void Axes(Html html, PlotSize size, Scale scale)
    {
        foreach (decimal tick in scale.Ticks)
        {
            double y = scale.Y(tick, size);
            html.Raw(tick == 0 ? "<line class=\"zero\"" : "<line class=\"grid\"").Attribute("x1", PlotSize.Left).Attribute("x2", size.Right).Attribute("y1", y).Attribute("y2", y).Raw("/>");
            html.Raw("<text class=\"end\"").Attribute("x", PlotSize.Left - 6).Attribute("y", y + 4).Raw(">").Text(Compact.Of(tick)).Raw("</text>");
        }
    }

    /// <summary>Draws as many of the labels as have room side by side; the last one is among them.</summary>
    internal static void Labelled(Html html, PlotSize size, IReadOnlyList<string> labels)
    {
        double room = (size.Right - PlotSize.Left) / labels.Count;
        double needed = (labels.Max(static label => label.Length) * PlotSize.CharacterWidth) + LabelRoom;
        int every = Math.Max(1, (int)Math.Ceiling(needed / room));
        for (int at = labels.Count - 1; at >= 0; at -= every)
        {
            double half = labels[at].Length * PlotSize.CharacterWidth / 2;
            double x = Math.Clamp(PlotSize.Left + ((at + 0.5) * room), PlotSize.Left + half - 40, size.Width - half);
            html.Raw("<text class=\"middle\"").Attribute("x", x).Attribute("y", size.Bottom + 18).Raw(">").Text(labels[at]).Raw("</text>");
        }
    }

    private decimal Sum(int at, Func<decimal, bool> counts) => Stack.Select(bars => bars.Values[at]).Where(counts).Sum();

    private void Column(Html html, PlotSize size, Scale scale, int at, double x, double width)
    {
        decimal above = 0, below = 0;
        html.Raw("<g>");
        html.Element("title", $"{Names[at]}: {string.Join(", ", Stack.Concat(Line is { } line ? [line] : []).Select(bars => $"{bars.Name} {Exact(bars.Values[at])}"))}");

        // The whole height takes the pointer, so that the numbers of a low bar are found too.
        html.Raw("<rect class=\"hit\"").Attribute("x", x).Attribute("y", PlotSize.Top).Attribute("width", width).Attribute("height", size.Bottom - PlotSize.Top).Raw("/>");
        foreach (Bars bars in Stack)
        {
            decimal value = bars.Values[at];
            if (value == 0) continue;
            ref decimal end = ref value > 0 ? ref above : ref below;
            double from = scale.Y(end, size);
            end += value;
            double to = scale.Y(end, size);
            html.Raw("<rect").Attribute("class", $"p-{bars.Paint}").Attribute("x", x).Attribute("y", Math.Min(from, to)).Attribute("width", width).Attribute("height", Math.Abs(to - from)).Raw("/>");
        }

        html.Raw("</g>");
    }

    private static void Follow(Html html, PlotSize size, Scale scale, Bars line, double room)
    {
        html.Raw("<polyline class=\"net\"").Attribute("points", string.Join(' ', line.Values.Select((value, at) => FormattableString.Invariant($"{PlotSize.Left + ((at + 0.5) * room):0.##},{scale.Y(value, size):0.##}")))).Raw("/>");
        if (line.Values.Count > 40) return;
        for (int at = 0; at < line.Values.Count; at++) html.Raw("<circle class=\"net\"").Attribute("cx", PlotSize.Left + ((at + 0.5) * room)).Attribute("cy", scale.Y(line.Values[at], size)).Attribute("r", 2.5).Raw("/>");
    }

    internal static string Exact(decimal value) => value.ToString("#,0.###", System.Globalization.CultureInfo.InvariantCulture);
}
