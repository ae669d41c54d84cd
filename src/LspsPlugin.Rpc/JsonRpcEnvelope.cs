using System.Text;
using System.Text.Json;

namespace LspsPlugin.Rpc;

public enum MessageKind : byte
{
    /// <summary>Method and id: wants an answer.</summary>
    Request,

    /// <summary>Method without id.</summary>
    Notification,

    /// <summary>Result or error.</summary>
    Response,
}

public enum EnvelopeStatus : byte
{
    Ok,

    /// <summary>Not valid JSON; <see cref="JsonRpcEnvelope.Id"/> is there if it could be made out.</summary>
    NotJson,

    /// <summary>JSON, but no JSON-RPC message; <see cref="JsonRpcEnvelope.Id"/> may still be there to answer to.</summary>
    NotRpc,
}

/// <summary>One message as slices of its frame: nothing is decoded that nobody asked for.</summary>
public readonly ref struct JsonRpcEnvelope
{
    public MessageKind Kind { get; private init; }

    /// <summary>The id as it stands on the wire, with its quotes if it is a string; empty when there is none.</summary>
    public ReadOnlySpan<byte> Id { get; private init; }

    /// <summary>The method's name in UTF-8, without quotes.</summary>
    public ReadOnlySpan<byte> Method { get; private init; }

    /// <summary>The raw value of params; empty when there is none.</summary>
    public ReadOnlySpan<byte> Params { get; private init; }

    public ReadOnlySpan<byte> Result { get; private init; }

    public ReadOnlySpan<byte> Error { get; private init; }

    /// <summary>Reads the members of one message in one pass; never throws.</summary>
    /// <remarks>
    /// Users' requests come here as they wrote them, and are read as the host read them before it put its own id in: of a repeated member
    /// the first one counts, a name with escapes is another name, and what has a method is a request, whatever else stands beside it. Depth
    /// is for those to bound who read further.
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

            // What follows the value belongs to the next frame; the frame reader has cut it off.
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

    /// <summary>Empty for what is no text: half a character, bytes that are not UTF-8, another kind of value.</summary>
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
