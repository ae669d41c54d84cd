using System.Text.Json;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Cln.Provider.Records;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Cln.Operator;

/// <summary>The lsps-income command: what was earned and what it cost, by days, months, clients, tokens or menu entries; or each sale, for an accountant.</summary>
internal static class IncomeCommand
{
    private const int UsualLimit = 100;
    private const int MostLimit = 1000;

    private static readonly WordTable<Grouping> Groupings = new(static by => by switch
    {
        Grouping.Day => "day",
        Grouping.Month => "month",
        Grouping.Client => "client",
        Grouping.Token => "token",
        Grouping.Menu => "menu",
        Grouping.Total => "total",
        _ => throw new InvalidOperationException($"no word for {by}"),
    });

    public static async Task RunAsync(OperatorDesk desk, MethodCall call)
    {
        var args = new ArgumentReader(call);
        int? from = Day(args, "from"), to = Day(args, "to");
        string by = args.Text("group_by", 20) ?? "day", format = args.Text("format", 20) ?? "json";
        int start = (int)(args.Number("start", 0, int.MaxValue) ?? 0), limit = (int)(args.Number("limit", 1, MostLimit) ?? UsualLimit);
        args.Check(Groupings.TryRead(by, out Grouping grouping), $"group_by must be one of {string.Join(", ", Groupings.Words)}");
        args.Check(format is "json" or "csv", "format must be json or csv");
        args.Check(!(from > to), "from must not be after to");
        int last = to ?? Days.Of(desk.Time.GetUtcNow());
        args.Check(!(from > last), "from must not be in the future");
        if (args.Reject(call)) return;
        IncomeLedger ledger = desk.Provider.Income;
        try
        {
            await ledger.LoadAsync(desk.Stopping);
        }
        catch (JournalUnavailableException silent)
        {
            call.Error(OperatorDesk.Refused, $"the income cannot be read: {silent.Message}");
            return;
        }

        desk.Provider.SoldChannels.Ask();
        var live = LiveIncome.Of(desk);
        if (format == "csv")
        {
            var table = new IncomeCsv(ledger, live);
            (string csv, int? next, string? problem) = await table.WriteAsync(from ?? int.MinValue, last, start, limit, desk.Stopping);
            if (problem is not null) call.Error(OperatorDesk.Refused, problem);
            else call.Result(json => WriteCsv(json, csv, [.. Problems(desk, table.UnknownCloses)], next));
            return;
        }

        IncomeReport report = IncomeReport.Of(ledger.Book, live.Rows(ledger.Book), live.Sales, from, last, grouping);
        string[] problems = [.. Problems(desk, report.UnknownCloses)];

        call.Result(json =>
        {
            json.WriteString("group_by"u8, by);
            json.WriteString("from"u8, Days.Write(report.From));
            json.WriteString("to"u8, Days.Write(report.To));
            json.WriteStartArray("income"u8);
            foreach ((string group, IncomeSums sums) in report.Groups.Skip(start).Take(limit))
            {
                json.WriteStartObject();
                json.WriteString("group"u8, group);
                Write(json, sums);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartObject("totals"u8);
            Write(json, report.Totals);
            json.WriteEndObject();
            WriteEnd(json, problems, report.Groups.Count - start > limit ? start + limit : null);
        });
    }

    private static int? Day(ArgumentReader args, string name)
    {
        if (args.Text(name, 20) is not { } text) return null;
        int? day = Days.Read(text);
        args.Check(day is not null, $"{name} must be a date, YYYY-MM-DD");
        return day;
    }

    private static void WriteCsv(Utf8JsonWriter json, string csv, string[] problems, int? next)
    {
        json.WriteString("format"u8, "csv"u8);
        json.WriteString("csv"u8, csv);
        WriteEnd(json, problems, next);
    }

    private static IEnumerable<string> Problems(OperatorDesk desk, int unknownCloses)
    {
        foreach ((string place, string problem) in desk.Provider.Income.Book.Problems) yield return $"the record {place} cannot be read and is not counted: {problem}";
        if (!desk.Provider.Income.IsComplete) yield return "sales that finished before the start are still being looked for: ask again in a minute";
        if (unknownCloses > 0) yield return $"what the close of {unknownCloses} channel(s) cost is unknown: the node's bookkeeper did not say (is it disabled with disable-plugin=bookkeeper?)";
        if (desk.Provider.SoldChannels.Problem is { } unread) yield return unread;
    }

    private static void Write(Utf8JsonWriter json, IncomeSums sums)
    {
        json.WriteNumber("sales_paid"u8, sums.Paid);
        json.WriteNumber("sales_failed"u8, sums.Failed);
        json.WriteNumber("sales_expired"u8, sums.Expired);
        json.WriteNumber("forwarded_msat"u8, sums.Forwarded.Value);
        json.WriteNumber("opening_fees_msat"u8, sums.OpeningFees.Value);
        json.WriteNumber("routing_fees_msat"u8, sums.RoutingFees.Value);
        json.WriteNumber("funding_cost_msat"u8, sums.FundingCost.Value);
        json.WriteNumber("closing_cost_msat"u8, sums.ClosingCost.Value);
        json.WriteStartArray("losses"u8);
        foreach ((string cause, int count, Msat cost) in sums.Losses.Select(static one => (one.Key.ToWord(), one.Value.Count, one.Value.Cost)).OrderBy(static one => one.Item1, StringComparer.Ordinal))
        {
            json.WriteStartObject();
            json.WriteString("cause"u8, cause);
            json.WriteNumber("count"u8, count);
            json.WriteNumber("msat"u8, cost.Value);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("losses_msat"u8, sums.Lost.Value);
        json.WriteNumber("net_msat"u8, sums.Net);
        json.WriteNumber("capital_msat"u8, sums.Capital.Value);
        if (sums.Bound is { } bound) json.WriteNumber("bound_msat"u8, bound.Value);
        if (sums.Yield is { } yield) json.WriteNumber("yield_ppm"u8, yield);
    }

    private static void WriteEnd(Utf8JsonWriter json, string[] problems, int? next)
    {
        if (problems.Length > 0)
        {
            json.WriteStartArray("problems"u8);
            foreach (string problem in problems) json.WriteStringValue(problem);
            json.WriteEndArray();
        }

        if (next is { } on) json.WriteNumber("next_start"u8, on);
    }
}
