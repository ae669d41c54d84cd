using System.Buffers;
using System.Text;
using System.Text.Json;

namespace LspsPlugin.Rpc;

/// <summary>
/// How JSON is written that lightningd reads, or that is kept in its datastore: text as raw UTF-8. Only control characters that JSON has no
/// short escape for still become \u00XX; who sends text of other people's to the node refuses or replaces those.
/// </summary>
public static class RpcJson
{
    /// <summary>Compact, with <see cref="RawUtf8Encoder"/>.</summary>
    public static JsonWriterOptions Options { get; } = new() { Encoder = RawUtf8Encoder.Instance };

    /// <summary>A writer with <see cref="Options"/>.</summary>
    public static Utf8JsonWriter WriterTo(IBufferWriter<byte> buffer) => new(buffer, Options);

    /// <summary>One object, as text.</summary>
    public static string Text(Action<Utf8JsonWriter> members) => Encoding.UTF8.GetString(Object(members));

    /// <summary>One object, as UTF-8.</summary>
    public static ReadOnlySpan<byte> Object(Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (Utf8JsonWriter json = WriterTo(buffer))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan;
    }

    /// <summary>One object, as a value that can be sent on.</summary>
    public static JsonElement Element(Action<Utf8JsonWriter> members)
    {
        var reader = new Utf8JsonReader(Object(members));
        return JsonElement.ParseValue(ref reader);
    }
}
