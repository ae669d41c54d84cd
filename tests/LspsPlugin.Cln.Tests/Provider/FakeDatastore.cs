using System.Text.Json;

namespace LspsPlugin.Cln.Tests.Provider;

/// <summary>The datastore of a node, with its generations and error codes.</summary>
internal sealed class FakeDatastore
{
    private readonly SortedDictionary<string, (string Text, ulong Generation)> _entries = new(StringComparer.Ordinal);

    /// <summary>Calls that take effect but whose answer cannot be read, from now on.</summary>
    public int MangledAnswers { get; set; }

    public string? this[string key] => _entries.TryGetValue(key, out var entry) ? entry.Text : null;

    public IEnumerable<string> Keys => _entries.Keys;

    public void Put(string key, string text) => _entries[key] = (text, _entries.TryGetValue(key, out var old) ? old.Generation + 1 : 0);

    public void Remove(string key) => _entries.Remove(key);

    public FakeDatastore Copy()
    {
        var copy = new FakeDatastore();
        foreach (var entry in _entries) copy._entries.Add(entry.Key, entry.Value);
        return copy;
    }

    public string Answer(string method, JsonElement parameters)
    {
        string answer = method switch
        {
            "datastore" => Write(parameters),
            "deldatastore" => Delete(parameters),
            "listdatastore" => List(parameters),
            _ => Error(-32601),
        };
        if (MangledAnswers == 0 || method == "listdatastore") return answer;
        MangledAnswers--;
        return "\"result\":7";
    }

    private string Write(JsonElement p)
    {
        string key = Key(p), mode = p.GetProperty("mode").GetString()!;
        bool exists = _entries.TryGetValue(key, out var old);
        if (exists && mode == "must-create") return Error(1202);
        if (!exists && mode == "must-replace") return Error(1203);
        if (p.TryGetProperty("generation", out JsonElement generation) && generation.GetUInt64() != old.Generation) return Error(1204);
        Put(key, p.GetProperty("string").GetString()!);
        return $$"""
            "result":{{Row(key)}}
            """;
    }

    private string Delete(JsonElement p)
    {
        string key = Key(p);
        if (!_entries.ContainsKey(key)) return Error(1200);
        string row = Row(key);
        _entries.Remove(key);
        return $"\"result\":{row}";
    }

    private string List(JsonElement p)
    {
        string key = Key(p);
        int level = key.Split('/').Length;
        var below = _entries.Keys.Where(k => k == key || k.StartsWith(key + "/", StringComparison.Ordinal)).ToArray();
        var rows = below.Where(k => k.Split('/').Length <= level + 1).Select(Row);

        // One level only: what lies deeper shows as the name of its branch.
        var branches = below.Where(k => k.Split('/').Length > level + 1).Select(k => string.Join('/', k.Split('/').Take(level + 1))).Distinct();
        return $$"""
            "result":{"datastore":[{{string.Join(',', rows.Concat(branches.Select(branch => JsonSerializer.Serialize(new { key = branch.Split('/') }))))}}]}
            """;
    }

    private string Row(string key) => JsonSerializer.Serialize(new { key = key.Split('/'), generation = _entries[key].Generation, @string = _entries[key].Text });

    private static string Key(JsonElement p) => string.Join('/', p.GetProperty("key").EnumerateArray().Select(part => part.GetString()));

    private static string Error(int code) => $$"""
        "error":{"code":{{code}},"message":"refused"}
        """;
}
