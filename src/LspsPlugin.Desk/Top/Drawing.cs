using System.Text;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace LspsPlugin.Desk.Top;

/// <summary>
/// Makes lines of Spectre.Console's tables and texts. Its console is not used: it would add what it finds out about terminals, and half of the library's size.
/// </summary>
internal sealed class Drawing(Look look) : IReadOnlyCapabilities
{
    public static readonly Style Strong = new(decoration: Spectre.Console.Decoration.Bold);
    public static readonly Style Faint = new(decoration: Spectre.Console.Decoration.Dim);
    public static readonly Style Good = new(Color.Green);
    public static readonly Style Bad = new(Color.Red);
    public static readonly Style Waiting = new(Color.Yellow);

    private const string Reset = "\e[0m";

    public ColorSystem ColorSystem => look.HasColour ? ColorSystem.Standard : ColorSystem.NoColors;

    public bool Ansi => look.HasColour;

    public bool Links => false;

    public bool Legacy => false;

    public bool Interactive => false;

    public bool Unicode => look.HasUnicode;

    public bool AlternateBuffer => false;

    public IEnumerable<string> Lines(IRenderable part)
    {
        var line = new StringBuilder();
        string current = "";
        foreach (Segment segment in part.Render(new RenderOptions(this, new Size(look.Width, look.Height ?? 1)), look.Width))
        {
            // Each word is a segment. A code is written where it changes; a space needs none.
            string code = !look.HasColour ? "" : string.IsNullOrWhiteSpace(segment.Text) && !segment.IsLineBreak ? current : segment.IsLineBreak ? "" : CodeOf(segment.Style);
            if (code != current) line.Append(current.Length > 0 ? Reset : "").Append(code);
            current = code;
            if (!segment.IsLineBreak)
            {
                line.Append(segment.Text.ReplaceLineEndings(""));
                continue;
            }

            yield return line.ToString();
            line.Clear();
        }

        if (line.Length > 0) yield return $"{line}{(current.Length > 0 ? Reset : "")}";
    }

    private static string CodeOf(Style style) =>
        style.Equals(Strong) ? "\e[1m"
        : style.Equals(Faint) ? "\e[2m"
        : style.Equals(Good) ? "\e[32m"
        : style.Equals(Bad) ? "\e[1;31m"
        : style.Equals(Waiting) ? "\e[33m"
        : "";
}
