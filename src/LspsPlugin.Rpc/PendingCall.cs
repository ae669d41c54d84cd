using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace LspsPlugin.Rpc;

/// <summary>A call that waits for its answer.</summary>
internal abstract class PendingCall(long id, string method, byte[] frame)
{
    public long Id => id;

    public string Method => method;

    public ReadOnlySpan<byte> Frame => frame;

    /// <summary>Whether any byte of it may have been sent.</summary>
    public bool Sent { get; set; }

    /// <summary>Why it could not be sent so far.</summary>
    public string? Obstacle { get; set; }

    public abstract bool IsOver { get; }

    public abstract void Complete(in JsonRpcEnvelope response);

    public abstract void Fail(RpcError error);

    public void GiveUp(string because) => Fail(Sent
        ? new RpcError(RpcFailure.Lost, 0, because)
        : new RpcError(RpcFailure.NotSent, 0, Obstacle is null ? because : $"{because}: {Obstacle}"));
}

internal sealed class PendingCall<T>(long id, string method, byte[] frame, JsonTypeInfo<T> resultType) : PendingCall(id, method, frame)
{
    private readonly TaskCompletionSource<RpcAnswer<T>> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<RpcAnswer<T>> Answer => _answer.Task;

    public override bool IsOver => _answer.Task.IsCompleted;

    public override void Complete(in JsonRpcEnvelope response) =>
        _answer.TrySetResult(response.Error.IsEmpty ? Read(response.Result) : ReadError(response.Error));

    public override void Fail(RpcError error) => _answer.TrySetResult(error);

    private RpcAnswer<T> Read(ReadOnlySpan<byte> result)
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
