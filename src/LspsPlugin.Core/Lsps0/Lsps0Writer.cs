using System.Buffers;
using System.Text.Json;

namespace LspsPlugin.Core.Lsps0;

/// <summary>Writes message bodies: one object each, text without needless escapes (R50-12, R50-16, R50-44).</summary>
public static class Lsps0Writer
{
    /// <summary>Writes a request.</summary>
    /// <exception cref="InvalidOperationException">
    /// The body does not fit into one message. This is a bug, as everything that we send is bounded.
    /// </exception>
    public static byte[] Request(string id, string method, Action<Utf8JsonWriter> writeParams) => Write(writer =>
    {
        writer.WriteString("id"u8, id);
        WriteCall(writer, method, writeParams);
    });

    /// <summary>Writes a notification: a call that is not answered (R50-13).</summary>
    public static byte[] Notification(string method, Action<Utf8JsonWriter> writeParams) => Write(writer => WriteCall(writer, method, writeParams));

    /// <summary>Writes a response with a result.</summary>
    public static byte[] Result(JsonElement id, Action<Utf8JsonWriter> writeResult) => Write(writer =>
    {
        WriteId(writer, id);
        writer.WritePropertyName("result"u8);
        writer.WriteStartObject();
        writeResult(writer);
        writer.WriteEndObject();
    });

    /// <summary>Writes a response with an error.</summary>
    /// <param name="id">The id of the request; null when it could not be read (R50-10).</param>
    /// <param name="error">The error.</param>
    public static byte[] Error(JsonElement? id, LspsError error) => Write(writer =>
    {
        WriteId(writer, id);
        writer.WriteStartObject("error"u8);
        writer.WriteNumber("code"u8, error.Code);
        writer.WriteString("message"u8, error.Message);
        if (error.Code == LspsError.InvalidParams)
        {
            // R50-27, R50-28: always an object, always with the list, even when it is empty. No other error has data: wallets read text
            // there or nothing (rust-lightning 0.2.5 listens to its provider no more after an object), and all that we have to say is text.
            writer.WriteStartObject("data"u8);
            writer.WriteStartArray("unrecognized"u8);
            foreach (string name in error.Unrecognized) writer.WriteStringValue(name);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    });

    private static void WriteCall(Utf8JsonWriter writer, string method, Action<Utf8JsonWriter> writeParams)
    {
        writer.WriteString("method"u8, method);
        writer.WritePropertyName("params"u8);
        writer.WriteStartObject();
        writeParams(writer);
        writer.WriteEndObject();
    }

    private static void WriteId(Utf8JsonWriter writer, JsonElement? id)
    {
        writer.WritePropertyName("id"u8);
        if (id is { } known) known.WriteTo(writer);
        else writer.WriteNullValue();
    }

    private static byte[] Write(Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer, JsonOutput.Options))
        {
            writer.WriteStartObject();
            writer.WriteString("jsonrpc"u8, "2.0"u8);
            members(writer);
            writer.WriteEndObject();
        }

        return buffer.WrittenCount <= Lsps0Message.MaxBodyBytes
            ? buffer.WrittenSpan.ToArray()
            : throw new InvalidOperationException($"a message of {buffer.WrittenCount} bytes does not fit into one custom message");
    }
}
