using LspsPlugin.Desk.Answers;
using LspsPlugin.Desk.Asking;

namespace LspsPlugin.Desk.Top;

/// <summary>Looks at the node, one call after the other. What one command does not answer leaves a gap; without the first two there is nothing to show.</summary>
internal sealed class SnapshotReader(INodeLine line, TimeProvider time)
{
    /// <summary>How many of the newest sales are read; a high terminal shows them all.</summary>
    private const int MostSales = 60;

    private readonly LatestSales _sales = new(line);

    public async Task<(Snapshot? Snapshot, NodeProblem? Problem)> ReadAsync(CancellationToken stop)
    {
        NodeReply info = await line.CallAsync("getinfo", null, stop);
        if (info.Problem is not null) return (null, info.Problem);
        NodeReply status = await line.CallAsync("lsps-status", null, stop);
        if (status.Problem is not null) return (null, status.Problem);
        if (ProviderNow.Read(status.Result) is not { } provider)
        {
            return (null, new NodeProblem(ProblemKind.Unknown, "the provider's role is off: there are no sales to show. Start the node with experimental-lsps2-service to sell channels"));
        }

        NodeReply findings = await line.CallAsync("lsps-checkup", null, stop);
        NodeReply liquidity = await line.CallAsync("lsps-liquidity", null, stop);
        DateOnly day = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
        (Income? today, NodeProblem? noIncome) = await IncomeQuestions.TotalAsync(line, day, day, stop);
        (IReadOnlyList<Sale> sales, NodeProblem? noSales) = await _sales.ReadAsync(MostSales, stop);
        return (new Snapshot(
            time.GetUtcNow(),
            NodeName.Read(info.Result),
            provider,
            new(today, noIncome),
            new(liquidity.Problem is null ? Liquidity.Read(liquidity.Result) : null, liquidity.Problem),
            new(findings.Problem is null ? Finding.Read(findings.Result) : null, findings.Problem),
            new(noSales is null ? sales : null, noSales)), null);
    }
}
