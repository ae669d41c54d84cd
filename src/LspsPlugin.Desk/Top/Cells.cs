using System.Globalization;
using System.Text;

namespace LspsPlugin.Desk.Top;

/// <summary>The cells of a terminal that a text takes: two for the letters of China, Japan and Korea and for most pictures, none for accents.</summary>
internal static class Cells
{
    /// <summary>After a symbol, this asks for the wide picture of it. Not every terminal obeys.</summary>
    private const int AsPicture = 0xFE0F;

    /// <summary>First and last of each range of wide characters, upwards (UAX #11; unassigned ones between them are never written).</summary>
    private static ReadOnlySpan<int> Wide =>
    [
        0x1100, 0x115F, 0x231A, 0x231B, 0x2329, 0x232A, 0x23E9, 0x23EC, 0x23F0, 0x23F0, 0x23F3, 0x23F3, 0x25FD, 0x25FE, 0x2614, 0x2615, 0x2630, 0x2637, 0x2648, 0x2653,
        0x267F, 0x267F, 0x268A, 0x268F, 0x2693, 0x2693, 0x26A1, 0x26A1, 0x26AA, 0x26AB, 0x26BD, 0x26BE, 0x26C4, 0x26C5, 0x26CE, 0x26CE, 0x26D4, 0x26D4, 0x26EA, 0x26EA,
        0x26F2, 0x26F3, 0x26F5, 0x26F5, 0x26FA, 0x26FA, 0x26FD, 0x26FD, 0x2705, 0x2705, 0x270A, 0x270B, 0x2728, 0x2728, 0x274C, 0x274C, 0x274E, 0x274E, 0x2753, 0x2755,
        0x2757, 0x2757, 0x2795, 0x2797, 0x27B0, 0x27B0, 0x27BF, 0x27BF, 0x2B1B, 0x2B1C, 0x2B50, 0x2B50, 0x2B55, 0x2B55, 0x2E80, 0x303E, 0x3041, 0xA4CF, 0xA960, 0xA97F,
        0xAC00, 0xD7A3, 0xF900, 0xFAFF, 0xFE10, 0xFE19, 0xFE30, 0xFE6F, 0xFF01, 0xFF60, 0xFFE0, 0xFFE6, 0x16FE0, 0x18DFF, 0x1AFF0, 0x1B2FF, 0x1D300, 0x1D37F,
        0x1F004, 0x1F004, 0x1F0CF, 0x1F0CF, 0x1F18E, 0x1F18E, 0x1F191, 0x1F19A, 0x1F200, 0x1F64F, 0x1F680, 0x1F6FF, 0x1F7E0, 0x1F7F0, 0x1F900, 0x1F9FF, 0x1FA70, 0x1FAFF,
        0x20000, 0x3FFFD,
    ];

    public static int Of(string text)
    {
        int cells = 0;
        foreach (Rune rune in text.EnumerateRunes()) cells += Of(rune);
        return cells;
    }

    /// <summary>Returns the text, cut to a number of cells with a mark of one cell if it is longer.</summary>
    public static string Cut(string text, int most, string mark) => Of(text) <= most ? text : most < 1 ? "" : text[..Fitting(text, most - 1)] + mark;

    /// <summary>Returns lines of at most so many cells, at least one; between words where a word fits a line.</summary>
    public static List<string> Wrap(string text, int width)
    {
        var lines = new List<string>();
        var line = new StringBuilder();
        int used = 0;
        bool isFirst = true;
        foreach (string word in text.Split(' '))
        {
            string rest = word;
            int cells = Of(rest);
            if (!isFirst && used + 1 + cells <= width)
            {
                line.Append(' ');
                used++;
            }
            else if (!isFirst)
            {
                End();
            }

            while (cells > width && Fitting(rest, width) is > 0 and int fitting)
            {
                lines.Add(rest[..fitting]);
                rest = rest[fitting..];
                cells = Of(rest);
            }

            line.Append(rest);
            used += cells;
            isFirst = false;
        }

        End();
        return lines;

        void End()
        {
            lines.Add(line.ToString());
            line.Clear();
            used = 0;
        }
    }

    private static int Of(Rune rune)
    {
        if (rune.IsAscii || rune.Value == AsPicture) return 1;
        if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format) return 0;
        for (int at = 0; at < Wide.Length && rune.Value >= Wide[at]; at += 2)
        {
            if (rune.Value <= Wide[at + 1]) return 2;
        }

        return 1;
    }

    /// <summary>How many chars of the text, from its beginning, take at most so many cells.</summary>
    private static int Fitting(string text, int most)
    {
        int chars = 0, cells = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            cells += Of(rune);
            if (cells > most) break;
            chars += rune.Utf16SequenceLength;
        }

        return chars;
    }
}
