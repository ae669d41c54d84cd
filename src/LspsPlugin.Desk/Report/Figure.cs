namespace LspsPlugin.Desk.Report;

/// <summary>A plot with its heading, its legend, and its numbers as a table for those who cannot see it.</summary>
/// <param name="Id">Its id in the page.</param>
/// <param name="Title">Its heading.</param>
/// <param name="Summary">What it shows, in a sentence.</param>
internal sealed record Figure(string Id, string Title, string Summary)
{
    /// <summary>Colours and what they stand for.</summary>
    public IReadOnlyList<(string Paint, string Name)> Legend { get; init; } = [];

    /// <summary>The heads of the table's columns; the first column has names, the others numbers.</summary>
    public required IReadOnlyList<string> Heads { get; init; }

    public required IEnumerable<IReadOnlyList<string>> Cells { get; init; }

    /// <summary>Draws into a size; null if there is nothing to draw.</summary>
    public Action<Html, PlotSize>? Draw { get; init; }

    /// <summary>The height of the drawing where it is not the size's.</summary>
    public double? Height { get; init; }

    public void Write(Html html)
    {
        html.Raw("<figure>").Element($"h2 id=\"{Id}\"", Title).Raw("<figcaption>").Text(Summary).Raw("</figcaption>");
        if (Draw is not { } draw)
        {
            html.Raw("<p class=\"none\">Nothing to draw yet.</p></figure>");
            return;
        }

        if (Legend.Count > 0)
        {
            html.Raw("<ul class=\"legend\">");
            foreach ((string paint, string name) in Legend) html.Raw("<li><span").Attribute("class", $"key k-{paint}").Raw("></span>").Text(name).Raw("</li>");
            html.Raw("</ul>");
        }

        foreach (PlotSize size in PlotSize.All)
        {
            html.Raw("<svg role=\"img\"").Attribute("class", size.Class).Attribute("viewBox", FormattableString.Invariant($"0 0 {size.Width:0.##} {Height ?? size.Height:0.##}"));
            html.Attribute("aria-labelledby", $"{Id}-{size.Class}-t {Id}-{size.Class}-d").Raw(">");
            html.Raw("<title").Attribute("id", $"{Id}-{size.Class}-t").Raw(">").Text(Title).Raw("</title><desc").Attribute("id", $"{Id}-{size.Class}-d").Raw(">").Text($"{Summary} The numbers are in the table below.").Raw("</desc>");
            draw(html, size);
            html.Raw("</svg>");
        }

        html.Raw("<details><summary>Numbers</summary><div class=\"scroll\" tabindex=\"0\" role=\"region\"").Attribute("aria-labelledby", Id).Raw("><table><thead><tr>");
        foreach (string head in Heads) html.Element("th scope=\"col\"", head);
        html.Raw("</tr></thead><tbody>");
        foreach (IReadOnlyList<string> row in Cells)
        {
            html.Raw("<tr>").Element("th scope=\"row\"", row[0]);
            foreach (string cell in row.Skip(1)) html.Element("td", cell);
            html.Raw("</tr>");
        }

        html.Raw("</tbody></table></div></details></figure>");
    }
}
