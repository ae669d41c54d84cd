using LspsPlugin.Cln.Protocol;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Cln.Provider.Reporting;

/// <summary>The lsps-forgive command: clears what counts against a client.</summary>
internal static class ForgiveCommand
{
    private const int StillStarting = -1;

    /// <param name="registry">Null until the records are read.</param>
    /// <param name="call">The command.</param>
    /// <param name="log">The host's log.</param>
    public static void Answer(SessionRegistry? registry, MethodCall call, HostLog log)
    {
        var args = new ArgumentReader(call);
        NodeId client = args.Node("client_id");
        if (args.Reject(call)) return;
        if (!call.IsCheck && registry is null)
        {
            // Before the records are read, "nothing counted" would be wrong.
            call.Error(StillStarting, "the provider has not read its records yet: try again in a moment");
            return;
        }

        bool forgiven = !call.IsCheck && registry!.Forgive(client);
        if (forgiven) log.Info($"provider: the penalties of {client} are cleared");
        call.Result(json =>
        {
            json.WriteString("client_id"u8, client.ToString());
            json.WriteBoolean("forgiven"u8, forgiven);
        });
    }
}
