using System.Diagnostics;
using StreamJsonRpc;
using StreamJsonRpc.Protocol;

namespace LspsPlugin.Rpc.Dispatch;

/// <summary>StreamJsonRpc as lightningd can bear it: no cancellation requests, no exceptions in answers.</summary>
internal sealed class LoopJsonRpc : JsonRpc
{
    private const int InternalError = -32603;

    public LoopJsonRpc(LoopMessageHandler messages)
        : base(messages)
    {
        // lightningd answers $/cancelRequest with an error whose id is null, and reads no further on that connection.
        CancellationStrategy = null;
        SynchronizationContext = messages.Context;
        TraceSource.Switch.Level = SourceLevels.Off;
        TraceSource.Listeners.Clear();
    }

    /// <summary>Sends a call and completes when it is ended.</summary>
    public Task<PendingCall> CallAsync(PendingCall call) =>
        InvokeCoreAsync<PendingCall>(new RequestId(call.Id), call.Method, [call], CancellationToken.None, isParameterObject: true);

    /// <inheritdoc/>
    protected override JsonRpcError.ErrorDetail CreateErrorDetails(JsonRpcRequest request, Exception exception) =>
        new() { Code = (JsonRpcErrorCode)InternalError, Message = "internal error, see the log", Data = (request as HostRequest)?.Call };
}
