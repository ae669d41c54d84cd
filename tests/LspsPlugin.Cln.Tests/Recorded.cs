using System.Text.Json;

namespace LspsPlugin.Cln.Tests;

/// <summary>The messages recorded from real nodes; they lie beside the repository.</summary>
internal static class Recorded
{
    private static readonly string? Shared = Find(Path.Combine("shared", "samples"));

    /// <summary>The repository's root.</summary>
    public static string Root { get; } = Path.GetDirectoryName(Find("plugin-manifest.json"))
        ?? throw new InvalidOperationException("the tests run outside the repository");

    /// <summary>A message between the host and a plugin, as it was on the wire.</summary>
    public static byte[] Plugin(string name) => File.ReadAllBytes(Path.Combine(Samples("plugin"), name + ".json"));

    public static byte[] Request(string name) => File.ReadAllBytes(Path.Combine(Samples("rpc"), name + ".request.json"));

    public static byte[] Response(string name) => File.ReadAllBytes(Path.Combine(Samples("rpc"), name + ".response.json"));

    /// <summary>The names of the exchanges with lightning-rpc.</summary>
    public static IReadOnlyList<string> Exchanges() =>
        [.. Directory.EnumerateFiles(Samples("rpc"), "*.request.json").Select(path => Path.GetFileName(path)[..^".request.json".Length]).Order(StringComparer.Ordinal)];

    /// <summary>The names of the plugin messages that begin with <paramref name="prefix"/>, without recorded answers.</summary>
    public static IReadOnlyList<string> PluginMessages(string prefix) =>
    [
        .. Directory.EnumerateFiles(Samples("plugin"), prefix + "*.json")
            .Select(path => Path.GetFileNameWithoutExtension(path))
            .Where(name => !name.EndsWith(".answer", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal),
    ];

    public static JsonElement Params(byte[] message) => JsonDocument.Parse(message).RootElement.GetProperty("params");

    private static string Samples(string folder)
    {
        if (Shared is null) Assert.Skip("../shared is not beside the repository");
        return Path.Combine(Shared, folder);
    }

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
