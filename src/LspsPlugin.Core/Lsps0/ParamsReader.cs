using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Lsps0;

/// <summary>Reads the members of one object strictly: what is missing, of the wrong form or not known is named.</summary>
/// <param name="quotes">Whether a problem also says what is there instead: for what operators wrote, not for what peers send.</param>
public sealed class ParamsReader(JsonElement obj, string path = "", bool quotes = false)
{
    private const int LongestQuote = 64;

    private readonly HashSet<string> _known = [];
    private readonly List<string> _problems = [];

    /// <summary>The first thing that is wrong; null when all that was asked for is there in the right form.</summary>
    public string? Problem => _problems.Count == 0 ? null : _problems[0];

    /// <summary>Members that nobody asked for (R50-42).</summary>
    public ImmutableArray<string> Unrecognized() =>
        [.. obj.EnumerateObject().Select(JsonText.NameOf).Where(name => !_known.Contains(name)).Distinct().Take(16)];

    /// <summary>Null when the member is missing or null, which is the same.</summary>
    public JsonElement? Element(string name)
    {
        _known.Add(name);
        return obj.Member(name);
    }

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

    /// <summary>An amount as the peer protocol writes it: a string of decimal digits (R50-46), without leading zeros, as it is sent back verbatim.</summary>
    public Msat Msat(string name) => Amount(name, required: true) ?? Lightning.Msat.Zero;

    /// <summary>The same where the member may be missing; null when it is.</summary>
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

    public uint UInt32(string name)
    {
        JsonElement? value = Element(name);
        if (value is { ValueKind: JsonValueKind.Number } number && number.TryGetUInt32(out uint found)) return found;
        Wrong(name, value, $"an integer from 0 to {uint.MaxValue}");
        return 0;
    }

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

    /// <summary>What is there, in short.</summary>
    public static string Quote(JsonElement found)
    {
        string text = JsonText.AsGiven(found);
        return text.Length <= LongestQuote ? text : $"{text[..LongestQuote]}...";
    }

    public static bool TryAmount(string? digits, out ulong amount)
    {
        amount = 0;
        return digits is { Length: > 0 and <= 20 } && ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out amount);
    }
}
