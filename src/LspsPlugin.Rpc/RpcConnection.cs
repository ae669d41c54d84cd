using System.Buffers.Text;
using System.IO.Pipelines;

namespace LspsPlugin.Rpc;

/// <summary>One connection of a client. Calls sent on it are lost when it breaks.</summary>
internal sealed class RpcConnection : IJsonRpcDispatcher
{
    /// <summary>
    /// Limits for answers. Answers of other plugins are passed through by lightningd unchanged and may be nested deeply; one that cannot be parsed
    /// fails only its own call.
    /// </summary>
    private static readonly JsonRpcLimits Limits = JsonRpcLimits.Default with { MaxDepth = int.MaxValue };

    private readonly Dictionary<long, PendingCall> _pending;
    private readonly HashSet<PendingCall> _sent = [];
    private readonly Action _late;
    private readonly Action<RpcConnection> _broken;
    private readonly IDuplexPipe _pipe;
    private readonly JsonRpcWriter _writer;
    private readonly INodeCarrier _carrier;

    public RpcConnection(IDuplexPipe pipe, RpcTransport transport, Dictionary<long, PendingCall> pending, Action late, Action<RpcConnection> broken, Background background)
    {
        (_pipe, _pending, _late, _broken) = (pipe, pending, late, broken);
        _writer = new JsonRpcWriter(pipe.Output);
        _carrier = transport.CarryNodeCalls(_writer, background);
        background.Start("reading lightning-rpc", ReadAsync(), () => OnEnd(StreamEnd.Broken));
    }

    public bool IsBroken { get; private set; }

    public ValueTask OpenAsync() => _carrier.OpenAsync();

    public void Send(PendingCall call)
    {
        _sent.Add(call);
        _carrier.Send(call);
    }

    public void OnMessage(in JsonRpcEnvelope message)
    {
        if (message.Kind != MessageKind.Response) return;
        if (!TryReadId(message.Id, out long id))
        {
            // An error with a null id: lightningd could not parse a request and reads no further on this connection.
            _pipe.Input.CancelPendingRead();
            return;
        }

        if (_pending.TryGetValue(id, out PendingCall? call) && !call.IsOver && _sent.Remove(call))
        {
            call.Read(message);
            _carrier.End(call);
        }
        else
        {
            _late();
        }
    }

    public void OnMalformed(ReadOnlySpan<byte> frame, ReadOnlySpan<byte> id)
    {
        if (TryReadId(id, out long known) && _pending.TryGetValue(known, out PendingCall? call) && !call.IsOver && _sent.Remove(call))
        {
            call.Fail(new RpcError(RpcFailure.Unreadable, 0, $"the answer to {call.Method} is not a JSON-RPC message"));
            _carrier.End(call);
        }
        else
        {
            _pipe.Input.CancelPendingRead();
        }
    }

    /// <summary>Forgets a call that was given up; its answer, if any, counts as late.</summary>
    public void Forget(PendingCall call)
    {
        if (_sent.Remove(call)) _carrier.End(call);
    }

    public async ValueTask CloseAsync()
    {
        await _writer.FlushAsync();
        _pipe.Input.CancelPendingRead();
    }

    private async Task ReadAsync()
    {
        OnEnd(await new JsonRpcMessageHandler(_pipe.Input, this, Limits).RunAsync());
        await _pipe.Input.CompleteAsync();
        await _pipe.Output.CompleteAsync();
    }

    private void OnEnd(StreamEnd end)
    {
        IsBroken = true;
        _broken(this);
        foreach (PendingCall call in _sent) call.GiveUp($"the connection ended ({end}) before {call.Method} was answered");
        _sent.Clear();
        _carrier.Close();
    }

    /// <summary>Returns the number at the end of one of our ids (#number), which lightningd echoes.</summary>
    private static bool TryReadId(ReadOnlySpan<byte> raw, out long id)
    {
        id = 0;
        int hash = raw.LastIndexOf((byte)'#');
        return hash >= 0 && Utf8Parser.TryParse(raw[(hash + 1)..], out id, out int used) && hash + 1 + used == raw.Length - 1;
    }
}
