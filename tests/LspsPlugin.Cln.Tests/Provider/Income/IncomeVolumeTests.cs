using System.Text;
using LspsPlugin.Cln.Operator;
using LspsPlugin.Cln.Provider.Records;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Tests.Provider.Income;

/// <summary>100,000 finished sales of 10,000 clients on record: what a page asks of the node, and what the start does.</summary>
public class IncomeVolumeTests
{
    private const int Sales = 100_000, Clients = 10_000;

    /// <summary>The largest answer that the node makes at once, in bytes: it formats tens of megabytes a second.</summary>
    private const int LargestAnswer = 600_000;

    [Fact]
    public void The_ledger_is_read_in_small_steps_and_a_page_asks_for_no_more_than_its_own_lines() => EventLoop.Run(async _ =>
    {
        Dictionary<string, List<(string Key, string Text)>> store = Fill();
        int calls = 0, largest = 0;
        var node = FakeNode.Client((method, parameters) =>
        {
            calls++;
            string[] key = [.. parameters.GetProperty("key").EnumerateArray().Select(static part => part.GetString()!)];
            string answer = Listed(store, key);
            largest = Math.Max(largest, answer.Length);
            return answer;
        });
        var numbers = new SaleNumbers(node);
        await numbers.LoadAsync(default);
        var ledger = new IncomeLedger(node, numbers);
        calls = 0;
        await ledger.LoadAsync(default);
        Assert.Equal(Sales, ledger.Book.Rows.Count);
        Assert.InRange(calls, 400, 420);
        Assert.InRange(largest, 1000, LargestAnswer);

        // From memory: no call.
        calls = 0;
        foreach (Grouping by in Enum.GetValues<Grouping>())
        {
            IncomeReport report = IncomeSample.Report(ledger.Book, by);
            Assert.Equal(Sales, report.Totals.Paid);
            if (by == Grouping.Client) Assert.Equal(Clients, report.Groups.Count);
        }

        Assert.Equal(0, calls);
        (string csv, int? next, string? problem) = await new IncomeCsv(ledger, new LiveIncome([], new HashSet<ulong>())).WriteAsync(0, IncomeSample.Today, 100_000, 1000, default);
        Assert.Equal<(int?, string?)>((101_000, null), (next, problem));
        Assert.InRange(calls, 1, 20);
        Assert.InRange(largest, 1000, LargestAnswer);
        Assert.InRange(csv.Length, 300_000, 500_000);
        return 0;
    });

    private static Dictionary<string, List<(string Key, string Text)>> Fill()
    {
        NodeId[] clients = [.. Enumerable.Range(0, Clients).Select(static i => NodeId.Parse($"02{i:x64}"))];
        var store = new Dictionary<string, List<(string Key, string Text)>>();
        for (int i = 1; i <= Sales; i++)
        {
            IncomeEntry entry = IncomeSample.Paid((ulong)i, daysAgo: (Sales - i) / 100) with { Client = clients[i % Clients] };
            string[] path = IncomeKey.Of((ulong)i, entry.Channel!.Value).Path;
            string branch = string.Join('/', path[..^1]);
            if (!store.TryGetValue(branch, out var rows)) store.Add(branch, rows = []);
            rows.Add((path[^1], entry.Write()));
        }

        return store;
    }

    /// <summary>As the node answers: with each value as text and in hex.</summary>
    private static string Listed(Dictionary<string, List<(string Key, string Text)>> store, string[] key)
    {
        string name = string.Join('/', key);
        if (name == "lsps/lsps2/indexes") return $$$"""
            "result":{"datastore":[{"key":["lsps","lsps2","indexes"],"generation":0,"string":"{\"created_below\":{{{Sales + 1}}}}"}]}
            """;
        var answer = new StringBuilder("\"result\":{\"datastore\":[");
        bool isEntry = key.Length > 3;
        foreach ((string last, string text) in store.GetValueOrDefault(isEntry ? string.Join('/', key[..^1]) : name) ?? [])
        {
            if (isEntry && last != key[^1]) continue;
            if (answer[^1] == '}') answer.Append(',');
            answer.Append($$"""{"key":["lsps","income","{{key[2]}}","{{last}}"],"generation":0,"hex":"{{Convert.ToHexStringLower(Encoding.UTF8.GetBytes(text))}}","string":"{{text.Replace("\"", "\\\"", StringComparison.Ordinal)}}"}""");
        }

        return answer.Append("]}").ToString();
    }
}
