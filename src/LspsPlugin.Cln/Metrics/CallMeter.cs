using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Metrics;

/// <summary>Measures calls to the node.</summary>
internal sealed class CallMeter(Instruments instruments, TimeProvider time)
{
    public long Now => time.GetTimestamp();

    /// <summary>Passes the answer of a call on when it comes.</summary>
    /// <param name="method">The command, or <see cref="RequestOutcomes.Other"/> if the operator named it.</param>
    /// <param name="began">When the call began.</param>
    /// <param name="isTimed">False if the call waits for an event, which says nothing of the node.</param>
    /// <param name="call">The call.</param>
    public async ValueTask<RpcAnswer<T>> MeasureAsync<T>(string method, long began, bool isTimed, ValueTask<RpcAnswer<T>> call)
    {
        RpcAnswer<T> answer = await call;
        if (isTimed) instruments.OnCall(method, time.GetElapsedTime(began));
        if (answer.Error is { } error) instruments.OnCallFailed(method, CallErrors.KindOf(error));
        else if (method is "datastore" or "deldatastore") instruments.OnCommit();
        return answer;
    }
}
