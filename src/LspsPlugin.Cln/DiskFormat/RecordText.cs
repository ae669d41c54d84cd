using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.DiskFormat;

/// <summary>Converts records to and from the text in the datastore.</summary>
internal static class RecordText
{
    /// <summary>Writes a record with the options of <see cref="RpcJson"/>.</summary>
    public static string Write<T>(T record, JsonTypeInfo<T> type)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (Utf8JsonWriter json = RpcJson.WriterTo(buffer)) JsonSerializer.Serialize(json, record, type);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Reads a record whose content <paramref name="map"/> converts.</summary>
    /// <param name="text">The value; null for a key without one.</param>
    /// <param name="type">How the record is deserialised.</param>
    /// <param name="map">Throws <see cref="FormatException"/> with the member and what is wrong with it.</param>
    /// <param name="problem">Names the member and what is wrong with it; null on success.</param>
    /// <returns>Null if the record cannot be read.</returns>
    public static TResult? Read<T, TResult>(string? text, JsonTypeInfo<T> type, Func<T, TResult?> map, out string? problem)
        where TResult : class
    {
        problem = null;
        try
        {
            using JsonDocument document = JsonDocument.Parse(text ?? "");
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object) throw new FormatException("not an object");
            CheckFormat(root);
            return map(root.Deserialize(type)!);
        }
        catch (JsonException e)
        {
            problem = e.Path is { Length: > 2 } path ? $"{path[2..]}: {e.Message}" : e.Message;
        }
        catch (Exception e) when (e is FormatException or OverflowException or ArgumentException)
        {
            problem = e.Message;
        }

        return null;
    }

    /// <summary>Returns a member that must be present.</summary>
    /// <exception cref="FormatException">It is missing.</exception>
    public static T Required<T>(T? value, string member)
        where T : struct => value ?? throw Missing(member);

    /// <inheritdoc cref="Required{T}(T?, string)"/>
    [return: NotNull]
    public static T Required<T>(T? value, string member)
        where T : class => value ?? throw Missing(member);

    /// <summary>Returns the text of a string token; null if it is not valid Unicode.</summary>
    public static string? Of(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>A later version may have changed the meaning of members, so its format is checked before any of them is read.</summary>
    private static void CheckFormat(JsonElement root)
    {
        if (!root.TryGetProperty("format"u8, out JsonElement format) || format.ValueKind == JsonValueKind.Null) return;
        if (format.ValueKind != JsonValueKind.Number || !format.TryGetUInt32(out uint number)) throw new FormatException("format is not an integer");
        if (number > SessionRecordJson.Newest) throw new FormatException($"format {number} is newer than this version reads ({SessionRecordJson.Newest})");
    }

    private static FormatException Missing(string member) => new($"{member} is missing");
}
