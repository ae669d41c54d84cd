using LspsPlugin.Cln.Protocol;
using LspsPlugin.Cln.Provider.Selling;
using LspsPlugin.Core.Lsps0;

namespace LspsPlugin.Cln.Operator;

/// <summary>The commands lsps-pause and lsps-resume: sell nothing, and finish what is sold.</summary>
internal static class PauseCommands
{
    private const int MaxReasonChars = 200;

    public static async Task PauseAsync(OperatorDesk desk, MethodCall call)
    {
        var args = new ArgumentReader(call);
        string? reason = args.NodeText("reason");
        args.Check(reason is not { Length: > MaxReasonChars }, $"reason must be text of at most {MaxReasonChars} characters");
        if (args.Reject(call)) return;
        SalePause pause = desk.Provider.Pause;
        if (await pause.PauseAsync(reason, desk.Stopping) is { } problem)
        {
            call.Error(OperatorDesk.Refused, $"the sale goes on, because the node did not store the pause: {problem}; see its log, and try again");
            return;
        }

        desk.Log.Info($"provider: the sale is paused{(reason is null ? "" : $": {reason}")}");
        call.Result(json =>
        {
            json.WriteBoolean("paused"u8, true);
            json.WriteString("since"u8, LspsTime.Write(pause.Current!.Since));
            if (reason is not null) json.WriteString("reason"u8, reason);
            json.WriteNumber("unpaid_offers"u8, desk.Registry.Report().Count(static offer => offer.PaidChannel is null));
            json.WriteNumber("payments_under_way"u8, desk.Registry.Admission.Exposure.Payments);
        });
    }

    public static async Task ResumeAsync(OperatorDesk desk, MethodCall call)
    {
        if (new ArgumentReader(call).Reject(call)) return;
        PausedSale? was = desk.Provider.Pause.Current;
        if (await desk.Provider.Pause.ResumeAsync(desk.Stopping) is { } problem)
        {
            call.Error(OperatorDesk.Refused, $"the sale stays as it is, because the node did not delete the record of the pause: {problem}; see its log, and try again");
            return;
        }

        if (was is not null) desk.Log.Info($"provider: the sale is resumed; it was paused since {LspsTime.Write(was.Since)}");
        call.Result(json =>
        {
            json.WriteBoolean("paused"u8, false);
            json.WriteBoolean("was_paused"u8, was is not null);
        });
    }
}
