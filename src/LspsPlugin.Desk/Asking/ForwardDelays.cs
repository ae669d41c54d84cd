using System.Text.Json;
using LspsPlugin.Desk.Answers;

namespace LspsPlugin.Desk.Asking;

/// <summary>Reads how long payments waited between their last part and their forwards, out of the stories of the newest paid sales.</summary>
internal static class ForwardDelays
{
    /// <summary>How many stories are read.</summary>
    public const int Most = 200;

    /// <summary>Each story is a call; so many of them must not make the report late.</summary>
    private static readonly TimeSpan LongestReading = TimeSpan.FromSeconds(2);

    /// <summary>Returns the delays, the newest sale's first.</summary>
    public static async Task<(IReadOnlyList<TimeSpan> Delays, NodeProblem? Problem)> ReadAsync(INodeLine line, IEnumerable<Sale> sales, TimeProvider time, CancellationToken stop)
    {
        var delays = new List<TimeSpan>();
        long began = time.GetTimestamp();
        foreach (Sale sale in sales.Reverse().Where(static sale => sale.Status == "paid").Take(Most))
        {
            if (time.GetElapsedTime(began) > LongestReading) break;
            NodeReply story = await line.CallAsync("lsps-session", json => json.WriteString("jit_channel_scid"u8, sale.JitScid), stop);
            if (story.Problem is { Kind: ProblemKind.Unreachable } problem) return (delays, problem);

            // One whose record was deleted meanwhile is left out.
            if (story.Problem is null && Of(story.Result) is { } delay) delays.Add(delay);
        }

        return (delays, null);
    }

    /// <summary>Returns the time from the last part before the first forwards of a payment; null if the story lacks one of them.</summary>
    public static TimeSpan? Of(JsonElement story)
    {
        var lastPart = new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal);
        foreach (JsonElement happened in Json.Items(story, "events"))
        {
            if (Json.Time(happened, "at") is not { } at || Json.Text(happened, "payment_hash") is not { } hash) continue;
            switch (Json.Text(happened, "event"))
            {
                case "part":
                    lastPart[hash] = at;
                    break;
                case "forwarded" when lastPart.TryGetValue(hash, out DateTimeOffset part) && at >= part:
                    return at - part;
            }
        }

        return null;
    }
}
