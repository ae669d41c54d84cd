using System.Text.Json;
using LspsPlugin.Core.Lsps0;

namespace LspsPlugin.Cln.Provider;

/// <summary>What a request of a peer comes to: the members of its result, or the error.</summary>
/// <param name="Reason">For our log alone, where the error does not say it: a peer that is refused need not know how we judge it.</param>
internal readonly record struct Reply(Action<Utf8JsonWriter>? Result, LspsError? Error, string? Reason = null)
{
    public static implicit operator Reply(LspsError error) => new(null, error);

    public static Reply Refused(int code, string message, string? reason = null) => new(null, LspsError.Of(code, message), reason);

    public byte[] To(Lsps0Request request) => Error is { } error ? Lsps0Writer.Error(request.Id, error) : Lsps0Writer.Result(request.Id, Result ?? throw new InvalidOperationException("neither a result nor an error"));
}
