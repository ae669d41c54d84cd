using System.Text.Json;
using LspsPlugin.Desk.Asking;
using LspsPlugin.Desk.Wording;

namespace LspsPlugin.Desk.Answers;

/// <summary>What lsps-checkup found.</summary>
/// <param name="Urgency">now, soon or note.</param>
/// <param name="Message">What is wrong.</param>
/// <param name="Remedy">What to do.</param>
internal sealed record Finding(string Urgency, string Message, string Remedy)
{
    public static IReadOnlyList<Finding> Read(JsonElement answer) =>
        [.. Json.Items(answer, "findings").Select(static one => new Finding(Text(one, "urgency"), Text(one, "message"), Text(one, "remedy")))];

    private static string Text(JsonElement of, string name) => PlainText.Clean(Json.Text(of, name) ?? "");
}
