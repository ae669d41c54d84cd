using System.Text.Json;
using System.Text.Unicode;

namespace LspsPlugin.Core.Lsps0;

/// <summary>The body of one custom message 37913: exactly one JSON-RPC object (R50-02).</summary>
public abstract record Lsps0Message
{
    /// <summary>The BOLT 8 message type (R50-01).</summary>
    public const ushort MessageType = 37913;

    /// <summary>The largest body of one message after its type. lightningd crashes on more, so nothing longer is ever sent.</summary>
    public const int MaxBodyBytes = 65533;

    /// <summary>The maximum nesting that is parsed; the protocol's own messages have four levels.</summary>
    private const int MaxDepth = 32;

    private protected Lsps0Message()
    {
    }

    /// <summary>Parses a body. Never throws. If a member is repeated, the last one counts.</summary>
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

    /// <summary>Checks all text for unpaired surrogates written as escapes, so that later reads of the text cannot throw.</summary>
    /// <exception cref="InvalidOperationException">Some text is not valid Unicode.</exception>
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

        // The echoed id is bounded, also in the error response to an invalid message.
        JsonElement? echo = IsEchoable(id) ? id : null;
        bool version = root.Member("jsonrpc"u8) is { ValueKind: JsonValueKind.String } v && v.ValueEquals("2.0"u8);
        if (root.Member("method"u8) is { } method)
        {
            if (id is null) return new Lsps0Notification(method.ValueKind == JsonValueKind.String ? method.GetString() ?? "" : "", root.Member("params"u8));
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

    /// <summary>Reads an error object leniently: an error without a readable code counts as an internal error (R50-26, R50-30).</summary>
    private static LspsError ReadError(JsonElement error)
    {
        int code = LspsError.Internal;
        string message = "";
        if (error.Member("code"u8) is { ValueKind: JsonValueKind.Number } c && c.TryGetInt32(out int number)) code = number;
        if (error.Member("message"u8) is { ValueKind: JsonValueKind.String } m) message = LspsError.Sanitize(m.GetString() ?? "");

        return LspsError.Of(code, message);
    }
}

/// <summary>A request.</summary>
/// <param name="Id">The id, echoed unchanged in the response.</param>
/// <param name="Method">The method, such as lsps2.buy.</param>
/// <param name="Params">An object; null when the request has none.</param>
public sealed record Lsps0Request(JsonElement Id, string Method, JsonElement? Params) : Lsps0Message
{
    /// <summary>The longest id that is accepted, in characters.</summary>
    public const int MaxIdChars = 512;
}

/// <summary>A response.</summary>
/// <param name="Id">The id; null when it is not a string, and then it answers none of our requests.</param>
/// <param name="Result">The result; null for an error.</param>
/// <param name="Error">The error; null for a result.</param>
public sealed record Lsps0Response(string? Id, JsonElement? Result, LspsError? Error) : Lsps0Message;

/// <summary>A notification: a method without an id, which is not answered (R50-13, R50-41).</summary>
/// <param name="Method">The method; empty when it is not a string.</param>
/// <param name="Params">The value of params; null when it has none.</param>
public sealed record Lsps0Notification(string Method, JsonElement? Params) : Lsps0Message;

/// <summary>A JSON object that is not a JSON-RPC message.</summary>
/// <param name="Id">The id; null unless it can be echoed.</param>
/// <param name="Reason">What is wrong, for our log.</param>
public sealed record Lsps0InvalidRequest(JsonElement? Id, string Reason) : Lsps0Message;

/// <summary>A body with a bad format (R50-02 to R50-04).</summary>
/// <param name="Reason">What is wrong, for our log.</param>
public sealed record Lsps0Malformed(string Reason) : Lsps0Message;
