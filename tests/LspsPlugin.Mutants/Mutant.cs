using System.Globalization;
using System.Text.Json;

namespace LspsPlugin.Mutants;

/// <summary>One mutant, as stryker reports it.</summary>
internal sealed record Mutant(int Id, string File, int Line, string Original, string Replacement)
{
    /// <summary>All that were compiled and are to be tested: stryker was told that no source has changed, and leaves them out for that alone.</summary>
    public static IReadOnlyList<Mutant> Read(string report)
    {
        using JsonDocument document = JsonDocument.Parse(System.IO.File.ReadAllText(report));
        string root = document.RootElement.GetProperty("projectRoot").GetString()!;
        var mutants = new List<Mutant>();
        foreach (JsonProperty file in document.RootElement.GetProperty("files").EnumerateObject())
        {
            string[] source = file.Value.GetProperty("source").GetString()!.Split('\n');
            foreach (JsonElement mutant in file.Value.GetProperty("mutants").EnumerateArray())
            {
                if (!IsTested(mutant)) continue;
                JsonElement start = mutant.GetProperty("location").GetProperty("start"), end = mutant.GetProperty("location").GetProperty("end");
                (int line, int column) = (start.GetProperty("line").GetInt32(), start.GetProperty("column").GetInt32());
                string[] lines = source[(line - 1)..end.GetProperty("line").GetInt32()];
                lines[^1] = lines[^1][..(end.GetProperty("column").GetInt32() - 1)];
                lines[0] = lines[0][(column - 1)..];
                mutants.Add(new Mutant(
                    int.Parse(mutant.GetProperty("id").GetString()!, CultureInfo.InvariantCulture), Path.GetRelativePath(root, file.Name), line, Short(lines), Short(mutant.GetProperty("replacement").GetString()!.Split('\n'))));
            }
        }

        return mutants;
    }

    private static bool IsTested(JsonElement mutant) => mutant.GetProperty("status").GetString() switch
    {
        "CompileError" => false,
        "Ignored" => mutant.GetProperty("statusReason").GetString()!.Contains("since filter", StringComparison.Ordinal),
        _ => true,
    };

    private static string Short(string[] lines) => string.Join(' ', lines.Select(static line => line.Trim()));
}
