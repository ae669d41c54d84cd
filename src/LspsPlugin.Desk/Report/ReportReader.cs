using LspsPlugin.Desk.Answers;
using LspsPlugin.Desk.Asking;

namespace LspsPlugin.Desk.Report;

/// <summary>Asks the node for what a report tells. Without the income there is no report; all else may be missing.</summary>
internal sealed class ReportReader(INodeLine line, TimeProvider time)
{
    /// <summary>Among so many of the newest sales those are chosen whose stories are read.</summary>
    private const int NewestSales = 1000;

    public async Task<(ReportData? Data, NodeProblem? Problem)> ReadAsync(int days, CancellationToken stop)
    {
        DateTimeOffset now = time.GetUtcNow();
        DateOnly to = DateOnly.FromDateTime(now.UtcDateTime), from = to.AddDays(1 - days);
        NodeReply info = await line.CallAsync("getinfo", null, stop);
        if (info.Problem is not null) return (null, info.Problem);
        (IReadOnlyList<Income> income, IReadOnlyList<string> remarks, NodeProblem? problem) = await IncomeQuestions.DaysAsync(line, from, to, stop);
        if (problem is not null) return (null, problem);
        var missing = new List<string>();
        NodeReply status = Noted(await line.CallAsync("lsps-status", null, stop));
        NodeReply findings = Noted(await line.CallAsync("lsps-checkup", null, stop));
        NodeReply liquidity = Noted(await line.CallAsync("lsps-liquidity", null, stop));
        (IReadOnlyList<Sale> sales, NodeProblem? noSales) = await new LatestSales(line).ReadAsync(NewestSales, stop);
        if (noSales is not null) missing.Add(noSales.Text);
        (IReadOnlyList<TimeSpan> delays, NodeProblem? noStories) = await ForwardDelays.ReadAsync(line, sales.Where(sale => sale.SoldAt is not { } at || DateOnly.FromDateTime(at.UtcDateTime) >= from), time, stop);
        if (noStories is not null) missing.Add(noStories.Text);
        return (new ReportData
        {
            Node = NodeName.Read(info.Result),
            MadeAt = now,
            From = from,
            To = to,
            Days = income,
            Remarks = remarks,
            Provider = status.Problem is null ? ProviderNow.Read(status.Result) : null,
            Findings = findings.Problem is null ? Finding.Read(findings.Result) : null,
            Liquidity = liquidity.Problem is null ? Liquidity.Read(liquidity.Result) : null,
            Delays = delays,
            Missing = missing,
        }, null);

        NodeReply Noted(NodeReply reply)
        {
            if (reply.Problem is { } because) missing.Add(because.Text);
            return reply;
        }
    }
}
