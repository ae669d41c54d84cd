using System.Buffers;
using System.Text;
using StreamJsonRpc;
using StreamJsonRpc.Protocol;

namespace LspsPlugin.Rpc.Dispatch;

/// <summary>
/// Writes StreamJsonRpc's messages in lightningd's dialect: text as raw UTF-8, ids as they came, errors without data. StreamJsonRpc's own formatter
/// changes ids, escapes text and needs reflection.
/// </summary>
internal sealed class LightningdFormatter : IJsonRpcMessageFormatter
{
    /// <summary>Creates the message of a host's call. The call itself is the one argument of the method.</summary>
    public static JsonRpcRequest Request(HostCall call) => new HostRequest(call);

    /// <summary>Creates the message that ends a call to the node. It is always a result: StreamJsonRpc would throw for an error, and take one code for a cancellation.</summary>
    public static JsonRpcResult Response(PendingCall call) => new() { RequestId = new RequestId(call.Id), Result = call };

    public void Serialize(IBufferWriter<byte> bufferWriter, JsonRpcMessage message)
    {
        switch (message)
        {
            case JsonRpcRequest { Arguments: PendingCall call }:
                call.WriteRequest(bufferWriter);
                break;
            case JsonRpcResult { Result: HostAnswer answer }:
                answer.WriteTo(bufferWriter);
                break;
            default:
                throw new NotSupportedException($"{message.GetType().Name} is never sent");
        }
    }

    /// <summary>Not supported: the pump reads the frames, because StreamJsonRpc ends the connection on many that lightningd lets pass.</summary>
    public JsonRpcMessage Deserialize(ReadOnlySequence<byte> contentBuffer) => throw new NotSupportedException("the pump reads the frames");

    /// <summary>Not supported.</summary>
    public object GetJsonText(JsonRpcMessage message) => throw new NotSupportedException("nothing is traced");
}

/// <summary>A call of the host as StreamJsonRpc sees it; the id is its raw text.</summary>
internal sealed class HostRequest : JsonRpcRequest
{
    public HostRequest(HostCall call)
    {
        Call = call;
        Method = call.Method;
        if (!call.IsNotification) RequestId = new RequestId(Encoding.UTF8.GetString(call.Id));
    }

    public HostCall Call { get; }

    public override int ArgumentCount => 1;

    public override bool TryGetArgumentByNameOrIndex(string? name, int position, Type? typeHint, out object? value)
    {
        value = Call;
        return true;
    }
}
