using System.Globalization;

namespace LspsPlugin.Desk.Report;

/// <summary>What there is at the end of each period, as steps; a period of which nothing is known is left out.</summary>
internal sealed record AreaPlot(IReadOnlyList<string> Labels, IReadOnlyList<string> Names, string Name, IReadOnlyList<decimal?> Values)
{
    public void Draw(Html html, PlotSize size)
    {
        Scale scale = Scale.Of(0, Values.Max() ?? 0);
        BarPlot.Axes(html, size, scale);
        BarPlot.Labelled(html, size, Labels);
        double room = (size.Right - PlotSize.Left) / Labels.Count, zero = scale.Y(0, size);
        int first = 0;
        while (first < Values.Count && Values[first] is null) first++;
        if (first == Values.Count) return;
        var edge = new List<string>();
        for (int at = first; at < Values.Count; at++)
        {
            double y = scale.Y(Values[at] ?? 0, size);
            edge.Add(Point(PlotSize.Left + (at * room), y));
            edge.Add(Point(PlotSize.Left + ((at + 1) * room), y));
        }

        html.Raw("<polygon class=\"area\"").Attribute("points", $"{Point(PlotSize.Left + (first * room), zero)} {string.Join(' ', edge)} {Point(size.Right, zero)}").Raw("/>");
        html.Raw("<polyline class=\"edge\"").Attribute("points", string.Join(' ', edge)).Raw("/>");
        for (int at = first; at < Values.Count; at++)
        {
            html.Raw("<g>").Element("title", $"{Names[at]}: {Name} {BarPlot.Exact(Values[at] ?? 0)}");
            html.Raw("<rect class=\"hit\"").Attribute("x", PlotSize.Left + (at * room)).Attribute("y", PlotSize.Top).Attribute("width", room).Attribute("height", size.Bottom - PlotSize.Top).Raw("/></g>");
        }
    }

    private static string Point(double x, double y) => $"{x.ToString("0.##", CultureInfo.InvariantCulture)},{y.ToString("0.##", CultureInfo.InvariantCulture)}";
}
