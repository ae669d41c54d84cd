using System.Globalization;
using System.Text;
using LspsPlugin.Desk.Wording;

namespace LspsPlugin.Desk.Report;

/// <summary>Builds a page. What is not a constant of ours goes through <see cref="Text"/> or into an attribute, and is escaped. The page is also well-formed XML.</summary>
internal sealed class Html
{
    private readonly StringBuilder _page = new();

    /// <summary>Appends markup of ours.</summary>
    public Html Raw(string markup)
    {
        _page.Append(markup);
        return this;
    }

    /// <summary>Appends text, whoever wrote it.</summary>
    public Html Text(string text)
    {
        foreach (char c in PlainText.Clean(text))
        {
            _ = c switch
            {
                '<' => _page.Append("&lt;"),
                '>' => _page.Append("&gt;"),
                '&' => _page.Append("&amp;"),
                '"' => _page.Append("&quot;"),
                '\'' => _page.Append("&#39;"),
                _ => _page.Append(c),
            };
        }

        return this;
    }

    /// <summary>Appends an attribute.</summary>
    public Html Attribute(string name, string value) => Raw(" ").Raw(name).Raw("=\"").Text(value).Raw("\"");

    /// <summary>Appends an attribute that is a length or a position, to a hundredth.</summary>
    public Html Attribute(string name, double value) => Raw(" ").Raw(name).Raw("=\"").Raw(value.ToString("0.##", CultureInfo.InvariantCulture)).Raw("\"");

    /// <summary>Appends an element with nothing but text in it.</summary>
    /// <param name="name">Its name, and attributes that are constants.</param>
    /// <param name="text">The text.</param>
    public Html Element(string name, string text) => Raw("<").Raw(name).Raw(">").Text(text).Raw("</").Raw(name.Split(' ', 2)[0]).Raw(">");

    public override string ToString() => _page.ToString();
}
