using StreamJsonRpc.Protocol;

namespace LspsPlugin.Rpc.Dispatch;

/// <summary>
/// The host's calls, dispatched by StreamJsonRpc on the loop's thread. The host must get an answer even if StreamJsonRpc fails, so a call that it does
/// not dispatch is handled here, and an answer that it does not write is written here.
/// </summary>
internal sealed class HostDispatch : IHostCarrier
{
    private readonly JsonRpcWriter _writer;
    private readonly Action<HostCall> _handler;
    private readonly CallParams _params = new();
    private readonly LightningdFormatter _formatter = new();
    private readonly YoungGarbage _garbage = new();
    private readonly LoopMessageHandler _messages;
    private readonly LoopJsonRpc _rpc;

    public HostDispatch(JsonRpcWriter writer, IEnumerable<string> methods, Action<HostCall> handler)
    {
        (_writer, _handler) = (writer, handler);
        _messages = new LoopMessageHandler(_formatter, Write);
        _rpc = new LoopJsonRpc(_messages);
        foreach (string method in methods) _rpc.AddLocalRpcMethod(method, HandleAsync);
    }

    public ValueTask OpenAsync()
    {
        _rpc.StartListening();
        return new ValueTask(_messages.Reading);
    }

    public void Carry(in JsonRpcEnvelope call)
    {
        var carried = new Call(this, call.MethodText(), call.Id.ToArray(), _params.Copy(call.Params));
        _messages.Pass(LightningdFormatter.Request(carried));
        carried.Run(_handler);
        carried.WriteIfLeft();
        _params.Reset();
        _garbage.CollectIfMuch();
    }

    private Task<HostAnswer> HandleAsync(HostCall call)
    {
        var carried = (Call)call;
        carried.Run(_handler);
        return carried.Answered;
    }

    private void Write(JsonRpcMessage message)
    {
        if (message is JsonRpcResult { Result: HostAnswer answer }) Write(answer);
        else if (message is JsonRpcError { Error: { Data: HostCall call } error }) call.Error((int)error.Code, error.Message ?? "");
    }

    private void Write(HostAnswer answer)
    {
        if (answer.Written) return;
        answer.WriteTo(_writer.BeginFrame());
        _writer.EndFrame();
    }

    private sealed class Call(HostDispatch owner, string method, byte[] id, ReadOnlyMemory<byte> parameters) : HostCall(method, id, parameters)
    {
        private readonly TaskCompletionSource<HostAnswer> _answered = new();
        private bool _begun;
        private bool _running;

        public Task<HostAnswer> Answered => _answered.Task;

        /// <summary>Runs the handler unless it has begun: StreamJsonRpc may dispatch late, or not at all, and a purchase must not be made twice.</summary>
        public void Run(Action<HostCall> handler)
        {
            if (_begun) return;
            (_begun, _running) = (true, true);
            try
            {
                handler(this);
            }
            finally
            {
                _running = false;
            }
        }

        public void WriteIfLeft()
        {
            if (_answered.Task.IsCompletedSuccessfully) owner.Write(_answered.Task.Result);
        }

        private protected override void Answer(HostAnswer answer)
        {
            LoopThread.WithoutContext(result => _answered.TrySetResult((HostAnswer)result!), answer);

            // Within the handler StreamJsonRpc has not seen the task yet.
            if (!_running) owner.Write(answer);
        }
    }
}
