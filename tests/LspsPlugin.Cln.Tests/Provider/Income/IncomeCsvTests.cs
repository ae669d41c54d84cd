using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Operator;
using LspsPlugin.Cln.Provider.Records;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Tests.Provider.Income;

/// <summary>The income as an accountant gets it.</summary>
public class IncomeCsvTests
{
    private static readonly LiveIncome Nothing = new([], new HashSet<ulong>());

    [Fact]
    public void Each_amount_has_a_line_with_its_sale() => Run(async (ledger, store) =>
    {
        await ledger.EnterAsync(7, IncomeSample.Paid() with { Token = "=1+1,\"x\"" }, default);
        await ledger.EnterAsync(8, IncomeSample.Failed(), default);
        await ledger.EnterAsync(9, IncomeSample.Paid(9) with { Result = SaleResult.Failed, Reason = FailureReason.NeverPaid, OpeningFee = Msat.Zero, Forwarded = Msat.Zero }, default);
        var key = IncomeKey.Of(7, IncomeSample.Channel(1));
        await ledger.SaveAsync(key, new SoldChannel(ClosedAt: Sample.Now.AddHours(3), ClosingCost: new Msat(50)), default);
        ledger.Book.Route(new RoutedFee(key, IncomeSample.Today, new Msat(1007)));
        string[] lines = await LinesAsync(ledger);
        string sale = $"{Sample.Client},{Sample.Hash},{IncomeSample.Channel(1)},{Sample.Plan.Funding.TxId},609x7777x1,7,\"'=1+1,\"\"x\"\"\",4000ppm/4320,";
        Assert.Equal(
            [
                IncomeCsv.Header,
                $"2026-11-21T00:00:00.000Z,opening_fee,1000,0.00000001000,20000,,{sale}",
                $"2026-11-21T00:00:00.000Z,funding_cost,-400,-0.00000000400,,50000,{sale}",
                $"2026-11-21T23:59:59.999Z,routing_fee,7,0.00000000007,,,{sale}",
                $"2026-11-21T03:00:00.000Z,closing_cost,-50,-0.00000000050,,,{sale}",
                $"2026-11-21T00:00:00.000Z,loss,-400,-0.00000000400,,50000,{Sample.Client},{Sample.Hash},{IncomeSample.Channel(9)},{Sample.Plan.Funding.TxId},609x7777x1,9,,4000ppm/4320,NeverPaid",
            ],
            lines);
        long sum = lines.Skip(1).Sum(static line => long.Parse(line.Split(',')[2], System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(IncomeSample.Report(ledger.Book).Totals.Net, sum);
    });

    [Fact]
    public void A_close_of_unknown_cost_has_a_line_without_an_amount() => Run(async (ledger, store) =>
    {
        await ledger.EnterAsync(7, IncomeSample.Paid(), default);
        await ledger.SaveAsync(IncomeKey.Of(7, IncomeSample.Channel(1)), new SoldChannel(ClosedAt: Sample.Now), default);
        Assert.StartsWith("2026-11-21T00:00:00.000Z,closing_cost,,,,", (await LinesAsync(ledger))[^1], StringComparison.Ordinal);
    });

    [Fact]
    public void Pages_continue_each_other_and_a_period_has_only_its_lines() => Run(async (ledger, store) =>
    {
        for (ulong sale = 1; sale <= 30; sale++) await ledger.EnterAsync(sale, IncomeSample.Paid(sale, daysAgo: (int)sale), default);
        string[] all = await LinesAsync(ledger);
        Assert.Equal(61, all.Length);
        Assert.Equal(all.Skip(1).Order(StringComparer.Ordinal).Select(static line => line[..10]), all.Skip(1).Select(static line => line[..10]));
        var csv = new IncomeCsv(ledger, Nothing);
        foreach (int limit in new[] { 1, 7, 40, 60 })
        {
            var pages = new List<string> { all[0] };
            for (int? start = 0; start is { } from;)
            {
                (string page, start, _) = await csv.WriteAsync(0, IncomeSample.Today, from, limit, default);
                Assert.Equal(start ?? 60, from + Split(page).Length - 1);
                pages.AddRange(Split(page).Skip(1));
            }

            Assert.Equal(all, pages);
        }

        Assert.Single(Split((await csv.WriteAsync(0, IncomeSample.Today, int.MaxValue, 40, default)).Csv));
        (string days, _, _) = await csv.WriteAsync(IncomeSample.Today - 3, IncomeSample.Today - 2, 0, 100, default);
        Assert.Equal(5, Split(days).Length);
    });

    [Fact]
    public void An_entry_that_cannot_be_read_now_ends_the_page_with_a_sentence() => Run(async (ledger, store) =>
    {
        await ledger.EnterAsync(7, IncomeSample.Paid(), default);
        store.Put("lsps/income/00000000000000000000/00000000000000000007-0000000100000000", "{}");
        (_, _, string? problem) = await new IncomeCsv(ledger, Nothing).WriteAsync(0, IncomeSample.Today, 0, 100, default);
        Assert.Contains("cannot be read now", problem, StringComparison.Ordinal);
    });

    private static async Task<string[]> LinesAsync(IncomeLedger ledger)
    {
        (string csv, int? next, string? problem) = await new IncomeCsv(ledger, Nothing).WriteAsync(0, IncomeSample.Today, 0, 1000, default);
        Assert.Equal<(int?, string?)>((null, null), (next, problem));
        return Split(csv);
    }

    private static string[] Split(string csv)
    {
        Assert.EndsWith("\r\n", csv, StringComparison.Ordinal);
        return csv[..^2].Split("\r\n");
    }

    private static void Run(Func<IncomeLedger, FakeDatastore, Task> story) => EventLoop.Run(async _ =>
    {
        var store = new FakeDatastore();
        NodeClient node = FakeNode.Client(store.Answer);
        await story(await IncomeSample.LedgerAsync(node, store), store);
        return 0;
    });
}
