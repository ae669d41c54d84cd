using Xunit;

namespace LspsPlugin.Core.Tests;

/// <summary>A generated file that is kept in the repository: LSPS_ACCEPT=1 writes it anew.</summary>
internal static class Golden
{
    public static void Equal(string path, string expected)
    {
        string file = Path.Combine(Repository.Root, path);
        if (Environment.GetEnvironmentVariable("LSPS_ACCEPT") == "1") File.WriteAllText(file, expected);
        Assert.True(File.Exists(file), $"{path} is missing: run the tests with LSPS_ACCEPT=1 to write it");
        Assert.Equal(expected, File.ReadAllText(file));
    }
}

internal static class Repository
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        string? directory = AppContext.BaseDirectory;
        while (directory is not null && !File.Exists(Path.Combine(directory, "LspsPlugin.sln"))) directory = Path.GetDirectoryName(directory);
        return directory ?? throw new InvalidOperationException("the tests do not run inside the repository");
    }
}
