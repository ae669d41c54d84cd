using System.Globalization;
using System.Text.Json;

namespace LspsPlugin.Mutants;

/// <summary>One mutant, as stryker reports it.</summary>
internal sealed record Mutant(int Id, string File, int Line, string Original, string Replacement)
{
    /// <summary>All that were compiled, but for what the configuration leaves out.</summary>
    public static IReadOnlyList<Mutant> Read(string report)
    {
        using JsonDocument document = JsonDocument.Parse(System.IO.File.ReadAllText(report));
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
                    int.Parse(mutant.GetProperty("id").GetString()!, CultureInfo.InvariantCulture), file.Name, line, Short(lines), Short(mutant.GetProperty("replacement").GetString()!.Split('\n'))));
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

/// <summary>The table of a project, and what survived.</summary>
internal static class Report
{
    public static void Write(IReadOnlyList<Mutant> mutants, IReadOnlyDictionary<int, string> outcomes, string folder, TextWriter output)
    {
        string OutcomeOf(Mutant mutant) => outcomes.TryGetValue(mutant.Id, out string? outcome) ? outcome.Split(' ')[0] : "uncovered";
        string Row(string name, IEnumerable<Mutant> rows)
        {
            ILookup<string, Mutant> by = rows.ToLookup(OutcomeOf);
            int all = rows.Count(), noticed = by["killed"].Count() + by["endless"].Count();
            return string.Create(CultureInfo.InvariantCulture, $"| {name} | {all} | {by["killed"].Count()} | {by["endless"].Count()} | {by["survived"].Count()} | {by["uncovered"].Count()} | {100.0 * noticed / all:0.0} % |");
        }

        List<string> table = ["| folder | mutants | killed | endless | survived | run by no test | score |", "|---|---|---|---|---|---|---|"];
        table.AddRange(mutants.GroupBy(static mutant => Path.GetDirectoryName(mutant.File) is { Length: > 0 } name ? name : ".").OrderBy(static group => group.Key, StringComparer.Ordinal).Select(group => Row($"`{group.Key}`", group)));
        table.Add(Row("all", mutants));
        File.WriteAllLines(Path.Combine(folder, "table.md"), table);
        List<string> survivors = [.. mutants.Where(mutant => OutcomeOf(mutant) is "survived" or "uncovered").Select(mutant => $"{mutant.File}:{mutant.Line} {OutcomeOf(mutant)} [{mutant.Id}] {mutant.Original} -> {mutant.Replacement}")];
        File.WriteAllLines(Path.Combine(folder, "survivors.txt"), survivors);
        foreach (string line in survivors.Concat(table)) output.WriteLine(line);
    }
}
