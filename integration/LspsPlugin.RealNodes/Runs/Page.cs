namespace LspsPlugin.RealNodes.Runs;

/// <summary>A documentation page with a section, between two markers, for the results of a run.</summary>
internal static class Page
{
    /// <summary>Returns the section's text; empty if there is none.</summary>
    public static string Read(string file, string place)
    {
        string page = File.Exists(file) ? File.ReadAllText(file) : "";
        return Find(page, place) is var (from, to) && from >= 0 ? page[from..to] : "";
    }

    public static void Write(string file, string place, string text)
    {
        string page = File.Exists(file) ? File.ReadAllText(file) : "", filled = $"\n{text.TrimEnd()}\n";
        (int from, int to) = Find(page, place);
        File.WriteAllText(file, from < 0 ? $"{page.TrimEnd()}\n\n<!-- {place} -->{filled}<!-- /{place} -->\n".TrimStart() : $"{page[..from]}{filled}{page[to..]}");
    }

    /// <summary>Returns the position between the markers; -1 if they are missing.</summary>
    private static (int From, int To) Find(string page, string place)
    {
        string begin = $"<!-- {place} -->";
        int from = page.IndexOf(begin, StringComparison.Ordinal), to = page.IndexOf($"<!-- /{place} -->", StringComparison.Ordinal);
        return from < 0 || to < from ? (-1, -1) : (from + begin.Length, to);
    }
}
