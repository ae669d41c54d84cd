using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace LspsPlugin.Cln.Protocol;

/// <summary>Runs work that nobody awaits; an exception in it is a bug and is reported.</summary>
internal delegate void Watch(Task work);

/// <summary>Parses JSON from the host.</summary>
internal static class HostJson
{
    /// <returns>Null, after logging a line, if the JSON does not have the expected form.</returns>
    public static T? Read<T>(ReadOnlySpan<byte> json, JsonTypeInfo<T> type, HostLog log)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(json, type);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or OverflowException or ArgumentException)
        {
            log.Unusual($"a message from lightningd has an unexpected form: {e.Message}");
            return null;
        }
    }

    /// <summary>Parses the parameters of an operator's command, which may be any JSON or invalid JSON.</summary>
    public static bool TryRead(ReadOnlySpan<byte> json, out JsonElement element)
    {
        element = default;
        try
        {
            var reader = new Utf8JsonReader(json);
            while (reader.Read())
            {
                // Reject strings that are not valid Unicode (broken UTF-8, lone surrogates) here, before they are used.
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName) _ = reader.GetString();
            }

            reader = new Utf8JsonReader(json);
            element = JsonElement.ParseValue(ref reader);
            return true;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }
}
