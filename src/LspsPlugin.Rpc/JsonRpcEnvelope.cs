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

    /// <summary>Not valid JSON, or nested too deeply; <see cref="JsonRpcEnvelope.Id"/> is there if it stood before the defect.</summary>
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

    /// <summary>Reads the members of one message in one pass. Of a repeated member the last one counts.</summary>
    public static EnvelopeStatus TryParse(ReadOnlySpan<byte> frame, out JsonRpcEnvelope envelope)
    {
        ReadOnlySpan<byte> id = default, method = default, parameters = default, result = default, error = default;
        bool isObject = false;
        try
        {
            var reader = new Utf8JsonReader(frame, new JsonReaderOptions { MaxDepth = 256 });
            isObject = reader.Read() && reader.TokenType == JsonTokenType.StartObject;
            while (isObject && reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("id"u8)) id = Value(frame, ref reader);
                else if (reader.ValueTextEquals("method"u8)) method = Text(frame, ref reader);
                else if (reader.ValueTextEquals("params"u8)) parameters = Value(frame, ref reader);
                else if (reader.ValueTextEquals("result"u8)) result = Value(frame, ref reader);
                else if (reader.ValueTextEquals("error"u8)) error = Value(frame, ref reader);
                else _ = Value(frame, ref reader);
            }

            // What follows the value belongs to the next frame; the frame reader has cut it off.
            if (isObject) isObject = reader.TokenType == JsonTokenType.EndObject;
        }
        catch (JsonException)
        {
            envelope = new JsonRpcEnvelope { Id = id };
            return EnvelopeStatus.NotJson;
        }

        bool isResponse = !result.IsEmpty || !error.IsEmpty;
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

    private static ReadOnlySpan<byte> Text(ReadOnlySpan<byte> frame, scoped ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.String)
        {
            reader.Skip();
            return default;
        }

        return reader.ValueIsEscaped
            ? Encoding.UTF8.GetBytes(reader.GetString() ?? "")
            : frame[((int)reader.TokenStartIndex + 1)..((int)reader.BytesConsumed - 1)];
    }
}
