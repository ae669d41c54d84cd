using System.Text.Json;

namespace LspsPlugin.Fuzz.Process;

/// <summary>Answers to hooks as the host takes them; on any other it aborts.</summary>
internal static class HookAnswers
{
    /// <summary>What is wrong with an answer; null when nothing is.</summary>
    public static string? Refuse(string hook, JsonElement answer)
    {
        if (answer.TryGetProperty("error", out _)) return "a hook was answered an error";
        if (!answer.TryGetProperty("result", out JsonElement result) || result.ValueKind != JsonValueKind.Object) return "a hook was answered without a result";
        if (hook == "rpc_command" && result.TryGetProperty("return", out JsonElement instead)) return Instead(instead);
        if (!result.TryGetProperty("result", out JsonElement word) || word.ValueKind != JsonValueKind.String) return "a hook was answered without a result word";
        return (hook, word.GetString()) switch
        {
            ("htlc_accepted", "continue") => Hexes(result, ("payload", null), ("forward_to", 32), ("extra_tlvs", null)),
            ("htlc_accepted", "fail") => result.TryGetProperty("failure_message", out _) ? Hexes(result, ("failure_message", null)) : "fail without a failure_message",
            ("openchannel", "continue") or ("custommsg", "continue") or ("rpc_command", "continue") => null,
            ("openchannel", "reject") => result.TryGetProperty("close_to", out _) ? "reject with close_to" : null,
            (_, var other) => $"{hook} does not know '{other}'",
        };
    }

    private static string? Instead(JsonElement instead) =>
        instead.TryGetProperty("error", out JsonElement error) && error.TryGetProperty("code", out JsonElement code) && code.TryGetInt32(out _)
        && error.TryGetProperty("message", out JsonElement message) && message.ValueKind == JsonValueKind.String
            ? null
            : "rpc_command returns no error with code and message";

    private static string? Hexes(JsonElement result, params (string Name, int? Bytes)[] members)
    {
        foreach ((string name, int? bytes) in members)
        {
            if (!result.TryGetProperty(name, out JsonElement value)) continue;
            string text = value.ValueKind == JsonValueKind.String ? value.GetString()! : "?";
            if (text.Length % 2 != 0 || !text.All(char.IsAsciiHexDigit) || (bytes is { } exact && text.Length != 2 * exact)) return $"{name} is no hex";
        }

        return null;
    }
}
