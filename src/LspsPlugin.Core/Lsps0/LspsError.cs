using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace LspsPlugin.Core.Lsps0;

/// <summary>An error of the peer protocol. The codes here are those of JSON-RPC and bLIP-50; each protocol on top has its own.</summary>
/// <param name="Code">The code: JSON-RPC's own, 1, or one of the hundred that belong to the LSPS (R50-29).</param>
/// <param name="Message">A short text; users do not see it as it is (R50-23, R50-24).</param>
/// <param name="Unrecognized">The names of unrecognized members that -32602 must have in its data (R50-28); empty for other codes.</param>
public sealed record LspsError(int Code, string Message, ImmutableArray<string> Unrecognized)
{
    /// <summary>JSON-RPC: the message is not valid JSON.</summary>
    public const int BadFormat = -32700;

    /// <summary>JSON-RPC: the JSON is not a valid request.</summary>
    public const int InvalidRequest = -32600;

    /// <summary>JSON-RPC: the method does not exist.</summary>
    public const int UnknownMethod = -32601;

    /// <summary>JSON-RPC: the parameters are invalid.</summary>
    public const int InvalidParams = -32602;

    /// <summary>JSON-RPC: internal error.</summary>
    public const int Internal = -32603;

    /// <summary>bLIP-50: the client is rejected.</summary>
    public const int ClientRejected = 1;

    /// <summary>Rate limit, an implementation-defined code; clients treat it as a temporary failure (R50-30).</summary>
    public const int TooManyRequests = -32000;

    private const int MaxMessageChars = 256;
    private const int MaxNameChars = 64;

    /// <summary>Creates an error without data.</summary>
    public static LspsError Of(int code, string message) => new(code, message, []);

    /// <summary>Creates an <see cref="InvalidParams"/> error.</summary>
    public static LspsError BadParams(string message, params ImmutableArray<string> unrecognized) => new(InvalidParams, message, unrecognized);

    /// <summary>Creates an error for unrecognized members. Names are the peer's, but truncated, so that the response fits into one message.</summary>
    public static LspsError NotRecognized(ImmutableArray<string> names) =>
        new(InvalidParams, $"unrecognized parameters: {string.Join(", ", names.Select(Sanitize))}", [.. names.Select(name => Cut(name, MaxNameChars))]);

    /// <summary>Returns a text for users: our own words for the code, never the peer's text (R50-24, R50-25).</summary>
    public string Explain() => Code switch
    {
        BadFormat or InvalidRequest or UnknownMethod or InvalidParams => "the provider did not understand the request",
        Internal => "the provider has a temporary problem",
        ClientRejected => "the provider does not serve this node",
        >= -32099 and <= -32000 => "the provider has a temporary problem",
        _ => $"the provider answered an error that this version does not know (code {Code})",
    };

    /// <summary>
    /// Returns a peer's text, shortened and made safe for logs and terminals (R50-23); characters that reorder or hide text are replaced too.
    /// </summary>
    public static string Sanitize(string text)
    {
        var safe = new StringBuilder(Math.Min(text.Length, MaxMessageChars));
        foreach (Rune rune in Cut(text, MaxMessageChars).EnumerateRunes())
        {
            bool unsafeRune = rune.Value == '<' || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
            safe.Append(unsafeRune ? "?" : rune.ToString());
        }

        return safe.ToString();
    }

    /// <summary>Returns the beginning of a text without splitting a surrogate pair.</summary>
    private static string Cut(string text, int chars) =>
        text.Length <= chars ? text : text[..(char.IsHighSurrogate(text[chars - 1]) ? chars - 1 : chars)];
}
