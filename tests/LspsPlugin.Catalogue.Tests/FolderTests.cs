using System.Text.RegularExpressions;
using Xunit;

namespace LspsPlugin.Catalogue.Tests;

/// <summary>The folders of the sources: namespaces follow them, and they depend on each other in one direction only.</summary>
public partial class FolderTests
{
    private static readonly string Sources = Path.Combine(Repository.Root, "src");

    public static TheoryData<string> Projects => [.. Directory.GetDirectories(Sources, "LspsPlugin*").Select(static path => Path.GetFileName(path)!)];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_namespace_is_the_folder_of_its_file(string project)
    {
        foreach (string file in Files(project))
        {
            string folder = Path.GetRelativePath(Sources, Path.GetDirectoryName(file)!).Replace(Path.DirectorySeparatorChar, '.');
            if (NamespaceOf(File.ReadAllText(file)) is { } name) Assert.True(folder == name, $"{file} is in {name}");
        }
    }

    [Fact]
    public void Folders_of_the_node_adapter_depend_on_each_other_without_a_cycle()
    {
        var uses = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        foreach (string file in Files("LspsPlugin.Cln"))
        {
            string text = File.ReadAllText(file);
            string own = NamespaceOf(text)!;
            uses.TryAdd(own, []);
            uses[own].UnionWith(Using().Matches(text).Select(static match => match.Groups["name"].Value).Where(name => name != own));
        }

        Assert.True(uses.Count > 5, "the folders were not found");
        foreach (string folder in uses.Keys) Assert.False(Reached(folder, uses).Contains(folder), $"{folder} depends on itself: {string.Join(", ", Reached(folder, uses))}");
    }

    private static IEnumerable<string> Files(string project) => Directory.EnumerateFiles(Path.Combine(Sources, project), "*.cs", SearchOption.AllDirectories);

    private static string? NamespaceOf(string text) => Namespace().Match(text) is { Success: true } match ? match.Groups["name"].Value : null;

    private static HashSet<string> Reached(string from, Dictionary<string, HashSet<string>> uses)
    {
        var reached = new HashSet<string>(StringComparer.Ordinal);
        var open = new Queue<string>([from]);
        while (open.TryDequeue(out string? at))
        {
            foreach (string next in uses.GetValueOrDefault(at) ?? []) if (reached.Add(next)) open.Enqueue(next);
        }

        return reached;
    }

    [GeneratedRegex(@"^namespace (?<name>[\w.]+);", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Namespace();

    [GeneratedRegex(@"^using (?<name>LspsPlugin\.Cln\.[\w.]+);", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Using();
}
