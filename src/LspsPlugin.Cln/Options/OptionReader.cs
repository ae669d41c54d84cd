using System.Buffers;
using System.Text.Json;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Cln.Options;

/// <summary>Reads options by name; keeps the first error as the problem.</summary>
internal sealed class OptionReader(IReadOnlyDictionary<string, JsonElement> given)
{
    /// <summary>All bitcoin that there can be, in msat.</summary>
    public const long AllMoneyMsat = 1000 * AllMoneySat;

    /// <summary>The same in sat.</summary>
    public const long AllMoneySat = 2_100_000_000_000_000;

    /// <summary>Maximum number of characters of an invalid value that a message repeats.</summary>
    private const int MostSaid = 80;

    /// <summary>The first error, in one sentence for the operator; null if there is none.</summary>
    public string? Problem { get; private set; }

    /// <summary>Reads a flag; false if it is not set.</summary>
    public bool Flag(string name)
    {
        if (!given.TryGetValue(name, out JsonElement value)) return false;
        if (value.ValueKind is not (JsonValueKind.True or JsonValueKind.False)) Problem ??= $"`{name}` is a flag and takes no value";
        return value.ValueKind == JsonValueKind.True;
    }

    /// <summary>Reads a number; the default of the manifest if it is not set.</summary>
    /// <param name="name">The option.</param>
    /// <param name="least">The smallest value, inclusive.</param>
    /// <param name="most">The largest value, inclusive.</param>
    /// <param name="floor">The name of the option that sets <paramref name="least"/>, if any.</param>
    /// <returns>The value, or the nearest allowed one beside a <see cref="Problem"/>.</returns>
    public long Number(string name, long least, long most, string? floor = null)
    {
        // Even a default can be out of range if another option sets the bound; the host sends it like any other value.
        long? preset = Manifest.Embedded.Options[name].DefaultNumber;
        long number = preset ?? least;
        bool isGiven = given.TryGetValue(name, out JsonElement value);
        if (isGiven && !(value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out number))) number = long.MinValue;
        if (number >= least && number <= most) return number;
        Wrong(name, number == preset ? $"{number} (its default)" : Said(value), $"a whole number between {least}{(floor is null ? "" : $" (`{floor}`)")} and {most}");
        return Math.Clamp(number, least, most);
    }

    /// <summary>Reads text; null if it is not set.</summary>
    public string? Text(string name)
    {
        if (!given.TryGetValue(name, out JsonElement value)) return null;
        if (JsonText.Of(value) is { Length: > 0 } text) return text;
        Wrong(name, Said(value), "text");
        return null;
    }

    /// <summary>Reads a value of a form of its own; null if it is not set.</summary>
    /// <param name="name">The option.</param>
    /// <param name="rule">What the value must be, for the operator.</param>
    /// <param name="read">Returns null if the text has another form.</param>
    public T? Given<T>(string name, string rule, Func<string, T?> read)
        where T : class
    {
        if (Text(name) is not { } text) return null;
        if (read(text) is { } value) return value;
        Wrong(name, Quoted(text), rule);
        return null;
    }

    /// <summary>Reads node ids separated by commas; empty if the option is not set or is empty.</summary>
    public IReadOnlySet<NodeId> Nodes(string name)
    {
        var nodes = new HashSet<NodeId>();
        if (!given.TryGetValue(name, out JsonElement value)) return nodes;
        foreach (string text in (JsonText.Of(value) ?? "?").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (NodeId.TryParse(text, out NodeId node) && node.IsOnCurve()) nodes.Add(node);
            else if (NodeId.TryParse(text, out _)) Problem ??= $"`{name}` contains {Quoted(text)}, which is not a public key: no node has this id";
            else Problem ??= $"`{name}` contains {Quoted(text)}; it must be a comma-separated list of node ids (66 hex digits each)";
        }

        return nodes;
    }

    /// <summary>Reads one of the words of an enumeration, in upper or lower case.</summary>
    public T Word<T>(string name, WordTable<T> words, T preset)
        where T : struct, Enum
    {
        if (Text(name) is not { } text) return preset;
        if (words.TryRead(text.ToLowerInvariant(), out T value)) return value;
        Wrong(name, Quoted(text), $"one of: {string.Join(", ", words.Words)}");
        return preset;
    }

    /// <summary>Reads providers; empty if the option is not set or is empty. An invalid entry does not affect the others.</summary>
    /// <param name="name">The option.</param>
    /// <param name="problems">What is wrong with each entry that is left out.</param>
    public IReadOnlyList<ProviderAddress> Providers(string name, out IReadOnlyList<string> problems)
    {
        problems = [];
        if (!given.TryGetValue(name, out JsonElement value)) return [];
        if (JsonText.Of(value) is not { } text)
        {
            Wrong(name, Said(value), "text");
            return [];
        }

        if (text.Length == 0) return [];
        IReadOnlyList<ProviderAddress> providers = ProviderAddress.ReadList(text, out IReadOnlyList<string> wrong);
        problems = [.. wrong.Select(problem => $"`{name}`: {LspsError.Sanitize(problem)}")];
        return providers;
    }

    /// <inheritdoc cref="Number"/>
    public Sat Satoshi(string name, long least, long most, string? floor = null) => new((ulong)Number(name, least, most, floor));

    public TimeSpan Seconds(string name, long least, long most) => TimeSpan.FromSeconds(Number(name, least, most));

    public BlockCount Blocks(string name, long least, long most) => new((uint)Number(name, least, most));

    /// <summary>Reads a secret; an error message does not repeat its value.</summary>
    public byte[]? Key(string name)
    {
        if (!given.TryGetValue(name, out JsonElement value)) return null;
        byte[] key = new byte[32];
        if (JsonText.Of(value) is { } hex && Convert.FromHexString(hex, key, out int used, out int written) == OperationStatus.Done
            && used == 64 && written == 32)
        {
            return key;
        }

        Problem ??= $"`{name}` must be 64 hex digits (32 bytes)";
        return null;
    }

    private static string Said(JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? Quoted(JsonText.Of(value) ?? "?") : LspsError.Sanitize(Short(JsonText.AsGiven(value)));

    private static string Quoted(string text) => $"'{LspsError.Sanitize(Short(text))}'";

    private static string Short(string text) => text.Length <= MostSaid ? text : $"{text.AsSpan(0, MostSaid)}…";

    private void Wrong(string name, string said, string rule) => Problem ??= $"`{name}` is {said}; it must be {rule}";
}
