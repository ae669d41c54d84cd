using System.Text.RegularExpressions;
using Xunit;

namespace LspsPlugin.Catalogue.Tests;

/// <summary>The walks through the tree in docs/architecture.md name files that exist.</summary>
public partial class WalkTests
{
    private static readonly string Sources = Path.Combine(Repository.Root, "src");

    [Fact]
    public void Every_file_of_a_walk_exists()
    {
        string page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "architecture.md"));
        int from = page.IndexOf("## Three walks", StringComparison.Ordinal), to = page.IndexOf("\n## ", from + 1, StringComparison.Ordinal);
        Assert.True(from >= 0 && to > from, "the walks were not found");
        string[] named = [.. SourceFile().Matches(page[from..to]).Select(static match => match.Groups["file"].Value).Distinct(StringComparer.Ordinal)];
        Assert.True(named.Length > 25, $"only {named.Length} files were found");
        Assert.Equal([], named.Where(static file => !File.Exists(PathOf(file))));
    }

    private static string PathOf(string file) => Path.Combine(Sources, file.StartsWith("LspsPlugin.", StringComparison.Ordinal) ? file : Path.Combine("LspsPlugin.Cln", file));

    [GeneratedRegex(@"`(?<file>[\w./]+\.cs)`", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SourceFile();
}
