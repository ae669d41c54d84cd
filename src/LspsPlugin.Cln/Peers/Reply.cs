using System.Text.Json;
using LspsPlugin.Core.Lsps0;

namespace LspsPlugin.Cln.Peers;

/// <summary>The answer to a peer's request: the members of its result, or the error.</summary>
/// <param name="Result">Writes the members of the result; null for an error.</param>
/// <param name="Error">The error; null for a result.</param>
/// <param name="Reason">For our log only, if the error does not give the reason: a peer that is refused need not know why.</param>
internal readonly record struct Reply(Action<Utf8JsonWriter>? Result, LspsError? Error, string? Reason = null)
{
    public static implicit operator Reply(LspsError error) => new(null, error);

    public static Reply Refused(int code, string message, string? reason = null) => new(null, LspsError.Of(code, message), reason);

    public byte[] To(Lsps0Request request) => Error is { } error ? Lsps0Writer.Error(request.Id, error) : Lsps0Writer.Result(request.Id, Result ?? throw new InvalidOperationException("neither a result nor an error"));
}
