using System.Globalization;
using System.Text;
using LspsPlugin.Scenarios;

namespace LspsPlugin.RealNodes.Runs;

/// <summary>
/// The table of results in the documentation: a row per scenario, a column per set of nodes. A run replaces its own results in its own
/// column.
/// </summary>
internal sealed class ResultTable
{
    private const string Passed = "passed", Failed = "failed", LeftOut = "left out", NotRun = "not run";

    private readonly List<Column> _columns = [];

    /// <summary>Parses a text that <see cref="Write"/> made; returns an empty table for any other text.</summary>
    public static ResultTable Read(string text)
    {
        var table = new ResultTable();
        foreach (string[] cells in text.Split('\n').Where(line => line.StartsWith('|')).Select(line => line.Trim('|', ' ').Split('|').Select(cell => cell.Trim()).ToArray()))
        {
            if (cells[0] == LetterOf(table._columns.Count) && cells.Length == 6) table._columns.Add(new Column(cells[1], []));
            else if (cells.Length == table._columns.Count + 1) table._columns.ForEach(column => column.Cells[cells[0]] = cells[table._columns.IndexOf(column) + 1]);
        }

        return table;
    }

    public void Put(string description, IReadOnlyList<RunResult> results)
    {
        Column? column = _columns.Find(column => column.Description == description);
        if (column is null) _columns.Add(column = new Column(description, []));
        foreach (RunResult result in results) column.Cells[result.Scenario.ToString()] = Cell(result);
    }

    public string Write(IReadOnlyList<Scenario> all)
    {
        var text = new StringBuilder($"| | nodes | {Passed} | {Failed} | {LeftOut} | {NotRun} |\n|---|---|---|---|---|---|\n");
        for (int i = 0; i < _columns.Count; i++)
        {
            string[] cells = [.. all.Select(scenario => Of(_columns[i], scenario))];
            text.Append(CultureInfo.InvariantCulture, $"| {LetterOf(i)} | {_columns[i].Description} |{string.Concat(new[] { Passed, Failed, LeftOut, NotRun }.Select(word => $" {cells.Count(cell => cell.StartsWith(word, StringComparison.Ordinal))} |"))}\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"\n| scenario |{string.Concat(_columns.Select((_, i) => $" {LetterOf(i)} |"))}\n|---|{string.Concat(_columns.Select(_ => "---|"))}\n");
        foreach (IGrouping<string, Scenario> group in all.GroupBy(scenario => scenario.Group))
        {
            text.Append(CultureInfo.InvariantCulture, $"| **{group.Key}** |{string.Concat(_columns.Select(_ => " |"))}\n");
            foreach (Scenario scenario in group) text.Append(CultureInfo.InvariantCulture, $"| {scenario} |{string.Concat(_columns.Select(column => $" {Of(column, scenario)} |"))}\n");
        }

        return text.ToString();
    }

    private static string Of(Column column, Scenario scenario) => column.Cells.GetValueOrDefault(scenario.ToString()) is { Length: > 0 } cell ? cell : NotRun;

    private static string Cell(RunResult result) =>
        result.LeftOut is { } because ? $"{LeftOut}: {because.Replace('|', '/')}"
        : result.Fault is not null ? Failed
        : string.Create(CultureInfo.InvariantCulture, $"{Passed}, {result.Took.TotalSeconds:0} s");

    private static string LetterOf(int column) => ((char)('A' + column)).ToString();

    /// <param name="Cells">The cells by the scenario's name, written as a sentence.</param>
    private sealed record Column(string Description, Dictionary<string, string> Cells);
}
