using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Lsps0;

/// <summary>Reads the members of one object strictly: missing, malformed and unrecognized members are named.</summary>
/// <param name="obj">The object.</param>
/// <param name="path">What stands before a member's name in a problem, such as <c>opening_fee_params.</c></param>
/// <param name="quotes">Whether a problem also quotes the value: for text of operators, not of peers.</param>
public sealed class ParamsReader(JsonElement obj, string path = "", bool quotes = false)
{
    private const int LongestQuote = 64;

    private readonly HashSet<string> _known = [];
    private readonly List<string> _problems = [];

    /// <summary>The first problem; null when all members that were read are present and valid.</summary>
    public string? Problem => _problems.Count == 0 ? null : _problems[0];

    /// <summary>Returns the names of members that were not read (R50-42), at most 16.</summary>
    public ImmutableArray<string> Unrecognized() =>
        [.. obj.EnumerateObject().Select(JsonText.NameOf).Where(name => !_known.Contains(name)).Distinct().Take(16)];

    /// <summary>Returns a member; null when it is missing or null.</summary>
    public JsonElement? Element(string name)
    {
        _known.Add(name);
        return obj.Member(name);
    }

    /// <summary>Reads a string of limited length.</summary>
    public string? Text(string name, int maxChars, bool required)
    {
        JsonElement? value = Element(name);
        if (value is { } element && JsonText.Of(element) is { } found)
        {
            if (found.Length <= maxChars) return found;
            _problems.Add($"{path}{name} is longer than {maxChars} characters");
            return null;
        }

        if (required || value is not null) Wrong(name, value, "a string");
        return null;
    }

    /// <summary>
    /// Reads an amount in msat as the peer protocol writes it: a string of decimal digits (R50-46), without leading zeros, because it is sent back
    /// verbatim.
    /// </summary>
    public Msat Msat(string name) => Amount(name, required: true) ?? Lightning.Msat.Zero;

    /// <summary>Reads an optional amount in msat; null when it is missing.</summary>
    public Msat? OptionalMsat(string name) => Amount(name, required: false);

    private Msat? Amount(string name, bool required)
    {
        JsonElement? value = Element(name);
        if (value is null && !required) return null;
        if (value is { } element && JsonText.Of(element) is { } digits && TryAmount(digits, out ulong msat)
            && (digits.Length == 1 || digits[0] != '0')) return new Msat(msat);
        Wrong(name, value, quotes ? HostAmount.Form : "an amount as a string of digits");
        return null;
    }

    /// <summary>Reads a 32-bit number.</summary>
    public uint UInt32(string name)
    {
        JsonElement? value = Element(name);
        if (value is { ValueKind: JsonValueKind.Number } number && number.TryGetUInt32(out uint found)) return found;
        Wrong(name, value, $"an integer from 0 to {uint.MaxValue}");
        return 0;
    }

    /// <summary>Reads a date with <paramref name="parse"/>, which returns null for an invalid one.</summary>
    public DateTimeOffset Time(string name, Func<string, DateTimeOffset?> parse)
    {
        JsonElement? value = Element(name);
        if (value is { } element && JsonText.Of(element) is { } text && parse(text) is { } time) return time;
        Wrong(name, value, "a date like 2026-01-31T12:00:00.000Z");
        return default;
    }

    private void Wrong(string name, JsonElement? value, string form) => _problems.Add(value is not { } found ? $"{path}{name} is missing"
        : quotes ? $"{path}{name} is {Quote(found)}, but must be {form}"
        : $"{path}{name} must be {form}");

    /// <summary>Returns a value, shortened, for an error message.</summary>
    public static string Quote(JsonElement found)
    {
        string text = JsonText.AsGiven(found);
        return text.Length <= LongestQuote ? text : $"{text[..LongestQuote]}...";
    }

    /// <summary>Parses an unsigned number of 1 to 20 decimal digits.</summary>
    public static bool TryAmount(string? digits, out ulong amount)
    {
        amount = 0;
        return digits is { Length: > 0 and <= 20 } && ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out amount);
    }
}
