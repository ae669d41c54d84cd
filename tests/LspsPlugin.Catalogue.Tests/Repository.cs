using Xunit;

namespace LspsPlugin.Catalogue.Tests;

internal static class Repository
{
    public static string Root { get; } = Find();

    /// <summary>A generated page of docs/ is what it should be; with LSPS_ACCEPT=1 it is written.</summary>
    public static void CheckPage(string name, string page)
    {
        string path = Path.Combine(Root, "docs", name);
        if (Environment.GetEnvironmentVariable("LSPS_ACCEPT") == "1") File.WriteAllText(path, page);
        Assert.True(File.Exists(path), $"docs/{name} is missing: LSPS_ACCEPT=1 writes it");
        Assert.True(page == File.ReadAllText(path), $"docs/{name} is stale: LSPS_ACCEPT=1 writes it anew");
    }

    private static string Find()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "LspsPlugin.sln"))) return at.FullName;
        }

        throw new InvalidOperationException("the tests run outside the repository");
    }
}
