using LspsPlugin.Cln.Protocol;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Operator;

/// <summary>The lsps-forgive command: clears what counts against a client.</summary>
internal static class ForgiveCommand
{
    public static Task RunAsync(OperatorDesk desk, MethodCall call)
    {
        var args = new ArgumentReader(call);
        NodeId client = args.Node("client_id");
        if (args.Reject(call)) return Task.CompletedTask;
        bool forgiven = desk.Registry.Forgive(client);
        if (forgiven) desk.Log.Info($"provider: the penalties of {client} are cleared");
        call.Result(json =>
        {
            json.WriteString("client_id"u8, client.ToString());
            json.WriteBoolean("forgiven"u8, forgiven);
        });
        return Task.CompletedTask;
    }
}
