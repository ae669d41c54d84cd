using System.Text;
using LspsPlugin.EndToEnd.Tests.Host;
using LspsPlugin.Scenarios;
using Xunit;

namespace LspsPlugin.EndToEnd.Tests;

/// <summary>docs/scenarios.md lists every scenario; LSPS_ACCEPT=1 rewrites the list.</summary>
public class ScenarioPageTests
{
    private const string Begin = "<!-- scenarios -->\n", End = "<!-- /scenarios -->";

    [Fact]
    public void The_list_is_that_of_the_scenarios()
    {
        string path = Path.Combine(Root(), "docs", "scenarios.md"), page = File.ReadAllText(path), list = List();
        int from = page.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, to = page.IndexOf(End, StringComparison.Ordinal);
        Assert.True(from >= Begin.Length && to >= from, $"docs/scenarios.md has no place for the list: {Begin.TrimEnd()} and {End}");
        if (Environment.GetEnvironmentVariable("LSPS_ACCEPT") == "1") File.WriteAllText(path, page[..from] + list + page[to..]);
        else Assert.Equal(list, page[from..to]);
    }

    private static string List()
    {
        var list = new StringBuilder($"{Scenario.All.Count} scenarios.\n");
        foreach (IGrouping<string, Scenario> group in Scenario.All.GroupBy(scenario => scenario.Group))
        {
            list.Append($"\n### {Words(group.Key)}\n\n");
            foreach (Scenario scenario in group) list.Append($"- {scenario}{(SimRegtest.Given.HasFlag(scenario.Needs) ? "" : " \\*")}\n");
        }

        return list.ToString();
    }

    /// <summary>Splits a name into words: "BuiltInRecords" becomes "Built in records".</summary>
    private static string Words(string name) => string.Concat(name.Select((c, i) => i > 0 && char.IsUpper(c) ? $" {char.ToLowerInvariant(c)}" : c.ToString()));

    private static string Root()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "LspsPlugin.sln"))) return at.FullName;
        }

        throw new InvalidOperationException("the tests run outside the repository");
    }
}
