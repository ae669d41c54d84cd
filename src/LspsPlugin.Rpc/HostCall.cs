using System.Buffers;
using System.Text.Json;

namespace LspsPlugin.Rpc;

/// <summary>A request or a notification of the host. A request takes one answer, at any later time, on the loop; further answers are dropped.</summary>
/// <param name="method">The method's name.</param>
/// <param name="id">The raw id, echoed as it came; empty for a notification.</param>
/// <param name="parameters">The raw params; empty when there are none.</param>
public abstract class HostCall(string method, byte[] id, ReadOnlyMemory<byte> parameters)
{
    private ReadOnlyMemory<byte> _parameters = parameters;
    private bool _answered;

    /// <summary>The method's name.</summary>
    public string Method => method;

    /// <summary>Whether no answer is expected.</summary>
    public bool IsNotification => id.Length == 0;

    /// <summary>The raw params. Their buffer is reused when the handler returns, unless <see cref="Keep"/> was called.</summary>
    public ReadOnlySpan<byte> Params => _parameters.Span;

    /// <summary>The raw id, quotes included; empty for a notification. Notifications about the call name it.</summary>
    public ReadOnlySpan<byte> Id => id;

    /// <summary>Whether the call takes no answer any more, or never did.</summary>
    public bool IsAnswered => _answered || IsNotification;

    /// <summary>Keeps the params for later.</summary>
    public void Keep() => _parameters = _parameters.ToArray();

    /// <param name="json">The raw result.</param>
    public void Result(ReadOnlySpan<byte> json)
    {
        if (TakesAnswer()) Answer(new HostAnswer(id, json.ToArray()));
    }

    /// <summary>Answers with an object.</summary>
    public void Result(Action<Utf8JsonWriter> members) => Result(RpcJson.Object(members));

    /// <summary>Answers with an error object. Hooks must never be answered so: the host aborts.</summary>
    public void Error(int code, string message)
    {
        if (TakesAnswer()) Answer(new HostAnswer(id, default, code, message));
    }

    /// <summary>Passes the answer on.</summary>
    private protected abstract void Answer(HostAnswer answer);

    private bool TakesAnswer()
    {
        if (_answered || IsNotification) return false;
        _answered = true;
        return true;
    }
}

/// <summary>The answer to a call of the host.</summary>
/// <param name="id">The raw id of the call.</param>
/// <param name="result">The raw result.</param>
/// <param name="code">The code of the error, if it is one.</param>
/// <param name="error">The message of the error; null for a result.</param>
internal sealed class HostAnswer(byte[] id, byte[]? result, int code = 0, string? error = null)
{
    /// <summary>Whether it was written: the host kills a plugin that answers twice.</summary>
    public bool Written { get; private set; }

    public void WriteTo(IBufferWriter<byte> frame)
    {
        Written = true;
        if (error is null) JsonRpcResponse.WriteResult(frame, id, result);
        else JsonRpcResponse.WriteError(frame, id, code, error);
    }
}

/// <summary>Writes response frames; the id is raw JSON.</summary>
public static class JsonRpcResponse
{
    /// <summary>Writes a response with a result.</summary>
    /// <param name="frame">Takes the bytes.</param>
    /// <param name="id">The request's id, quotes included.</param>
    /// <param name="result">Raw JSON.</param>
    public static void WriteResult(IBufferWriter<byte> frame, ReadOnlySpan<byte> id, ReadOnlySpan<byte> result)
    {
        frame.Write("{\"jsonrpc\":\"2.0\",\"id\":"u8);
        frame.Write(id);
        frame.Write(",\"result\":"u8);
        frame.Write(result);
        frame.Write("}"u8);
    }

    /// <summary>Writes an error without data.</summary>
    public static void WriteError(IBufferWriter<byte> frame, ReadOnlySpan<byte> id, int code, string message)
    {
        // Build the error before the frame begins: an incomplete frame on stdout would make the host kill the plugin.
        ReadOnlySpan<byte> error = RpcJson.Object(json =>
        {
            json.WriteNumber("code"u8, code);
            json.WriteString("message"u8, message);
        });
        frame.Write("{\"jsonrpc\":\"2.0\",\"id\":"u8);
        frame.Write(id);
        frame.Write(",\"error\":"u8);
        frame.Write(error);
        frame.Write("}"u8);
    }
}
