namespace LspsPlugin.RealNodes.Runs;

/// <summary>A page of the documentation with a place, between two markers, for what a run has shown.</summary>
internal static class Page
{
    /// <summary>What stands in the place; empty when there is none.</summary>
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

    /// <summary>Between the markers; -1 when they are not there.</summary>
    private static (int From, int To) Find(string page, string place)
    {
        string begin = $"<!-- {place} -->";
        int from = page.IndexOf(begin, StringComparison.Ordinal), to = page.IndexOf($"<!-- /{place} -->", StringComparison.Ordinal);
        return from < 0 || to < from ? (-1, -1) : (from + begin.Length, to);
    }
}
