using LspsPlugin.Desk.Asking;

namespace LspsPlugin.Desk.Report;

/// <summary>The command report: one page on stdout, whole or not at all.</summary>
internal static class ReportCommand
{
    public static async Task<int> RunAsync(Arguments arguments, INodeLine line, ITerminal terminal, TimeProvider time, CancellationToken stop)
    {
        if (terminal.IsTerminal)
        {
            terminal.Complain("the report is a page for a browser: write it to a file, with `lsps-plugin report > report.html`");
            return ExitCodes.Usage;
        }

        (ReportData? data, NodeProblem? problem) = await new ReportReader(line, time).ReadAsync(arguments.Days, stop);
        if (data is null)
        {
            terminal.Complain(problem!.Text);
            return problem.ExitCode;
        }

        terminal.Write(ReportPage.Of(data));
        foreach (string missing in data.Missing) terminal.Complain($"the report lacks something: {missing}");
        return ExitCodes.Done;
    }
}
