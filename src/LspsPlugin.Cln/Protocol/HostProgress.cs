using System.Buffers;
using System.Text.Json;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Protocol;

/// <summary>
/// Tells callers of long commands how far these are. lightningd passes it on to a connection that has asked for notifications, as lightning-cli does, and drops it
/// otherwise; it may also be dropped if the host does not read.
/// </summary>
internal sealed class HostProgress(JsonRpcWriter writer)
{
    private readonly ArrayBufferWriter<byte> _frame = new(256);

    /// <summary>Tells how far a call is. Does nothing once it is answered.</summary>
    /// <param name="call">The call.</param>
    /// <param name="number">The step that begins, from 0; the last one is <paramref name="total"/> - 1.</param>
    /// <param name="total">The number of steps; at least 2, because lightning-cli divides by one less.</param>
    public void Tell(HostCall call, int number, int total)
    {
        if (call.IsAnswered || total < 2) return;
        _frame.ResetWrittenCount();
        using (Utf8JsonWriter json = RpcJson.WriterTo(_frame))
        {
            json.WriteStartObject();
            json.WriteString("jsonrpc"u8, "2.0"u8);
            json.WriteString("method"u8, "progress"u8);
            json.WriteStartObject("params"u8);
            json.WritePropertyName("id"u8);
            json.WriteRawValue(call.Id, skipInputValidation: true);
            json.WriteNumber("num"u8, Math.Min(number, total - 1));
            json.WriteNumber("total"u8, total);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        writer.TryWriteDroppable(_frame.WrittenSpan);
    }
}
