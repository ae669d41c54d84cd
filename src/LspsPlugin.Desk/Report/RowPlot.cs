namespace LspsPlugin.Desk.Report;

/// <summary>A bar of a <see cref="RowPlot"/>.</summary>
internal readonly record struct Row(string Label, decimal Value);

/// <summary>Lying bars, each with its label above it, which may be as long as a line.</summary>
internal sealed record RowPlot(IReadOnlyList<Row> Rows, string Paint)
{
    private const double RowHeight = 32;
    private const double BarHeight = 10;
    private const int ValueLength = 12;
    private const double WideCharacter = 13;

    public double Height => Math.Max(1, Rows.Count) * RowHeight;

    public void Draw(Html html, PlotSize size)
    {
        decimal largest = Math.Max(1, Rows.Max(static row => row.Value));
        for (int at = 0; at < Rows.Count; at++)
        {
            double y = at * RowHeight;
            string label = Fitting(Rows[at].Label, size.Width - (ValueLength * PlotSize.CharacterWidth));
            html.Raw("<g>").Element("title", $"{Rows[at].Label}: {BarPlot.Exact(Rows[at].Value)}");
            html.Raw("<text class=\"start\" x=\"0\"").Attribute("y", y + 13).Raw(">").Text(label).Raw("</text>");
            html.Raw("<text class=\"end strong\"").Attribute("x", size.Width).Attribute("y", y + 13).Raw(">").Text(BarPlot.Exact(Rows[at].Value)).Raw("</text>");
            html.Raw("<rect class=\"track\" x=\"0\"").Attribute("y", y + 18).Attribute("width", size.Width).Attribute("height", BarHeight).Raw(" rx=\"2\"/>");
            if (Rows[at].Value > 0) html.Raw("<rect").Attribute("class", $"p-{Paint}").Raw(" x=\"0\"").Attribute("y", y + 18).Attribute("width", Math.Max(2, (double)(Rows[at].Value / largest) * size.Width)).Attribute("height", BarHeight).Raw(" rx=\"2\"/>");
            html.Raw("</g>");
        }
    }

    /// <summary>Returns what fits into so much room; wide letters count for what they are.</summary>
    private static string Fitting(string text, double room)
    {
        double width = 0;
        for (int at = 0; at < text.Length; at++)
        {
            width += text[at] is 'W' or 'M' or 'w' or 'm' or '@' or > '~' ? WideCharacter : PlotSize.CharacterWidth;
            if (width > room) return $"{text[..Math.Max(0, at - 1)]}…";
        }

        return text;
    }
}
