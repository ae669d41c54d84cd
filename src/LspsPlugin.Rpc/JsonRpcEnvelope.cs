using System.Text;
using System.Text.Json;

namespace LspsPlugin.Rpc;

/// <summary>The kind of a JSON-RPC message.</summary>
public enum MessageKind : byte
{
    /// <summary>Has a method and an id: must be answered.</summary>
    Request,

    /// <summary>Has a method and no id.</summary>
    Notification,

    /// <summary>Has a result or an error.</summary>
    Response,
}

/// <summary>The result of parsing a message.</summary>
public enum EnvelopeStatus : byte
{
    /// <summary>A valid message.</summary>
    Ok,

    /// <summary>Not valid JSON; <see cref="JsonRpcEnvelope.Id"/> is set if it could be recovered.</summary>
    NotJson,

    /// <summary>JSON, but not a JSON-RPC message; <see cref="JsonRpcEnvelope.Id"/> may be set for an error response.</summary>
    NotRpc,
}

/// <summary>One message as slices of its frame; values are decoded only when needed.</summary>
public readonly ref struct JsonRpcEnvelope
{
    /// <summary>The kind of the message.</summary>
    public MessageKind Kind { get; private init; }

    /// <summary>The raw id, with quotes if it is a string; empty when there is none.</summary>
    public ReadOnlySpan<byte> Id { get; private init; }

    /// <summary>The method's name in UTF-8, without quotes.</summary>
    public ReadOnlySpan<byte> Method { get; private init; }

    /// <summary>The raw value of params; empty when there is none.</summary>
    public ReadOnlySpan<byte> Params { get; private init; }

    /// <summary>The raw value of result; empty when there is none.</summary>
    public ReadOnlySpan<byte> Result { get; private init; }

    /// <summary>The raw value of error; empty when there is none.</summary>
    public ReadOnlySpan<byte> Error { get; private init; }

    /// <summary>Returns the method's name as text.</summary>
    public string MethodText() => Encoding.UTF8.GetString(Method);

    /// <summary>Parses a message in one pass; never throws.</summary>
    /// <remarks>
    /// Requests of users arrive as the users wrote them, and are parsed as lightningd parsed them before it replaced the id: of a repeated member the
    /// first one counts, an escaped name does not match, and a message with a method is a request whatever else it contains. Nesting depth must be
    /// limited by code that parses the values.
    /// </remarks>
    public static EnvelopeStatus TryParse(ReadOnlySpan<byte> frame, out JsonRpcEnvelope envelope)
    {
        ReadOnlySpan<byte> id = default, method = default, parameters = default, result = default, error = default;
        bool isObject = false, hasMethod = false;
        try
        {
            var reader = new Utf8JsonReader(frame, new JsonReaderOptions { MaxDepth = int.MaxValue });
            isObject = reader.Read() && reader.TokenType == JsonTokenType.StartObject;
            while (isObject && reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (id.IsEmpty && reader.ValueSpan.SequenceEqual("id"u8)) id = Value(frame, ref reader);
                else if (!hasMethod && reader.ValueSpan.SequenceEqual("method"u8))
                {
                    hasMethod = true;
                    method = Text(frame, ref reader);
                }
                else if (parameters.IsEmpty && reader.ValueSpan.SequenceEqual("params"u8)) parameters = Value(frame, ref reader);
                else if (result.IsEmpty && reader.ValueSpan.SequenceEqual("result"u8)) result = Value(frame, ref reader);
                else if (error.IsEmpty && reader.ValueSpan.SequenceEqual("error"u8)) error = Value(frame, ref reader);
                else _ = Value(frame, ref reader);
            }

            // Bytes after the value belong to the next frame and were cut off by the frame reader.
            if (isObject) isObject = reader.TokenType == JsonTokenType.EndObject;
        }
        catch (JsonException)
        {
            envelope = new JsonRpcEnvelope { Id = id.IsEmpty ? IdRecovery.Find(frame) : id };
            return EnvelopeStatus.NotJson;
        }

        bool isResponse = !hasMethod && (!result.IsEmpty || !error.IsEmpty);
        envelope = new JsonRpcEnvelope
        {
            Kind = isResponse ? MessageKind.Response : id.IsEmpty ? MessageKind.Notification : MessageKind.Request,
            Id = id,
            Method = method,
            Params = parameters,
            Result = result,
            Error = error,
        };
        return isObject && (isResponse || !method.IsEmpty) ? EnvelopeStatus.Ok : EnvelopeStatus.NotRpc;
    }

    private static ReadOnlySpan<byte> Value(ReadOnlySpan<byte> frame, scoped ref Utf8JsonReader reader)
    {
        reader.Read();
        int start = (int)reader.TokenStartIndex;
        reader.Skip();
        return frame[start..(int)reader.BytesConsumed];
    }

    /// <summary>Returns a string's content; empty for invalid Unicode or UTF-8 and for other kinds of values.</summary>
    private static ReadOnlySpan<byte> Text(ReadOnlySpan<byte> frame, scoped ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.String)
        {
            reader.Skip();
            return default;
        }

        if (!reader.ValueIsEscaped) return frame[((int)reader.TokenStartIndex + 1)..((int)reader.BytesConsumed - 1)];
        try
        {
            return Encoding.UTF8.GetBytes(reader.GetString() ?? "");
        }
        catch (InvalidOperationException)
        {
            return default;
        }
    }
}
