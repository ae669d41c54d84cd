using LspsPlugin.Cln.Protocol;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Cln.Operator;

/// <summary>The lsps-cancel command: ends an offer, and fails back its payments while nothing is owed for them.</summary>
internal static class CancelCommand
{
    public static async Task RunAsync(OperatorDesk desk, MethodCall call)
    {
        var args = new ArgumentReader(call);
        Scid scid = args.Scid("jit_channel_scid");
        if (args.Reject(call)) return;
        Cancellation done = await desk.Registry.CancelAsync(scid);
        if (done == Cancellation.Done)
        {
            desk.Log.Info($"provider: the offer {scid} is cancelled");
            call.Result(json =>
            {
                json.WriteString("jit_channel_scid"u8, scid.ToString());
                json.WriteBoolean("cancelled"u8, true);
            });
            return;
        }

        call.Error(OperatorDesk.Refused, done switch
        {
            Cancellation.Unknown => $"there is no live offer {scid}; `lsps-status offers=true` lists them",
            Cancellation.Paid => $"the channel of {scid} is paid for, so nothing can be cancelled",
            Cancellation.Owed => $"the payment of {scid} has reached the wallet, or its channel is funded: how it ends is decided by the wallet; `lsps-status` shows how far it is",
            Cancellation.NotSaved => $"the node did not store that the offer {scid} has ended: it takes no payment now, but a restart would bring it back; run lsps-cancel again",
            _ => throw new InvalidOperationException($"no words for {done}"),
        });
    }
}
