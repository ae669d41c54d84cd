using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;

namespace LspsPlugin;

/// <summary>
/// Escapes only what JSON requires (RFC 8259, section 7): the quotation mark, the backslash and U+0000 to U+001F. lightningd refuses text with \u
/// escapes, and .NET's relaxed encoder still escapes all characters beyond U+FFFF and some below. Compiled into both projects that write JSON, which
/// do not reference each other.
/// </summary>
internal sealed class RawUtf8Encoder : JavaScriptEncoder
{
    private static readonly SearchValues<char> Escaped = SearchValues.Create([.. Enumerable.Range(0, ' ').Select(static code => (char)code), '"', '\\']);

    private RawUtf8Encoder()
    {
    }

    public static RawUtf8Encoder Instance { get; } = new();

    /// <summary>The length of \u and four digits.</summary>
    public override int MaxOutputCharactersPerInputCharacter => 6;

    public override bool WillEncode(int unicodeScalar) => unicodeScalar is < ' ' or '"' or '\\';

    public override unsafe int FindFirstCharacterToEncode(char* text, int textLength)
    {
        var span = new ReadOnlySpan<char>(text, textLength);
        int escaped = span.IndexOfAny(Escaped);
        ReadOnlySpan<char> rest = escaped < 0 ? span : span[..escaped];
        for (int at = 0; rest[at..].IndexOfAnyInRange('\uD800', '\uDFFF') is var next and >= 0; at += next + 2)
        {
            // An unpaired surrogate cannot be written and is replaced.
            if (Rune.DecodeFromUtf16(rest[(at + next)..], out _, out _) != OperationStatus.Done) return at + next;
        }

        return escaped;
    }

    /// <summary>Also called for unpaired surrogates and for invalid UTF-8, as U+FFFD.</summary>
    public override unsafe bool TryEncodeUnicodeScalar(int unicodeScalar, char* buffer, int bufferLength, out int numberOfCharactersWritten)
    {
        var into = new Span<char>(buffer, bufferLength);
        return unicodeScalar switch
        {
            '"' => Put(into, "\\\"", out numberOfCharactersWritten),
            '\\' => Put(into, "\\\\", out numberOfCharactersWritten),
            '\b' => Put(into, "\\b", out numberOfCharactersWritten),
            '\t' => Put(into, "\\t", out numberOfCharactersWritten),
            '\n' => Put(into, "\\n", out numberOfCharactersWritten),
            '\f' => Put(into, "\\f", out numberOfCharactersWritten),
            '\r' => Put(into, "\\r", out numberOfCharactersWritten),
            < ' ' => into.TryWrite($"\\u{unicodeScalar:X4}", out numberOfCharactersWritten),
            _ => new Rune(unicodeScalar).TryEncodeToUtf16(into, out numberOfCharactersWritten),
        };
    }

    private static bool Put(Span<char> into, string escape, out int written)
    {
        bool fits = escape.TryCopyTo(into);
        written = fits ? escape.Length : 0;
        return fits;
    }
}
