using System.Text.RegularExpressions;
using Xunit;

namespace LspsPlugin.Catalogue.Tests;

/// <summary>docs/switching.md claims nothing that no test shows.</summary>
public partial class SwitchingPageTests
{
    /// <summary>The rows that compare: a defect of the built-in plugins each, of the provider's conduct, its strength, and the wallet's.</summary>
    private static readonly int[] Compared = [20, 24, 14];

    private static readonly string Text = File.ReadAllText(Path.Combine(Repository.Root, "docs", "switching.md"));

    [Fact]
    public void Every_test_that_the_page_names_exists()
    {
        string[] named = [.. Name().Matches(Text).Select(match => match.Groups["name"].Value)];
        Assert.NotEmpty(named);
        IReadOnlySet<string> known = Annotations.Methods();
        Assert.Equal([], named.Where(name => !known.Contains(name)));
    }

    [Fact]
    public void Every_defect_has_a_row_with_a_test_or_a_reason()
    {
        string[] sections = Text.Split("\n### ")[1..];
        Assert.Equal(Compared, sections.Select(section => Rows(section).Length));
        Assert.All(sections.SelectMany(Rows), row => Assert.True(Name().IsMatch(row) || row.Contains("| open: ", StringComparison.Ordinal), row));
    }

    private static string[] Rows(string section) => [.. section.Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal)).Skip(1)];

    [GeneratedRegex("`(?<name>[A-Z][A-Za-z0-9]+\\.[A-Z][A-Za-z0-9]*_[A-Za-z0-9_]+)`", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Name();
}
