using System.Globalization;
using System.Text;

namespace LspsPlugin.Desk.Wording;

/// <summary>Text of strangers, such as aliases and messages of peers, before it is shown.</summary>
internal static class PlainText
{
    private const char Replacement = '\uFFFD';

    /// <summary>
    /// Returns the text in one line, without what a terminal or a browser would obey: control characters, and those that change the direction of what follows.
    /// Unpaired surrogates are replaced too.
    /// </summary>
    public static string Clean(string text)
    {
        if (text.All(static c => c is >= ' ' and <= '~')) return text;
        var clean = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (rune.Value is '\n' or '\r' or '\t') clean.Append(' ');
            else if (IsObeyed(rune)) clean.Append(Replacement);
            else clean.Append(rune);
        }

        return clean.ToString();
    }

    /// <summary>Returns the text, cut to a length with a mark if it is longer.</summary>
    public static string Cut(string text, int longest, string mark) => text.Length <= longest ? text : text[..Math.Max(0, longest - mark.Length)] + mark;

    private static bool IsObeyed(Rune rune) => Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned;
}
