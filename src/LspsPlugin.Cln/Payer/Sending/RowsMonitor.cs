using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Payments;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Payer.Sending;

/// <summary>Waits for changes of the node's rows (wait, subsystem sendpays), and tells which payment changed.</summary>
/// <param name="node">The connection for calls that wait.</param>
/// <param name="sent">Called for a new row.</param>
/// <param name="changed">Called for a row that changed or was deleted; with null when changes were missed.</param>
/// <param name="time">The clock of pauses.</param>
/// <param name="log">The host's log.</param>
/// <param name="background">Runs the loops.</param>
internal sealed class RowsMonitor(NodeClient node, Action<PaymentHash, AttemptKey> sent, Action<PaymentHash?> changed, TimeProvider time, HostLog log, Background background)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    public void Start()
    {
        foreach (string index in (string[])["created", "updated", "deleted"]) background.Start($"wait sendpays {index}", RunAsync(index));
    }

    private async Task RunAsync(string index)
    {
        ulong next = 0;
        while (true)
        {
            var answer = await node.WaitSendPaysAsync(index, next, background.Stopping);
            if (answer is { IsOk: true } && IndexOf(answer.Value, index) is { } at && at >= next)
            {
                WaitedSendPay? row = answer.Value.Sendpays ?? answer.Value.Details;

                // The first answer only reads the index; a jump means that changes went by between two calls.
                if (next == 0 || at != next || row?.PaymentHash is null) changed(null);
                if (next != 0 && row is { PaymentHash: { } hash }) Tell(index, hash, new AttemptKey(row.Groupid ?? 0, row.Partid ?? 0));
                next = at + 1;
                continue;
            }

            if (answer is { IsOk: false, Error: { Failure: RpcFailure.Refused, Code: NodeCodes.MethodNotFound or NodeCodes.InvalidParams } })
            {
                // Payments are looked at once a minute then.
                log.Unusual($"payer: the node does not tell of changes: wait sendpays {index}: {answer.Error}");
                return;
            }

            next = 0;
            await Task.Delay(Pause, time, background.Stopping);
        }
    }

    private void Tell(string index, PaymentHash hash, AttemptKey key)
    {
        if (index == "created") sent(hash, key);
        else changed(hash);
    }

    private static ulong? IndexOf(WaitAnswer answer, string index) => index switch
    {
        "created" => answer.Created,
        "updated" => answer.Updated,
        _ => answer.Deleted,
    };
}
