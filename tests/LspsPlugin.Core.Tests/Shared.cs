using System.Text.Json;
using Xunit;

namespace LspsPlugin.Core.Tests;

/// <summary>Recordings of real nodes that lie beside the repository; tests that read them say so when they are missing.</summary>
internal static class Shared
{
    public static JsonElement Sample(string path)
    {
        string file = Path.Combine(Repository.Root, "..", "shared", "samples", path);
        if (!File.Exists(file)) Assert.Skip("../shared is not beside the repository");
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(file));
        return document.RootElement.Clone();
    }
}
