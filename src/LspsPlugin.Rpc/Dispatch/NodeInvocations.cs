using StreamJsonRpc;
using StreamJsonRpc.Protocol;

namespace LspsPlugin.Rpc.Dispatch;

/// <summary>Our calls over one connection, as invocations of StreamJsonRpc.</summary>
internal sealed class NodeInvocations : INodeCarrier
{
    private readonly LoopMessageHandler _messages;
    private readonly LoopJsonRpc _rpc;
    private readonly Background _background;

    public NodeInvocations(JsonRpcWriter writer, Background background)
    {
        _background = background;
        var formatter = new LightningdFormatter();
        _messages = new LoopMessageHandler(formatter, message =>
        {
            // Whoever was told "not sent" may do something else instead: such a call must not leave later.
            if (message is JsonRpcRequest { Arguments: PendingCall { IsOver: true } }) return;
            formatter.Serialize(writer.BeginFrame(), message);
            writer.EndFrame();
        });
        _rpc = new LoopJsonRpc(_messages);
        _rpc.StartListening();
    }

    public ValueTask OpenAsync() => new(_messages.Reading);

    public void Send(PendingCall call) => _background.Start(call.Method, CarryAsync(call), () => call.GiveUp("an unexpected error, see the log"));

    public void End(PendingCall call)
    {
        if (!_messages.Pass(LightningdFormatter.Response(call))) call.Complete();
    }

    public void Close()
    {
        _messages.Pass(null);
        _rpc.Dispose();
    }

    private async Task CarryAsync(PendingCall call)
    {
        try
        {
            await _rpc.CallAsync(call);
            call.Complete();
        }
        catch (Exception e) when (e is ConnectionLostException or ObjectDisposedException or OperationCanceledException)
        {
            // The connection ended, which failed the calls that were sent.
            call.GiveUp(e.Message);
        }
    }
}
