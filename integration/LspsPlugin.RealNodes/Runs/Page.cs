namespace LspsPlugin.RealNodes.Runs;

/// <summary>A page of the documentation with a place, between two markers, for what a run has shown.</summary>
internal static class Page
{
    public static void Write(string file, string place, string text)
    {
        string begin = $"<!-- {place} -->", end = $"<!-- /{place} -->", page = File.Exists(file) ? File.ReadAllText(file) : "";
        int from = page.IndexOf(begin, StringComparison.Ordinal), to = page.IndexOf(end, StringComparison.Ordinal);
        string filled = $"{begin}\n{text.TrimEnd()}\n{end}";
        if (from < 0 || to < from) File.WriteAllText(file, $"{page.TrimEnd()}\n\n{filled}\n".TrimStart());
        else File.WriteAllText(file, $"{page[..from]}{filled}{page[(to + end.Length)..]}");
    }
}
