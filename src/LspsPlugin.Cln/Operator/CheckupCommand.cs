using LspsPlugin.Cln.Protocol;
using LspsPlugin.Cln.Provider.Reporting;

namespace LspsPlugin.Cln.Operator;

/// <summary>The lsps-checkup command: what is misconfigured or will hurt soon, the most urgent first.</summary>
internal static class CheckupCommand
{
    public static async Task RunAsync(OperatorDesk desk, MethodCall call)
    {
        if (new ArgumentReader(call).Reject(call)) return;
        Finding[] findings = [.. (await Checkup.RunAsync(desk, step => call.Progress(step, Checkup.Steps))).Findings.OrderBy(static finding => finding.Urgency)];
        call.Result(json =>
        {
            json.WriteBoolean("ok"u8, findings.All(static finding => finding.Urgency == Urgency.Note));
            json.WriteStartArray("findings"u8);
            foreach (Finding finding in findings)
            {
                json.WriteStartObject();
                finding.Write(json);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }
}
