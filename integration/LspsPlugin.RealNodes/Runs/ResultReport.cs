using System.Globalization;
using System.Text;
using LspsPlugin.Scenarios;
using LspsPlugin.Scenarios.Network;

namespace LspsPlugin.RealNodes.Runs;

/// <summary>The results as a table, in the form of the documentation.</summary>
internal static class ResultReport
{
    public static string Write(string description, IReadOnlyList<Scenario> wanted, IReadOnlyList<RunResult> results)
    {
        var text = new StringBuilder();
        int passed = results.Count(result => result.Fault is null);
        text.AppendLine(CultureInfo.InvariantCulture, $"{description}: {passed} passed, {results.Count - passed} failed, {wanted.Count - results.Count} not run.").AppendLine();
        text.AppendLine("| scenario | real nodes | seconds |").AppendLine("|---|---|---|");
        string group = "";
        foreach (Scenario scenario in wanted)
        {
            if (scenario.Group != group) text.AppendLine(CultureInfo.InvariantCulture, $"| **{group = scenario.Group}** | | |");
            RunResult? result = results.FirstOrDefault(result => result.Scenario == scenario);
            string word = result is null ? scenario.Needs == Need.Nothing ? "not run" : $"not run: needs {scenario.Needs}" : result.Fault is null ? "passed" : "failed";
            text.AppendLine(CultureInfo.InvariantCulture, $"| {scenario} | {word} | {result?.Took.TotalSeconds:0} |");
        }

        return text.ToString();
    }
}
