using System.Text;
using System.Text.Json;

namespace LspsPlugin.Core.Lsps0;

/// <summary>
/// Access to members of received JSON objects. A null member counts as missing, because many libraries write null for every absent optional member.
/// </summary>
public static class JsonMembers
{
    /// <summary>Returns a member; null when it is missing or null, or when the element is not an object.</summary>
    public static JsonElement? Member(this JsonElement obj, ReadOnlySpan<byte> name) =>
        obj.ValueKind == JsonValueKind.Object && obj.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <inheritdoc cref="Member(JsonElement, ReadOnlySpan{byte})"/>
    public static JsonElement? Member(this JsonElement obj, string name) => obj.Member(Encoding.UTF8.GetBytes(name));

    /// <summary>Returns the members that are not null.</summary>
    public static IEnumerable<JsonProperty> Members(this JsonElement obj) => obj.EnumerateObject().Where(static member => member.Value.ValueKind != JsonValueKind.Null);
}
