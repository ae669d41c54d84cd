using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace LspsPlugin.Rpc;

/// <summary>Why a call brought no result.</summary>
public enum RpcFailure : byte
{
    /// <summary>The other side answered with an error object: the call had no effect.</summary>
    Refused,

    /// <summary>The call was never sent: it had no effect.</summary>
    NotSent,

    /// <summary>The call was sent and not answered (deadline, broken connection): it may have had its effect.</summary>
    Lost,

    /// <summary>The answer does not have the expected form: the call may have had its effect.</summary>
    Unreadable,
}

/// <summary>The error of a call.</summary>
/// <param name="Failure">What is known about the call.</param>
/// <param name="Code">The code of the error object if the call was refused, else 0.</param>
/// <param name="Message">The other side's message, or our own.</param>
/// <param name="Data">The error object's data, if any.</param>
public sealed record RpcError(RpcFailure Failure, int Code, string Message, JsonElement? Data = null)
{
    private const int LongestWord = 200;

    /// <summary>Whether the call may have had its effect nevertheless.</summary>
    public bool MaybeDone => Failure is RpcFailure.Lost or RpcFailure.Unreadable;

    /// <summary>Returns a text for the log, with long words such as transactions shortened.</summary>
    public override string ToString() => Failure == RpcFailure.Refused ? $"{WithoutLongWords(Message)} ({Code})" : WithoutLongWords(Message);

    private static string WithoutLongWords(string text)
    {
        if (text.Length <= LongestWord) return text;
        return string.Join(' ', text.Split(' ').Select(static word => word.Length > LongestWord ? $"{word.AsSpan(0, 16)}..." : word));
    }
}

/// <summary>The answer of a call: either a result or an error.</summary>
public readonly struct RpcAnswer<T>
{
    private RpcAnswer(T? value, RpcError? error) => (Value, Error) = (value, error);

    /// <summary>The result; null when the call failed.</summary>
    public T? Value { get; }

    /// <summary>The error; null when the call succeeded.</summary>
    public RpcError? Error { get; }

    /// <summary>Whether the call succeeded.</summary>
    [MemberNotNullWhen(true, nameof(Value))]
    [MemberNotNullWhen(false, nameof(Error))]
    public bool IsOk => Error is null;

    /// <summary>Wraps a result.</summary>
    public static implicit operator RpcAnswer<T>(T value) => new(value, null);

    /// <summary>Wraps an error.</summary>
    public static implicit operator RpcAnswer<T>(RpcError error) => new(default, error);
}
