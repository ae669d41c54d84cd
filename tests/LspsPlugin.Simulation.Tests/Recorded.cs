using System.Text.Json;
using Xunit;

namespace LspsPlugin.Simulation.Tests;

/// <summary>What was recorded from real nodes, beside the repository.</summary>
internal static class Recorded
{
    /// <summary>Skips the test when there are no recordings.</summary>
    public static JsonElement Json(string path) => JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder(), path))).RootElement;

    /// <summary>Every recorded result of a command.</summary>
    public static IEnumerable<JsonElement> Results(string method)
    {
        foreach (string file in Directory.GetFiles(Path.Combine(Folder(), "rpc"), "*.request.json").Order(StringComparer.Ordinal))
        {
            string name = Path.GetFileName(file).Replace(".request.json", "", StringComparison.Ordinal);
            if (Json($"rpc/{name}.request.json").GetProperty("method").GetString() != method) continue;
            if (Json($"rpc/{name}.response.json").TryGetProperty("result", out JsonElement result)) yield return result;
        }
    }

    /// <summary>One of the node's own schemas; null when there is none of that name.</summary>
    public static JsonElement? Schema(string path)
    {
        string file = Path.Combine(Folder("schemas"), path);
        return File.Exists(file) ? JsonDocument.Parse(File.ReadAllText(file)).RootElement : null;
    }

    private static string Folder(string name = "samples")
    {
        for (string? directory = AppContext.BaseDirectory; directory is not null; directory = Path.GetDirectoryName(directory))
        {
            string found = Path.Combine(directory, "shared", name);
            if (Directory.Exists(found)) return found;
        }

        Assert.Skip("../shared is not beside the repository");
        return "";
    }
}
