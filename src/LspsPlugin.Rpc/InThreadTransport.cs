namespace LspsPlugin.Rpc;

/// <summary>Carries calls by calling: what the simulation uses.</summary>
internal sealed class InThreadTransport : RpcTransport
{
    public override IHostCarrier CarryHostCalls(JsonRpcWriter writer, IEnumerable<string> methods, Action<HostCall> handler) =>
        new HostCarrier(writer, handler);

    internal override INodeCarrier CarryNodeCalls(JsonRpcWriter writer, Background background) => new NodeCarrier(writer);

    private sealed class HostCarrier(JsonRpcWriter writer, Action<HostCall> handler) : IHostCarrier
    {
        private readonly CallParams _params = new();

        public ValueTask OpenAsync() => ValueTask.CompletedTask;

        public void Carry(in JsonRpcEnvelope call)
        {
            handler(new Call(writer, call.MethodText(), call.Id.ToArray(), _params.Copy(call.Params)));
            _params.Reset();
        }
    }

    private sealed class Call(JsonRpcWriter writer, string method, byte[] id, ReadOnlyMemory<byte> parameters) : HostCall(method, id, parameters)
    {
        private protected override void Answer(HostAnswer answer)
        {
            answer.WriteTo(writer.BeginFrame());
            writer.EndFrame();
        }
    }

    private sealed class NodeCarrier(JsonRpcWriter writer) : INodeCarrier
    {
        public ValueTask OpenAsync() => ValueTask.CompletedTask;

        public void Send(PendingCall call)
        {
            call.WriteRequest(writer.BeginFrame());
            writer.EndFrame();
        }

        public void End(PendingCall call) => call.Complete();

        public void Close()
        {
        }
    }
}
