using System.Text.Json;

namespace LspsPlugin.Core.Tests;

/// <summary>Recordings of real nodes, in tests/Recordings.</summary>
internal static class Shared
{
    public static JsonElement Sample(string path)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Root, "tests", "Recordings", path)));
        return document.RootElement.Clone();
    }
}
