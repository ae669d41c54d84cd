using System.Text.Json;

namespace LspsPlugin.Cln.Tests;

/// <summary>The messages recorded from real nodes, in tests/Recordings.</summary>
internal static class Recorded
{
    /// <summary>The repository's root.</summary>
    public static string Root { get; } = Path.GetDirectoryName(Find("plugin-manifest.json"))
        ?? throw new InvalidOperationException("the tests run outside the repository");

    /// <summary>A message between the host and a plugin, as it was on the wire.</summary>
    public static byte[] Plugin(string name) => File.ReadAllBytes(Path.Combine(Samples("plugin"), name + ".json"));

    public static byte[] Request(string name) => File.ReadAllBytes(Path.Combine(Samples("rpc"), name + ".request.json"));

    public static byte[] Response(string name) => File.ReadAllBytes(Path.Combine(Samples("rpc"), name + ".response.json"));

    /// <summary>The names of the exchanges with lightning-rpc that begin with <paramref name="prefix"/>; there is at least one.</summary>
    public static IReadOnlyList<string> Exchanges(string prefix) => Names("rpc", prefix + "*.request.json", static file => file[..^".request.json".Length]);

    /// <summary>The names of the plugin messages that begin with <paramref name="prefix"/>, without recorded answers; there is at least one.</summary>
    public static IReadOnlyList<string> PluginMessages(string prefix) =>
        Names("plugin", prefix + "*.json", static file => file.EndsWith(".answer.json", StringComparison.Ordinal) ? null : file[..^".json".Length]);

    public static JsonElement Params(byte[] message) => JsonDocument.Parse(message).RootElement.GetProperty("params");

    private static IReadOnlyList<string> Names(string folder, string pattern, Func<string, string?> nameOf)
    {
        string[] names = [.. Directory.EnumerateFiles(Samples(folder), pattern).Select(path => nameOf(Path.GetFileName(path))).OfType<string>().Order(StringComparer.Ordinal)];
        Assert.NotEmpty(names);
        return names;
    }

    private static string Samples(string folder) => Path.Combine(Root, "tests", "Recordings", folder);

    private static string? Find(string relative)
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            string candidate = Path.Combine(at.FullName, relative);
            if (Path.Exists(candidate)) return candidate;
        }

        return null;
    }
}
