using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using LspsPlugin.Rpc;

namespace LspsPlugin.RealNodes.Measure;

/// <summary>One direction of a connection: passes frames on, and records when each arrived.</summary>
internal sealed class TapLine(PipeReader from, JsonRpcWriter to, bool fromNode, bool callsNode, TimeProvider time, Action<TapRecord> record)
{
    private JsonFrameReader _frames = new(256 << 20, int.MaxValue);

    /// <summary>Replaces a frame with another.</summary>
    public Func<string, byte[], byte[]>? Exchange { get; init; }

    /// <summary>Runs until the stream ends.</summary>
    public async Task RunAsync()
    {
        while (true)
        {
            ReadResult read = await from.ReadAsync();
            ReadOnlySequence<byte> buffer = read.Buffer;
            while (_frames.TryRead(ref buffer, out ReadOnlySequence<byte> frame) == FrameStatus.Frame) Pass(frame.ToArray());
            from.AdvanceTo(buffer.Start, buffer.End);
            if (read.IsCompleted) return;
        }
    }

    private void Pass(byte[] frame)
    {
        long at = time.GetTimestamp();
        if (JsonRpcEnvelope.TryParse(frame, out JsonRpcEnvelope envelope) != EnvelopeStatus.Ok)
        {
            to.Write(frame);
            return;
        }

        string method = Encoding.UTF8.GetString(envelope.Method), id = Encoding.UTF8.GetString(envelope.Id);
        to.Write(Exchange is null ? frame : Exchange(method, frame));
        if (Kind(envelope.Kind) is { } kind) record(new TapRecord(at, kind, method, id, Note(method, envelope.Params)));
    }

    /// <summary>Returns the kind of a message; null for the plugin's own notifications (log lines).</summary>
    private TapKind? Kind(MessageKind kind) => kind switch
    {
        MessageKind.Request => callsNode ? TapKind.Called : TapKind.Asked,
        MessageKind.Notification => fromNode ? TapKind.Told : null,
        MessageKind.Response => callsNode ? TapKind.Replied : TapKind.Answered,
    };

    private static string Note(string method, ReadOnlySpan<byte> parameters)
    {
        if (method is not ("htlc_accepted" or "datastore")) return "";
        var reader = new Utf8JsonReader(parameters);
        JsonElement root = JsonElement.ParseValue(ref reader);
        return method == "datastore"
            ? string.Join('/', root.GetProperty("key"u8).EnumerateArray().Select(part => part.GetString()))
            : root.GetProperty("htlc"u8).GetProperty("payment_hash"u8).GetString()!;
    }
}
