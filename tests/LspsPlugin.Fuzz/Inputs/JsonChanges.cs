using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;

namespace LspsPlugin.Fuzz.Inputs;

/// <summary>Changes that leave JSON being JSON, or nearly: another value, a member twice, a member less, a name that is none.</summary>
internal static class JsonChanges
{
    private static readonly string[] Values =
    [
        "null", "true", "0", "-1", "1.5", "-0", "1e400", "1E-7", "4294967296", "9223372036854775808", "18446744073709551615", "18446744073709551616",
        "123456789012345678901234567890123456789012345678901234567890", "\"\"", "\"\\ud800\"", "\"\\udfff\\ud800\"", "\"\\u0000\"", "\"\u202e<\\n\"", "\"0\"", "\"-1\"", "\"+1\"",
        "\"18446744073709551615\"", "\"18446744073709551616\"", "\"1msat\"", "\"16777216x0x0\"", "\"0x0x0\"", "\"1x2x65536\"", "\"zz\"", "\"0\\u0030\"", "\"9999-12-31T23:59:59.999Z\"",
        "\"1969-12-31T23:59:59.999Z\"", "\"2026-02-30T00:00:00.000Z\"", "[]", "{}", "[null]", "{\"\":0}", "{\"\\ud800\":\"\\ud800\"}",
    ];

    private static readonly int[] Depths = [3, 31, 33, 63, 65, 130, 300, 2000];
    private static readonly string[] Names = ["\"\"", "\"\\ud800\"", "\"id\"", "\"method\"", "\"result\"", "\"error\"", "\"params\"", "\"\\u0069d\"", "\"\u0000\"", "\"x\""];

    /// <summary>False when the input is no JSON to begin with.</summary>
    public static bool TryApply(Random random, byte[] input, [NotNullWhen(true)] out byte[]? changed)
    {
        changed = null;
        if (!TryRead(input, out List<Range>? values, out List<(Range Name, Range Whole)>? members) || values.Count == 0) return false;
        (int from, int to) = Span(values[random.Next(values.Count)], input);
        int change = random.Next(members.Count == 0 ? 3 : 7);
        if (change <= 2)
        {
            changed = [.. input[..from], .. Value(random, input[from..to]), .. input[to..]];
            return true;
        }

        (Range name, Range whole) = members[random.Next(members.Count)];
        (int nameFrom, int nameTo) = Span(name, input);
        (int memberFrom, int memberTo) = Span(whole, input);
        changed = change switch
        {
            // Whichever of the two a reader takes, it must be the same one everywhere.
            3 => [.. input[..memberTo], .. ","u8, .. input[nameFrom..nameTo], .. ":"u8, .. Value(random, "null"u8.ToArray()), .. input[memberTo..]],
            4 => [.. input[..memberTo], .. ","u8, .. input[memberFrom..memberTo], .. input[memberTo..]],
            5 => [.. input[..nameFrom], .. Encoding.UTF8.GetBytes(Names[random.Next(Names.Length)]), .. input[nameTo..]],
            _ => Without(input, memberFrom, memberTo),
        };
        return true;
    }

    private static byte[] Value(Random random, byte[] old)
    {
        switch (random.Next(8))
        {
            case 0:
                int depth = Depths[random.Next(Depths.Length)];
                return Encoding.UTF8.GetBytes(random.Next(2) == 0
                    ? new string('[', depth) + new string(']', depth)
                    : string.Concat(Enumerable.Repeat("{\"a\":", depth)) + "0" + new string('}', depth));
            case 1: return Encoding.UTF8.GetBytes($"\"{new string((char)random.Next('0', 'z'), random.Next(1000)).Replace("\\", "", StringComparison.Ordinal)}\"");
            case 2 when old.Length > 2 && old[0] == '"':
                // The same text, one digit or letter of it another.
                byte[] near = [.. old];
                near[random.Next(1, old.Length - 1)] = (byte)"0129afxzZ:.- "[random.Next(13)];
                return near;
            case 3 when old.Length > 0 && old[0] is >= (byte)'0' and <= (byte)'9': return [.. "\""u8, .. old, .. "\""u8];
            default: return Encoding.UTF8.GetBytes(Values[random.Next(Values.Length)]);
        }
    }

    private static byte[] Without(byte[] input, int from, int to)
    {
        if (to < input.Length && input[to] == ',') to++;
        else if (from > 0 && input[from - 1] == ',') from--;
        return [.. input[..from], .. input[to..]];
    }

    private static bool TryRead(byte[] input, [NotNullWhen(true)] out List<Range>? values, [NotNullWhen(true)] out List<(Range Name, Range Whole)>? members)
    {
        (values, members) = (new List<Range>(), new List<(Range, Range)>());
        try
        {
            // Values that are objects or arrays begin when they open and are whole when they close.
            var open = new Stack<(int From, Range? Name)>();
            Range? name = null;
            var reader = new Utf8JsonReader(input, new JsonReaderOptions { MaxDepth = int.MaxValue });
            while (reader.Read())
            {
                int from = (int)reader.TokenStartIndex, to = (int)reader.BytesConsumed;
                switch (reader.TokenType)
                {
                    case JsonTokenType.PropertyName:
                        // The reader consumes the colon with the name; the name itself ends at its quote.
                        name = from..(from + reader.ValueSpan.Length + 2);
                        continue;
                    case JsonTokenType.StartObject or JsonTokenType.StartArray:
                        open.Push((from, name));
                        name = null;
                        continue;
                    case JsonTokenType.EndObject or JsonTokenType.EndArray:
                        (from, name) = open.Pop();
                        break;
                }

                values.Add(from..to);
                if (name is { } named) members.Add((named, named.Start..to));
                name = null;
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static (int From, int To) Span(Range range, byte[] input) => (range.Start.GetOffset(input.Length), range.End.GetOffset(input.Length));
}
