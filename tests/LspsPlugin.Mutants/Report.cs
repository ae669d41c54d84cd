using System.Globalization;

namespace LspsPlugin.Mutants;

/// <summary>The table of a project, and what survived.</summary>
internal static class Report
{
    public static void Write(IReadOnlyList<Mutant> mutants, IReadOnlyDictionary<int, string> outcomes, string folder)
    {
        string OutcomeOf(Mutant mutant) => outcomes.TryGetValue(mutant.Id, out string? outcome) ? outcome.Split(' ')[0] : "untested";
        string Row(string name, IEnumerable<Mutant> rows)
        {
            ILookup<string, Mutant> by = rows.ToLookup(OutcomeOf);
            int all = rows.Count(), noticed = by["killed"].Count() + by["endless"].Count();
            int Count(string outcome) => by[outcome].Count();
            return string.Create(CultureInfo.InvariantCulture, $"| {name} | {all} | {Count("killed")} | {Count("endless")} | {Count("survived")} | {Count("untested")} | {100.0 * noticed / all:0.0} % |");
        }

        List<string> table = ["| folder | mutants | killed | endless | survived | run by no test | score |", "|---|---|---|---|---|---|---|"];
        ILookup<string, Mutant> folders = mutants.ToLookup(static mutant => Path.GetDirectoryName(mutant.File) is { Length: > 0 } name ? name : ".");
        table.AddRange(folders.OrderBy(static group => group.Key, StringComparer.Ordinal).Select(group => Row($"`{group.Key}`", group)));
        table.Add(Row("all", mutants));
        File.WriteAllLines(Path.Combine(folder, "table.md"), table);
        File.WriteAllLines(
            Path.Combine(folder, "survivors.txt"),
            mutants.Where(mutant => OutcomeOf(mutant) is "survived" or "untested").Select(mutant => $"{mutant.File}:{mutant.Line} {OutcomeOf(mutant)} [{mutant.Id}] {mutant.Original} -> {mutant.Replacement}"));
    }
}
