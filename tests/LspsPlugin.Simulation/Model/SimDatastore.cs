using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace LspsPlugin.Simulation.Model;

/// <summary>The node's datastore: a key either has a value or has children; every change increments its generation.</summary>
public sealed class SimDatastore
{
    private const char Between = '\u0001';

    private readonly SortedList<string, Stored> _entries = new(StringComparer.Ordinal);

    public int Writes { get; private set; }

    /// <summary>Whether each row of a list is sent twice, which is unusual but valid.</summary>
    public bool Doubles { get; set; }

    public IEnumerable<(string[] Key, string Value)> Entries => _entries.Values.Select(entry => (entry.Key, entry.Value));

    public IEnumerable<(string[] Key, string Value)> Under(params string[] prefix) => StoredUnder(prefix).Select(entry => (entry.Key, entry.Value));

    internal IEnumerable<Stored> StoredUnder(string[] prefix)
    {
        // What is under a key stands together, in the order of the names.
        string name = prefix.Length == 0 ? "" : Name(prefix) + Between;
        for (int i = FirstFrom(name); i < _entries.Count && _entries.GetKeyAtIndex(i).StartsWith(name, StringComparison.Ordinal); i++)
        {
            Stored entry = _entries.GetValueAtIndex(i);
            if (entry.IsUnder(prefix)) yield return entry;
        }
    }

    /// <summary>Returns the value of a key; null if it has none.</summary>
    public string? Find(params string[] key) => _entries.TryGetValue(Name(key), out var entry) ? entry.Value : null;

    /// <summary>Writes a value like an operator, without the plugin.</summary>
    public void Put(string[] key, string value) =>
        _entries[Name(key)] = new Stored(key, value, _entries.TryGetValue(Name(key), out Stored? old) ? old.Generation + 1 : 0);

    public JsonObject Write(JsonObject p)
    {
        string[] key = Key(p);
        string name = Name(key);
        string value = (string?)p["string"] ?? Encoding.UTF8.GetString(Convert.FromHexString(p.Text("hex")));
        string mode = (string?)p["mode"] ?? "must-create";
        if (p["generation"] is not null && mode is not ("must-replace" or "must-append")) throw new SimRpcException(-32602, "generation only valid with must-replace or must-append");
        for (int i = 1; i < key.Length; i++)
        {
            if (_entries.ContainsKey(Name(key[..i]))) throw new SimRpcException(1206, $"Parent key [{string.Join(',', key[..i])}] exists");
        }

        if (StoredUnder(key).Any()) throw new SimRpcException(1205, "Key has children already");
        bool exists = _entries.TryGetValue(name, out Stored? old);
        if (exists && mode == "must-create") throw new SimRpcException(1202, "Key already exists");
        if (!exists && mode is ("must-replace" or "must-append")) throw new SimRpcException(1203, "Key does not exist");
        if (p["generation"] is not null && old!.Generation != p.Number("generation")) throw new SimRpcException(1204, "generation is different");
        ulong generation = exists ? old!.Generation + 1 : 0;
        _entries[name] = new Stored(key, value, generation);
        Writes++;
        return Row(key, value, generation);
    }

    public JsonObject List(JsonObject p)
    {
        string[] key = p["key"] is null ? [] : Key(p);
        var rows = new JsonArray();
        if (_entries.TryGetValue(Name(key), out Stored? leaf))
        {
            rows.Add(Row(leaf.Key, leaf.Value, leaf.Generation));
            return new JsonObject { ["datastore"] = rows };
        }

        var inner = new HashSet<string>();
        foreach (Stored entry in StoredUnder(key))
        {
            string[] child = entry.Key;
            if (child.Length == key.Length + 1) rows.Add(Row(child, entry.Value, entry.Generation));
            else if (inner.Add(child[key.Length])) rows.Add(new JsonObject { ["key"] = Array(child[..(key.Length + 1)]) });
        }

        foreach (JsonNode? row in Doubles ? rows.ToArray() : []) rows.Add(row!.DeepClone());
        return new JsonObject { ["datastore"] = rows };
    }

    public JsonObject Delete(JsonObject p)
    {
        string[] key = Key(p);
        if (!_entries.Remove(Name(key), out Stored? old)) throw new SimRpcException(1200, "Key does not exist");
        Writes++;
        return Row(key, old.Value, old.Generation);
    }

    private static JsonObject Row(string[] key, string value, ulong generation) => new()
    {
        ["key"] = Array(key),
        ["generation"] = generation,
        ["hex"] = Convert.ToHexStringLower(Encoding.UTF8.GetBytes(value)),
        ["string"] = value,
    };

    private static JsonArray Array(string[] key) => [.. key.Select(part => (JsonNode)part)];

    private static string[] Key(JsonObject p) => p["key"] is JsonArray parts ? [.. parts.Select(part => (string)part!)] : [p.Text("key")];

    private static string Name(string[] key) => string.Join(Between, key);

    /// <summary>Returns the position of the first entry whose name does not stand before this one.</summary>
    private int FirstFrom(string name)
    {
        (int low, int high) = (0, _entries.Count);
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (string.CompareOrdinal(_entries.GetKeyAtIndex(middle), name) < 0) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    /// <summary>One entry. It is never changed, so that what a checker reads of it is read once.</summary>
    internal sealed class Stored(string[] key, string value, ulong generation)
    {
        private bool _isRead;

        public string[] Key => key;

        public string Value => value;

        public ulong Generation => generation;

        /// <summary>What checkers have read out of it; null if none has.</summary>
        public object? Reading { get; set; }

        /// <summary>The value as JSON, to be read only; null if it is no JSON object.</summary>
        public JsonObject? Content
        {
            get
            {
                if (!_isRead) (_isRead, field) = (true, Parse(value));
                return field;
            }
        }

        public bool IsUnder(string[] prefix) => key.Length > prefix.Length && key.AsSpan(0, prefix.Length).SequenceEqual(prefix);

        private static JsonObject? Parse(string value)
        {
            if (!value.StartsWith('{')) return null; // an index entry

            try
            {
                return JsonNode.Parse(value) as JsonObject;
            }
            catch (JsonException)
            {
                return null; // an entry that a test broke on purpose
            }
        }
    }
}
