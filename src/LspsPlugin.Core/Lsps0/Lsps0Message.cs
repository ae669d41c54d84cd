using System.Text.Json;
using System.Text.Unicode;

namespace LspsPlugin.Core.Lsps0;

/// <summary>The body of one custom message 37913: exactly one JSON-RPC object (R50-02).</summary>
public abstract record Lsps0Message
{
    /// <summary>The BOLT 8 message type (R50-01).</summary>
    public const ushort MessageType = 37913;

    /// <summary>What fits into one message behind its type. The host dies on more, so nothing longer is ever sent.</summary>
    public const int MaxBodyBytes = 65533;

    /// <summary>Levels of nesting that are read; the protocol's own messages have four.</summary>
    private const int MaxDepth = 32;

    private protected Lsps0Message()
    {
    }

    /// <summary>Reads a body. Never throws; of a repeated member the last one counts.</summary>
    public static Lsps0Message Parse(ReadOnlyMemory<byte> body)
    {
        if (body.Length > MaxBodyBytes) return new Lsps0Malformed($"{body.Length} bytes are more than a message can have");
        if (body.Span.Contains((byte)0)) return new Lsps0Malformed("a zero byte"); // R50-04
        if (!Utf8.IsValid(body.Span)) return new Lsps0Malformed("not UTF-8");
        JsonElement root;
        try
        {
            var reader = new Utf8JsonReader(body.Span, new JsonReaderOptions { MaxDepth = MaxDepth });
            root = JsonElement.ParseValue(ref reader);
            if (reader.Read()) return new Lsps0Malformed("more than one value"); // R50-03
            CheckText(body.Span);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return new Lsps0Malformed("not one JSON object");
        }

        return root.ValueKind == JsonValueKind.Object ? Classify(root) : new Lsps0Malformed("not a JSON object");
    }

    /// <summary>Escapes may spell half a character, which no string can hold: found here, not where a string is first used.</summary>
    /// <exception cref="InvalidOperationException">Some text is no text.</exception>
    private static void CheckText(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = MaxDepth });
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped) _ = reader.GetString();
        }
    }

    private static Lsps0Message Classify(JsonElement root)
    {
        JsonElement? id = root.Member("id"u8);

        // What is echoed is bounded, also in the answer to a message that is wrong in another way.
        JsonElement? echo = IsEchoable(id) ? id : null;
        bool version = root.Member("jsonrpc"u8) is { ValueKind: JsonValueKind.String } v && v.ValueEquals("2.0"u8);
        if (root.Member("method"u8) is { } method)
        {
            if (id is null) return new Lsps0Notification();
            if (!version) return new Lsps0InvalidRequest(echo, "jsonrpc must be \"2.0\"");
            if (method.ValueKind != JsonValueKind.String) return new Lsps0InvalidRequest(echo, "method must be a string");
            if (echo is not { } answerable) return new Lsps0InvalidRequest(null, "id must be a string or a number of reasonable length");
            return new Lsps0Request(answerable, method.GetString() ?? "", root.Member("params"u8));
        }

        bool hasResult = root.TryGetProperty("result"u8, out JsonElement result);
        JsonElement? error = root.Member("error"u8);
        if (!hasResult && error is null) return new Lsps0InvalidRequest(echo, "neither a request nor a response");
        string? text = id is { ValueKind: JsonValueKind.String } t ? t.GetString() : null;
        return error is { } refused ? new Lsps0Response(text, null, ReadError(refused)) : new Lsps0Response(text, result, null);
    }

    private static bool IsEchoable(JsonElement? id) =>
        id is { ValueKind: JsonValueKind.String or JsonValueKind.Number } given && given.GetRawText().Length <= Lsps0Request.MaxIdChars;

    /// <summary>An error whose shape is off is still an error: without a readable code it counts as internal (R50-26, R50-30).</summary>
    private static LspsError ReadError(JsonElement error)
    {
        int code = LspsError.Internal;
        string message = "";
        if (error.Member("code"u8) is { ValueKind: JsonValueKind.Number } c && c.TryGetInt32(out int number)) code = number;
        if (error.Member("message"u8) is { ValueKind: JsonValueKind.String } m) message = LspsError.Sanitize(m.GetString() ?? "");

        return LspsError.Of(code, message);
    }
}

/// <param name="Id">Echoed as it is.</param>
public sealed record Lsps0Request(JsonElement Id, string Method, JsonElement? Params) : Lsps0Message
{
    public const int MaxIdChars = 512;
}

/// <param name="Id">Null when it is no string: then it answers nothing that we asked.</param>
public sealed record Lsps0Response(string? Id, JsonElement? Result, LspsError? Error) : Lsps0Message;

/// <summary>A method without an id: nothing to answer (R50-13, R50-41).</summary>
public sealed record Lsps0Notification : Lsps0Message;

/// <summary>One JSON object, but no JSON-RPC message.</summary>
/// <param name="Id">Null unless it can be echoed.</param>
public sealed record Lsps0InvalidRequest(JsonElement? Id, string Reason) : Lsps0Message;

/// <summary>Bad format (R50-02 to R50-04).</summary>
public sealed record Lsps0Malformed(string Reason) : Lsps0Message;
