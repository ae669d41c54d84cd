namespace LspsPlugin.Rpc.Dispatch;

/// <summary>Carries calls by StreamJsonRpc.</summary>
internal sealed class StreamJsonRpcTransport : RpcTransport
{
    public override IHostCarrier CarryHostCalls(JsonRpcWriter writer, IEnumerable<string> methods, Action<HostCall> handler) => new HostDispatch(writer, methods, handler);

    internal override INodeCarrier CarryNodeCalls(JsonRpcWriter writer, Background background) => new NodeInvocations(writer, background);
}
