using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using LspsPlugin.Rpc;

namespace LspsPlugin.Simulation.Host;

/// <summary>Writes JSON as the node does: without \u escapes, and without copying.</summary>
internal static class SimJson
{
    private static readonly JsonWriterOptions Relaxed = RpcJson.Options with { SkipValidation = true };

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    [ThreadStatic]
    private static Utf8JsonWriter? _writer;

    /// <summary>Writes a request, or a notification if it has no id.</summary>
    public static byte[] Request(string? id, string method, JsonNode parameters) => Write(json =>
    {
        if (id is not null) json.WriteString("id"u8, id);
        json.WriteString("method"u8, method);
        json.WritePropertyName("params"u8);
        parameters.WriteTo(json);
    });

    /// <param name="id">The id as the request has it.</param>
    public static byte[] Result(byte[] id, JsonNode result) => Write(json =>
    {
        WriteId(json, id);
        json.WritePropertyName("result"u8);
        result.WriteTo(json);
    });

    /// <param name="id">The id as the request has it; null if it could not be read.</param>
    public static byte[] Error(byte[]? id, int code, string message, JsonObject? details = null) => Write(json =>
    {
        WriteId(json, id);
        json.WriteStartObject("error"u8);
        json.WriteNumber("code"u8, code);
        json.WriteString("message"u8, message);
        if (details is not null)
        {
            json.WritePropertyName("data"u8);
            details.WriteTo(json);
        }

        json.WriteEndObject();
    });

    public static JsonNode? Parse(ReadOnlySpan<byte> json) => JsonNode.Parse(json);

    /// <summary>Reads the level and the message of a line for the node's log.</summary>
    public static (string? Level, string? Message) LogLine(ReadOnlySpan<byte> json)
    {
        string? level = null, message = null;
        var reader = new Utf8JsonReader(json);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isLevel = reader.ValueTextEquals("level"u8), isMessage = reader.ValueTextEquals("message"u8);
            reader.Read();
            if (isLevel) level = reader.GetString();
            else if (isMessage) message = reader.GetString();
            else reader.Skip();
        }

        return (level, message);
    }

    private static void WriteId(Utf8JsonWriter json, byte[]? id)
    {
        json.WritePropertyName("id"u8);
        if (id is null) json.WriteNullValue();
        else json.WriteRawValue(id, skipInputValidation: true);
    }

    private static byte[] Write(Action<Utf8JsonWriter> members)
    {
        // Nothing that is written writes a frame itself, so that one writer for each thread is enough.
        ArrayBufferWriter<byte> buffer = _buffer ??= new ArrayBufferWriter<byte>(16 << 10);
        Utf8JsonWriter json = _writer ??= new Utf8JsonWriter(buffer, Relaxed);
        buffer.ResetWrittenCount();
        json.Reset();
        json.WriteStartObject();
        json.WriteString("jsonrpc"u8, "2.0"u8);
        members(json);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
