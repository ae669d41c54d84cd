using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace LspsPlugin.Rpc;

/// <summary>What is known of a call that brought no result.</summary>
public enum RpcFailure : byte
{
    /// <summary>The other side answered with an error object: it did not do it.</summary>
    Refused,

    /// <summary>It never left: certainly not done.</summary>
    NotSent,

    /// <summary>It left and no answer came (deadline, broken connection): maybe done.</summary>
    Lost,

    /// <summary>The answer is not of the expected shape: maybe done.</summary>
    Unreadable,
}

/// <param name="Code">The error object's code when refused, else 0.</param>
public sealed record RpcError(RpcFailure Failure, int Code, string Message, JsonElement? Data = null)
{
    private const int LongestWord = 200;

    /// <summary>Whether the call may have had its effect all the same.</summary>
    public bool MaybeDone => Failure is RpcFailure.Lost or RpcFailure.Unreadable;

    /// <summary>For the log. Whole transactions and the like, which some programs put into their messages, are cut short.</summary>
    public override string ToString() => Failure == RpcFailure.Refused ? $"{WithoutLongWords(Message)} ({Code})" : WithoutLongWords(Message);

    private static string WithoutLongWords(string text)
    {
        if (text.Length <= LongestWord) return text;
        return string.Join(' ', text.Split(' ').Select(static word => word.Length > LongestWord ? $"{word.AsSpan(0, 16)}..." : word));
    }
}

/// <summary>A result or an error; never both.</summary>
public readonly struct RpcAnswer<T>
{
    private RpcAnswer(T? value, RpcError? error) => (Value, Error) = (value, error);

    public T? Value { get; }

    public RpcError? Error { get; }

    [MemberNotNullWhen(true, nameof(Value))]
    [MemberNotNullWhen(false, nameof(Error))]
    public bool IsOk => Error is null;

    public static implicit operator RpcAnswer<T>(T value) => new(value, null);

    public static implicit operator RpcAnswer<T>(RpcError error) => new(default, error);
}
