using System.Text.Json.Nodes;

namespace LspsPlugin.Tests;

/// <summary>A record of a released version: a row of its node's listdatastore.</summary>
internal sealed record RecordedRecord(string[] Key, string Text)
{
    /// <summary>The folder with the records of the version before this one.</summary>
    public const string Before = "records-0.1.0-3f1b0de";

    /// <summary>Reads one file of the folder, such as "provider/reserving".</summary>
    public static RecordedRecord Of(string name)
    {
        JsonNode row = JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, name + ".json")))!;
        return new RecordedRecord([.. row["key"]!.AsArray().Select(static part => (string)part!)], (string)row["string"]!);
    }

    /// <summary>The names of all files in one part of the folder; there is at least one.</summary>
    public static IReadOnlyList<string> Names(string part)
    {
        string[] names = [.. Directory.EnumerateFiles(Path.Combine(Folder, part), "*.json").Select(file => $"{part}/{Path.GetFileNameWithoutExtension(file)}").Order(StringComparer.Ordinal)];
        return names.Length > 0 ? names : throw new InvalidOperationException($"no records of {part}");
    }

    private static string Folder { get; } = Find();

    private static string Find()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            string folder = Path.Combine(at.FullName, "tests", "Recordings", Before);
            if (Directory.Exists(folder)) return folder;
        }

        throw new InvalidOperationException("the tests do not run inside the repository");
    }
}
