using System.Text.Json;
using Xunit;

namespace LspsPlugin.Simulation.Tests;

/// <summary>What was recorded from real nodes, in tests/Recordings; and the node's own schemas, which lie beside the repository.</summary>
internal static class Recorded
{
    private static readonly string Samples = Find(Path.Combine("tests", "Recordings")) ?? throw new InvalidOperationException("the tests run outside the repository");

    private static readonly string? Schemas = Find(Path.Combine("shared", "schemas"));

    public static JsonElement Json(string path) => JsonDocument.Parse(File.ReadAllText(Path.Combine(Samples, path))).RootElement;

    /// <summary>For the beginning of a test that holds something against the node's schemas: without them it is skipped, and says so.</summary>
    public static void NeedSchemas()
    {
        if (Schemas is null) Assert.Skip("../shared/schemas (the node's own, doc/schemas) is not beside the repository");
    }

    /// <summary>Every recorded result of a command.</summary>
    public static IEnumerable<JsonElement> Results(string method)
    {
        foreach (string file in Directory.GetFiles(Path.Combine(Samples, "rpc"), "*.request.json").Order(StringComparer.Ordinal))
        {
            string name = Path.GetFileName(file).Replace(".request.json", "", StringComparison.Ordinal);
            if (Json($"rpc/{name}.request.json").GetProperty("method").GetString() != method) continue;
            if (Json($"rpc/{name}.response.json").TryGetProperty("result", out JsonElement result)) yield return result;
        }
    }

    /// <summary>One of the node's own schemas; null when there is none of that name.</summary>
    public static JsonElement? Schema(string path)
    {
        string file = Path.Combine(Schemas!, path);
        return File.Exists(file) ? JsonDocument.Parse(File.ReadAllText(file)).RootElement : null;
    }

    private static string? Find(string relative)
    {
        for (string? directory = AppContext.BaseDirectory; directory is not null; directory = Path.GetDirectoryName(directory))
        {
            string found = Path.Combine(directory, relative);
            if (Directory.Exists(found)) return found;
        }

        return null;
    }
}
