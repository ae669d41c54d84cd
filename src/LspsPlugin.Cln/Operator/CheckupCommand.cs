using LspsPlugin.Cln.Protocol;

namespace LspsPlugin.Cln.Operator;

/// <summary>The lsps-checkup command: what is misconfigured or will hurt soon, the most urgent first.</summary>
internal static class CheckupCommand
{
    public static async Task RunAsync(OperatorDesk desk, MethodCall call)
    {
        if (new ArgumentReader(call).Reject(call)) return;
        Finding[] findings = [.. (await Checkup.RunAsync(desk)).OrderBy(static finding => finding.Urgency)];
        call.Result(json =>
        {
            json.WriteBoolean("ok"u8, findings.All(static finding => finding.Urgency == Urgency.Note));
            json.WriteStartArray("findings"u8);
            foreach (Finding finding in findings)
            {
                json.WriteStartObject();
                json.WriteString("code"u8, finding.Code);
                json.WriteString("urgency"u8, finding.Urgency.ToWord());
                json.WriteString("message"u8, finding.Message);
                json.WriteString("remedy"u8, finding.Remedy);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }
}
