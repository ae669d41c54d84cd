using System.Text;

namespace LspsPlugin.Desk.Top;

/// <summary>Makes lines of texts, none wider than the terminal. Every text is written as it is: there is no markup that strangers could write.</summary>
internal sealed class Drawing(Look look)
{
    private const string Gap = "  ";
    private const string Reset = "\e[0m";

    /// <summary>A text, in as many lines as it needs.</summary>
    public IEnumerable<string> Lines(Words words) => Cells.Wrap(words.Text, look.Width).Select(line => Coloured(line, words.Ink));

    /// <summary>Names and what is told of them, side by side; of the latter, in as many lines as it needs.</summary>
    /// <param name="rows">A name, then what is told.</param>
    public IEnumerable<string> Pairs(IReadOnlyList<Words[]> rows)
    {
        int names = Math.Min(rows.Max(static row => Cells.Of(row[0].Text)), look.Width / 2);
        foreach (Words[] row in rows)
        {
            Words name = row[0];
            foreach (string told in Cells.Wrap(row[1].Text, look.Width - names - Gap.Length))
            {
                yield return $"{Padded(name, names, isNumber: false)}{Gap}{Coloured(told, row[1].Ink)}";
                name = new Words("");
            }
        }
    }

    /// <summary>A table with a heading, one line a row. If it is too wide, its widest columns give way.</summary>
    /// <param name="columns">The columns.</param>
    /// <param name="rows">A cell for each column, each.</param>
    public IEnumerable<string> Grid(IReadOnlyList<Column> columns, IReadOnlyList<Words[]> rows)
    {
        int[] widths = new int[columns.Count];
        for (int at = 0; at < widths.Length; at++)
        {
            widths[at] = Cells.Of(columns[at].Name);
            foreach (Words[] row in rows) widths[at] = Math.Max(widths[at], Cells.Of(row[at].Text));
        }

        int gaps = Gap.Length * (widths.Length - 1);
        while (widths.Sum() + gaps > look.Width && widths.Max() > 1) widths[Array.IndexOf(widths, widths.Max())]--;
        yield return Row([.. columns.Select(static column => new Words(column.Name, Ink.Faint))]);
        if (look.HasUnicode) yield return Coloured(new string('─', Math.Min(look.Width, widths.Sum() + gaps)), Ink.Faint);
        foreach (Words[] row in rows) yield return Row(row);

        string Row(Words[] cells)
        {
            var line = new StringBuilder();
            for (int at = 0; at < cells.Length; at++) line.Append(at > 0 ? Gap : "").Append(Padded(cells[at], widths[at], columns[at].IsNumber));
            return line.ToString();
        }
    }

    private string Padded(Words words, int width, bool isNumber)
    {
        string text = Cells.Cut(words.Text, width, look.Ellipsis), space = new(' ', width - Cells.Of(text));
        return isNumber ? space + Coloured(text, words.Ink) : Coloured(text, words.Ink) + space;
    }

    private string Coloured(string text, Ink ink)
    {
        string code = ink switch
        {
            Ink.Strong => "\e[1m",
            Ink.Faint => "\e[2m",
            Ink.Good => "\e[32m",
            Ink.Bad => "\e[1;31m",
            Ink.Waiting => "\e[33m",
            _ => "",
        };
        return look.HasColour && code.Length > 0 && text.Length > 0 ? code + text + Reset : text;
    }
}
