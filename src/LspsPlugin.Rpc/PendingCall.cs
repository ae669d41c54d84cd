using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace LspsPlugin.Rpc;

/// <summary>A call that waits for its answer.</summary>
/// <param name="number">Identifies the call among those of a client.</param>
/// <param name="id">The id that the other side echoes; ends with # and the number.</param>
/// <param name="method">The method's name.</param>
/// <param name="parameters">The raw params.</param>
internal abstract class PendingCall(long number, string id, string method, byte[] parameters)
{
    public long Number => number;

    public string Id => id;

    public string Method => method;

    /// <summary>Whether any byte of it may have been sent.</summary>
    public bool Sent { get; set; }

    /// <summary>Why it could not be sent so far.</summary>
    public string? Obstacle { get; set; }

    /// <summary>Whether its caller has an answer.</summary>
    public abstract bool IsOver { get; }

    /// <summary>Writes the request's frame.</summary>
    public void WriteRequest(IBufferWriter<byte> frame)
    {
        using (Utf8JsonWriter writer = RpcJson.WriterTo(frame))
        {
            writer.WriteStartObject();
            writer.WriteString("jsonrpc"u8, "2.0"u8);
            writer.WriteString("id"u8, id);
            writer.WriteString("method"u8, method);
            writer.WritePropertyName("params"u8);
            writer.WriteRawValue(parameters, skipInputValidation: true);
            writer.WriteEndObject();
        }

        Sent = true;
    }

    /// <summary>Reads the outcome out of a response.</summary>
    public abstract void Read(in JsonRpcEnvelope response);

    /// <summary>Sets the outcome to an error, unless there is one already.</summary>
    public abstract void Fail(RpcError error);

    /// <summary>Gives the outcome to the caller.</summary>
    public abstract void Complete();

    /// <summary>Ends the call without an answer of the other side.</summary>
    public void GiveUp(string because)
    {
        Fail(Sent
            ? new RpcError(RpcFailure.Lost, 0, because)
            : new RpcError(RpcFailure.NotSent, 0, Obstacle is null ? because : $"{because}: {Obstacle}"));
        Complete();
    }
}

internal sealed class PendingCall<T>(long number, string id, string method, byte[] parameters, JsonTypeInfo<T> resultType) : PendingCall(number, id, method, parameters)
{
    private readonly TaskCompletionSource<RpcAnswer<T>> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private RpcAnswer<T>? _outcome;

    public Task<RpcAnswer<T>> Answer => _answer.Task;

    public override bool IsOver => _answer.Task.IsCompleted;

    public override void Read(in JsonRpcEnvelope response) => _outcome = response.Error.IsEmpty ? ReadResult(response.Result) : ReadError(response.Error);

    public override void Fail(RpcError error) => _outcome ??= error;

    public override void Complete()
    {
        if (_outcome is { } outcome) _answer.TrySetResult(outcome);
    }

    private RpcAnswer<T> ReadResult(ReadOnlySpan<byte> result)
    {
        try
        {
            T? value = JsonSerializer.Deserialize(result, resultType);
            return value is null ? new RpcError(RpcFailure.Unreadable, 0, $"{Method} answered null") : value;
        }
        catch (Exception e) when (IsOfForm(e))
        {
            return new RpcError(RpcFailure.Unreadable, 0, $"the answer to {Method} cannot be read: {e.Message}");
        }
    }

    /// <summary>Reads an error object: one with a code is a refusal, even if its message is unreadable.</summary>
    private RpcError ReadError(ReadOnlySpan<byte> error)
    {
        try
        {
            var reader = new Utf8JsonReader(error);
            JsonElement e = JsonElement.ParseValue(ref reader);
            if (e.ValueKind == JsonValueKind.Object && e.TryGetProperty("code"u8, out JsonElement code)
                && code.ValueKind == JsonValueKind.Number && code.TryGetInt32(out int number))
            {
                JsonElement? data = e.TryGetProperty("data"u8, out JsonElement d) ? d : null;
                return new RpcError(RpcFailure.Refused, number, e.TryGetProperty("message"u8, out JsonElement message) ? Text(message) : "", data);
            }
        }
        catch (Exception e) when (IsOfForm(e))
        {
            // Reported as unreadable below, like other malformed error objects.
        }

        return new RpcError(RpcFailure.Unreadable, 0, $"{Method} answered an error that cannot be read");
    }

    private static string Text(JsonElement message)
    {
        try
        {
            return message.ValueKind == JsonValueKind.String ? message.GetString() ?? "" : "";
        }
        catch (InvalidOperationException)
        {
            return "its message is not valid text";
        }
    }

    /// <summary>Whether the exception is one that reading throws for values of another form or for invalid Unicode.</summary>
    private static bool IsOfForm(Exception e) => e is JsonException or InvalidOperationException or FormatException or OverflowException or ArgumentException;
}
