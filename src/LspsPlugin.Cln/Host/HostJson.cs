using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace LspsPlugin.Cln.Host;

/// <summary>Work that nobody awaits; a failure in it is a bug that must be seen.</summary>
internal delegate void Watch(Task work);

/// <summary>Reading what the host sends.</summary>
internal static class HostJson
{
    /// <returns>Null, and a line in the log, when it is not of the expected form.</returns>
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

    /// <summary>Parameters of an operator's command: anything that JSON allows, and no JSON at all.</summary>
    public static bool TryRead(ReadOnlySpan<byte> json, out JsonElement element)
    {
        element = default;
        try
        {
            var reader = new Utf8JsonReader(json);
            while (reader.Read())
            {
                // Text that is no text (broken UTF-8, half a surrogate pair) is found here, not in the middle of using it.
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
