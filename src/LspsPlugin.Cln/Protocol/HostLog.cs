using System.Buffers;
using System.Text.Json;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Protocol;

/// <summary>Writes to the host's log through the single writer. Lines are dropped if the host does not read; nothing else is.</summary>
/// <remarks>
/// The host splits a message at newlines, unless it contains a \u escape: then it prints the line with all its escapes. Only these levels
/// are allowed: the host kills the plugin on any other.
/// </remarks>
internal sealed class HostLog(JsonRpcWriter writer)
{
    private const int LongestMessage = 4096;

    private readonly ArrayBufferWriter<byte> _frame = new(512);

    public void Debug(string message) => Write("debug"u8, message);

    public void Info(string message) => Write("info"u8, message);

    /// <summary>Logs something that an operator should look into when there is time.</summary>
    public void Unusual(string message) => Write("unusual"u8, message);

    /// <summary>Called after each line of <see cref="Error"/>.</summary>
    public Action? OnError { get; set; }

    /// <summary>Called with each line of <see cref="Bug"/>.</summary>
    public Action<string>? OnBug { get; set; }

    /// <summary>Logs something that an operator must act on; the host marks such lines BROKEN.</summary>
    public void Error(string message)
    {
        Write("error"u8, message);
        OnError?.Invoke();
    }

    /// <summary>Logs an error of the plugin's own, as <see cref="Error"/> does.</summary>
    public void Bug(string message)
    {
        Error(message);
        OnBug?.Invoke(message);
    }

    private void Write(ReadOnlySpan<byte> level, string message)
    {
        if (message.Length > LongestMessage) message = string.Concat(message.AsSpan(0, LongestMessage), "…");
        if (message.AsSpan().ContainsAnyInRange('\0', '\u001F')) message = string.Concat(message.Select(static c => c is >= ' ' or '\n' ? c : '?'));
        _frame.ResetWrittenCount();
        using (Utf8JsonWriter json = RpcJson.WriterTo(_frame))
        {
            json.WriteStartObject();
            json.WriteString("jsonrpc"u8, "2.0"u8);
            json.WriteString("method"u8, "log"u8);
            json.WriteStartObject("params"u8);
            json.WriteString("level"u8, level);
            json.WriteString("message"u8, message);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        writer.TryWriteDroppable(_frame.WrittenSpan);
    }
}
