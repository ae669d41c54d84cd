using System.Buffers;
using System.Text.Json;

namespace LspsPlugin.Rpc;

/// <summary>
/// Finds the id of a malformed message, so that its sender gets an answer. Looks only at brackets and strings, as the frame reader does.
/// </summary>
internal static class IdRecovery
{
    private static readonly SearchValues<byte> StringEnd = SearchValues.Create("\"\\"u8);
    private static readonly SearchValues<byte> NumberEnd = SearchValues.Create(",} \t\r\n"u8);

    /// <returns>The raw id, a string or a number; empty when there is none that can be echoed.</returns>
    public static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> frame)
    {
        int depth = 0;
        for (int at = 0; at < frame.Length; at++)
        {
            byte b = frame[at];
            if (b is (byte)'{' or (byte)'[') depth++;
            else if (b is (byte)'}' or (byte)']') depth--;
            if (b != '"') continue;

            int end = EndOfString(frame, at);
            ReadOnlySpan<byte> text = frame[at..end];
            at = end - 1;
            ReadOnlySpan<byte> rest = frame[end..].TrimStart(" \t\r\n"u8);
            if (depth == 1 && text.SequenceEqual("\"id\""u8) && !rest.IsEmpty && rest[0] == ':') return Scalar(rest[1..].TrimStart(" \t\r\n"u8));
        }

        return default;
    }

    /// <summary>Returns the string or number at the front, if it is valid in a response.</summary>
    private static ReadOnlySpan<byte> Scalar(ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty) return default;
        int end = value[0] == '"' ? EndOfString(value, 0) : value.IndexOfAny(NumberEnd);
        if (end <= 0) return default;
        try
        {
            var reader = new Utf8JsonReader(value[..end]);
            bool isScalar = reader.Read() && reader.TokenType is JsonTokenType.String or JsonTokenType.Number;
            return isScalar && !reader.Read() ? value[..end] : default;
        }
        catch (JsonException)
        {
            return default;
        }
    }

    /// <summary>Returns the index after the closing quote of the string that begins at <paramref name="open"/>, or after the last byte.</summary>
    private static int EndOfString(ReadOnlySpan<byte> bytes, int open)
    {
        int at = open + 1;
        while (at < bytes.Length)
        {
            int found = bytes[at..].IndexOfAny(StringEnd);
            if (found < 0) return bytes.Length;
            at += found;
            if (bytes[at] == '"') return at + 1;
            at += 2;
        }

        return bytes.Length;
    }
}
