using LspsPlugin.Cln.Protocol;
using LspsPlugin.Cln.Provider.Reporting;

namespace LspsPlugin.Cln.Operator;

/// <summary>The lsps-listalerts command: what an operator must act on, and what is over since lately.</summary>
internal static class AlertCommands
{
    private const int UsualLimit = 100;
    private const int MostLimit = 1000;

    public static async Task ListAsync(OperatorDesk desk, MethodCall call)
    {
        var args = new ArgumentReader(call);
        string? state = args.Text("state", 20);
        args.Check(state is null or Alert.Raised or Alert.Cleared, $"state must be {Alert.Raised} or {Alert.Cleared}");
        string index = args.Text("index", 20) ?? "created";
        args.Check(index is "created" or "updated", "index must be created or updated");
        ulong start = (ulong)(args.Number("start", 0, long.MaxValue) ?? 0);
        int limit = (int)(args.Number("limit", 1, MostLimit) ?? UsualLimit);
        if (args.Reject(call)) return;
        await desk.Alerts.LoadAsync(desk.Stopping);

        // An alert that the node did not store has no number yet, and comes last.
        ulong NumberOf(Alert alert) => !alert.IsSaved ? ulong.MaxValue : index == "updated" ? alert.UpdatedIndex : alert.CreatedIndex;
        Alert[] listed = [.. desk.Alerts.All.Where(alert => (state is null || alert.State == state) && NumberOf(alert) >= start).OrderBy(NumberOf).Take(limit + 1)];
        call.Result(json =>
        {
            json.WriteStartArray("alerts"u8);
            foreach (Alert alert in listed.Take(limit))
            {
                json.WriteStartObject();
                alert.Write(json);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            if (listed.Length > limit && listed[limit].IsSaved) json.WriteNumber("next_start"u8, NumberOf(listed[limit]));
        });
    }
}
