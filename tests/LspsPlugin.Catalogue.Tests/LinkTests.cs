using System.Text.RegularExpressions;
using Xunit;

namespace LspsPlugin.Catalogue.Tests;

/// <summary>A link from one page of the repository to another leads somewhere.</summary>
public partial class LinkTests
{
    [Fact]
    public void Every_link_between_pages_leads_to_a_file()
    {
        string[] pages = ["README.md", .. Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md").Select(path => Path.Combine("docs", Path.GetFileName(path)))];
        var broken = new List<string>();
        int links = 0;
        foreach (string page in pages)
        {
            string folder = Path.GetDirectoryName(Path.Combine(Repository.Root, page))!;
            foreach (Match match in Link().Matches(File.ReadAllText(Path.Combine(Repository.Root, page))))
            {
                string target = match.Groups["to"].Value;
                if (target.Contains("://", StringComparison.Ordinal)) continue;
                links++;
                if (!Path.Exists(Path.Combine(folder, target))) broken.Add($"{page}: {target}");
            }
        }

        Assert.Equal([], broken);
        Assert.True(links > 10, $"only {links} links were found");
    }

    /// <summary>The target of a link, without the place in the page.</summary>
    [GeneratedRegex(@"\]\((?<to>[^)#\s]+)(#[^)]*)?\)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Link();
}
