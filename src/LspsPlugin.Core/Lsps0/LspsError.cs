using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace LspsPlugin.Core.Lsps0;

/// <summary>An error of the peer protocol (bLIP-50, bLIP-52).</summary>
/// <param name="Unrecognized">The names that -32602 must carry in its data (R50-28), for other codes empty.</param>
public sealed record LspsError(int Code, string Message, ImmutableArray<string> Unrecognized)
{
    public const int BadFormat = -32700;
    public const int InvalidRequest = -32600;
    public const int UnknownMethod = -32601;
    public const int InvalidParams = -32602;
    public const int Internal = -32603;
    public const int ClientRejected = 1;

    /// <summary>One of the codes that are the implementation's own; clients take it for a temporary failure (R50-30).</summary>
    public const int TooManyRequests = -32000;

    public const int UnrecognizedToken = 200;
    public const int InvalidOpeningFeeParams = 201;
    public const int PaymentSizeTooSmall = 202;
    public const int PaymentSizeTooLarge = 203;

    private const int MaxMessageChars = 256;
    private const int MaxNameChars = 64;

    public static LspsError Of(int code, string message) => new(code, message, []);

    public static LspsError BadParams(string message, params ImmutableArray<string> unrecognized) => new(InvalidParams, message, unrecognized);

    /// <summary>Names as the peer wrote them, but cut: the answer must fit into one message.</summary>
    public static LspsError NotRecognized(ImmutableArray<string> names) =>
        new(InvalidParams, $"unrecognized parameters: {string.Join(", ", names.Select(Sanitize))}", [.. names.Select(name => Cut(name, MaxNameChars))]);

    /// <summary>What a person may be shown: our own words for the code, never the peer's (R50-24, R50-25).</summary>
    public string Explain() => Code switch
    {
        BadFormat or InvalidRequest or UnknownMethod or InvalidParams => "the provider did not understand the request",
        Internal => "the provider has a temporary problem",
        ClientRejected => "the provider does not serve this node",
        UnrecognizedToken => "the provider does not know the token, or it expired",
        InvalidOpeningFeeParams => "the offer expired, or was not made by this provider",
        PaymentSizeTooSmall => "the payment is too small for the opening fee",
        PaymentSizeTooLarge => "the payment is too large for the provider",
        >= -32099 and <= -32000 => "the provider has a temporary problem",
        _ => $"the provider answered an error that this version does not know (code {Code})",
    };

    /// <summary>A peer's text made safe for logs and terminals (R50-23), and short. What reorders or hides text is unsafe as well.</summary>
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

    /// <summary>The beginning of a text, never half a character.</summary>
    private static string Cut(string text, int chars) =>
        text.Length <= chars ? text : text[..(char.IsHighSurrogate(text[chars - 1]) ? chars - 1 : chars)];
}
