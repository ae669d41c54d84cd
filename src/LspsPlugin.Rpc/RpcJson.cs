using System.Buffers;
using System.Text;
using System.Text.Json;

namespace LspsPlugin.Rpc;

/// <summary>
/// Writes JSON for lightningd and its datastore: text as raw UTF-8. Only control characters without a short escape are written as \u00XX; callers
/// that pass foreign text to lightningd must refuse or replace these.
/// </summary>
public static class RpcJson
{
    /// <summary>Writer options: compact, with <see cref="RawUtf8Encoder"/>.</summary>
    public static JsonWriterOptions Options { get; } = new() { Encoder = RawUtf8Encoder.Instance };

    /// <summary>Creates a writer with <see cref="Options"/>.</summary>
    public static Utf8JsonWriter WriterTo(IBufferWriter<byte> buffer) => new(buffer, Options);

    /// <summary>Writes an object and returns it as text.</summary>
    public static string Text(Action<Utf8JsonWriter> members) => Encoding.UTF8.GetString(Object(members));

    /// <summary>Writes an object and returns it as UTF-8.</summary>
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

    /// <summary>Writes a value of any kind and returns it as UTF-8.</summary>
    internal static byte[] Value(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (Utf8JsonWriter json = WriterTo(buffer)) write(json);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Writes an object and returns it as a JSON element.</summary>
    public static JsonElement Element(Action<Utf8JsonWriter> members)
    {
        var reader = new Utf8JsonReader(Object(members));
        return JsonElement.ParseValue(ref reader);
    }
}
