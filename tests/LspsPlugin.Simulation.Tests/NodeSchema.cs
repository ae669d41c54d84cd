using System.Text.Json;
using System.Text.RegularExpressions;

namespace LspsPlugin.Simulation.Tests;

/// <summary>
/// What the node's own schemas demand of a request. They are JSON schemas with types of the node's own: "msat", "short_channel_id"
/// and so on, which are told here by their forms.
/// </summary>
internal static class NodeSchema
{
    private static readonly Dictionary<string, JsonElement?> Read = [];

    /// <summary>The node's own types, as texts.</summary>
    private static readonly Dictionary<string, Regex> Forms = new()
    {
        ["msat"] = Form("[0-9]+(msat)?"),
        ["msat_or_any"] = Form("[0-9]+(msat)?|any"),
        ["sat"] = Form("[0-9]+(sat)?"),
        ["sat_or_all"] = Form("[0-9]+(sat)?|all"),
        ["hex"] = Form("([0-9a-f]{2})*"),
        ["hash"] = Form("[0-9a-f]{64}"),
        ["txid"] = Form("[0-9a-f]{64}"),
        ["secret"] = Form("[0-9a-f]{64}"),
        ["pubkey"] = Form("0[23][0-9a-f]{64}"),
        ["short_channel_id"] = Form("[0-9]+x[0-9]+x[0-9]+"),
        ["short_channel_id_dir"] = Form("[0-9]+x[0-9]+x[0-9]+/[01]"),
        ["feerate"] = Form("slow|normal|urgent|minimum|opening|[0-9]+(perkw|perkb)?|[0-9]+blocks"),
        ["outpoint"] = Form("[0-9a-f]{64}:[0-9]+"),
    };

    /// <summary>What is wrong with the parameters of a command; nothing for a command without a schema.</summary>
    /// <param name="has">Whether there is a schema.</param>
    public static IReadOnlyList<string> Problems(string command, JsonElement parameters, out bool has) => Problems($"{command}.json", "request", command, parameters, out has);

    /// <summary>What is wrong with the answer to a hook.</summary>
    public static IReadOnlyList<string> ProblemsOfAnswer(string hook, JsonElement answer, out bool has) => Problems(Path.Combine("hook", $"{hook}.json"), "response", hook, answer, out has);

    /// <summary>What is wrong with the result of a command.</summary>
    public static IReadOnlyList<string> ProblemsOfResult(string command, JsonElement result, out bool has) => Problems($"{command}.json", "response", command, result, out has);

    private static List<string> Problems(string file, string side, string name, JsonElement value, out bool has)
    {
        if (!Read.TryGetValue(file, out JsonElement? schema)) Read.Add(file, schema = Recorded.Schema(file));
        has = schema is not null;
        var problems = new List<string>();
        if (schema is { } known) Check(value, known.GetProperty(side), name, problems);
        return problems;
    }

    private static void Check(JsonElement value, JsonElement schema, string path, List<string> problems)
    {
        if (schema.TryGetProperty("oneOf", out JsonElement choices))
        {
            if (!choices.EnumerateArray().Any(choice => Fits(value, choice, path))) problems.Add($"{path} is none of the forms that it may have: {value}");
            return;
        }

        if (schema.TryGetProperty("enum", out JsonElement words) && !words.EnumerateArray().Any(word => JsonElement.DeepEquals(word, value))) problems.Add($"{path}: no such word {value}");
        string? type = schema.TryGetProperty("type", out JsonElement named) ? named.GetString() : schema.TryGetProperty("properties", out _) ? "object" : null;
        if (type is not null && !IsA(value, type)) problems.Add($"{path} is no {type}: {value}");
        if (value.ValueKind == JsonValueKind.Array && schema.TryGetProperty("items", out JsonElement items))
        {
            foreach (JsonElement item in value.EnumerateArray()) Check(item, items, $"{path}[]", problems);
        }

        if (value.ValueKind == JsonValueKind.Object) CheckMembers(value, schema, path, problems);
    }

    private static void CheckMembers(JsonElement value, JsonElement schema, string path, List<string> problems)
    {
        if (schema.TryGetProperty("required", out JsonElement required))
        {
            foreach (JsonElement name in required.EnumerateArray())
            {
                if (!value.TryGetProperty(name.GetString()!, out _)) problems.Add($"{path}.{name} is missing");
            }
        }

        if (!schema.TryGetProperty("properties", out JsonElement properties)) return;
        bool closed = schema.TryGetProperty("additionalProperties", out JsonElement more) && more.ValueKind == JsonValueKind.False;
        foreach (JsonProperty member in value.EnumerateObject())
        {
            if (properties.TryGetProperty(member.Name, out JsonElement known)) Check(member.Value, known, $"{path}.{member.Name}", problems);
            else if (closed) problems.Add($"{path}.{member.Name} is unknown to the node");
        }
    }

    private static bool Fits(JsonElement value, JsonElement schema, string path)
    {
        var problems = new List<string>();
        Check(value, schema, path, problems);
        return problems.Count == 0;
    }

    private static bool IsA(JsonElement value, string type) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "string" => value.ValueKind == JsonValueKind.String,
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
        "u16" => value.ValueKind == JsonValueKind.Number && value.TryGetUInt16(out _),
        "u32" => value.ValueKind == JsonValueKind.Number && value.TryGetUInt32(out _),
        "u64" => IsCount(value),
        "msat" or "sat" or "msat_or_any" or "sat_or_all" or "feerate" when IsCount(value) => true,
        _ => Forms.TryGetValue(type, out Regex? form)
            ? value.ValueKind == JsonValueKind.String && form.IsMatch(value.GetString()!)
            : throw new NotSupportedException($"the type {type} of the node's schemas is not known here"),
    };

    private static bool IsCount(JsonElement value) => value.ValueKind == JsonValueKind.Number && value.TryGetUInt64(out _);

    private static Regex Form(string pattern) => new($"^({pattern})$", RegexOptions.NonBacktracking);
}
