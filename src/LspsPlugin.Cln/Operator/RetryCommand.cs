using LspsPlugin.Cln.Protocol;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Cln.Operator;

/// <summary>The lsps-retry command: does at once what the sessions would repeat after a pause, such as a broadcast that was refused.</summary>
internal static class RetryCommand
{
    public static Task RunAsync(OperatorDesk desk, MethodCall call)
    {
        var args = new ArgumentReader(call);
        Scid? scid = args.OptionalScid("jit_channel_scid");
        if (args.Reject(call)) return Task.CompletedTask;
        var retried = desk.Registry.RetryNow(scid);
        call.Result(json =>
        {
            json.WriteStartArray("retried"u8);
            foreach ((Offer offer, PaymentHash hash, Phase phase) in retried)
            {
                json.WriteStartObject();
                json.WriteString("jit_channel_scid"u8, offer.JitScid.ToString());
                json.WriteString("client_id"u8, offer.Client.ToString());
                json.WriteString("payment_hash"u8, hash.ToString());
                json.WriteString("phase"u8, phase.ToWord());
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
        return Task.CompletedTask;
    }
}
