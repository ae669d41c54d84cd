using System.Buffers;
using System.Text.Json;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Protocol;

/// <summary>
/// A notification topic that this plugin sends to other plugins on the node. The host drops topics that the manifest does not declare.
/// </summary>
/// <remarks>
/// The params have one member, named like the topic, which holds the content. Core Lightning uses this form for all its notifications, and
/// plugin libraries and its test harness rely on it. As with the log, notifications are dropped if the host does not read; a plugin that
/// needs certainty calls a command.
/// </remarks>
internal sealed class HostTopic(JsonRpcWriter writer, string topic)
{
    /// <summary>Events of sessions.</summary>
    public const string Session = "lsps_session";

    /// <summary>Changes of outgoing payments.</summary>
    public const string Payment = "lsps_payment";

    /// <summary>What an operator must act on.</summary>
    public const string Alert = "lsps_alert";

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
