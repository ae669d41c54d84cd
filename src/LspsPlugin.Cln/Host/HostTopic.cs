using System.Buffers;
using System.Text.Json;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Host;

/// <summary>A notification topic of ours, for other plugins on the node. The host drops what the manifest does not declare.</summary>
/// <remarks>
/// The params have one member, which is named as the topic and holds what there is to say: the node's own form for every notification, by
/// which plugin libraries and the node's test harness find it. As with the log, news may be lost when the host does not read; whoever must know for certain asks with a command.
/// </remarks>
internal sealed class HostTopic(JsonRpcWriter writer, string topic)
{
    /// <summary>What sessions do.</summary>
    public const string Session = "lsps_session";

    private readonly ArrayBufferWriter<byte> _frame = new(512);

    public void Tell(Action<Utf8JsonWriter> members)
    {
        _frame.ResetWrittenCount();
        using (Utf8JsonWriter json = RpcJson.WriterTo(_frame))
        {
            json.WriteStartObject();
            json.WriteString("jsonrpc"u8, "2.0"u8);
            json.WriteString("method"u8, topic);
            json.WriteStartObject("params"u8);
            json.WriteStartObject(topic);
            members(json);
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        writer.TryWriteDroppable(_frame.WrittenSpan);
    }
}
