using System.Globalization;
using LspsPlugin.Desk.Answers;

namespace LspsPlugin.Desk.Asking;

/// <summary>Asks lsps-income.</summary>
internal static class IncomeQuestions
{
    private const int PageSize = 1000;

    /// <summary>Returns the sum over these days.</summary>
    public static async Task<(Income? Sum, NodeProblem? Problem)> TotalAsync(INodeLine line, DateOnly from, DateOnly to, CancellationToken stop)
    {
        NodeReply reply = await AskAsync(line, from, to, "total", 0, 1, stop);
        return reply.Problem is { } problem ? (null, problem) : (Income.Read(Json.Member(reply.Result, "totals")), null);
    }

    /// <summary>Returns the days on which something happened, and what the command remarks about its numbers.</summary>
    public static async Task<(IReadOnlyList<Income> Days, IReadOnlyList<string> Remarks, NodeProblem? Problem)> DaysAsync(INodeLine line, DateOnly from, DateOnly to, CancellationToken stop)
    {
        var days = new List<Income>();
        var remarks = new List<string>();
        long start = 0;
        while (true)
        {
            NodeReply reply = await AskAsync(line, from, to, "day", start, PageSize, stop);
            if (reply.Problem is { } problem) return ([], [], problem);
            days.AddRange(Json.Items(reply.Result, "income").Select(Income.Read));
            foreach (string text in Json.Items(reply.Result, "problems").Where(static one => one.ValueKind == System.Text.Json.JsonValueKind.String).Select(static one => Wording.PlainText.Clean(one.ToString())))
            {
                if (!remarks.Contains(text)) remarks.Add(text);
            }

            if (Json.Number(reply.Result, "next_start") is not { } next || next <= start) return (days, remarks, null);
            start = next;
        }
    }

    private static Task<NodeReply> AskAsync(INodeLine line, DateOnly from, DateOnly to, string groupBy, long start, int limit, CancellationToken stop) => line.CallAsync(
        "lsps-income",
        json =>
        {
            json.WriteString("from"u8, from.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
            json.WriteString("to"u8, to.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
            json.WriteString("group_by"u8, groupBy);
            json.WriteNumber("start"u8, start);
            json.WriteNumber("limit"u8, limit);
        },
        stop);
}
