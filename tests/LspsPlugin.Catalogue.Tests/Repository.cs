namespace LspsPlugin.Catalogue.Tests;

internal static class Repository
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "LspsPlugin.sln"))) return at.FullName;
        }

        throw new InvalidOperationException("the tests run outside the repository");
    }
}
