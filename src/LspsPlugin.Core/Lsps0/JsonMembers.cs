using System.Text;
using System.Text.Json;

namespace LspsPlugin.Core.Lsps0;

/// <summary>
/// The members of an object that somebody else wrote. Null says the same as leaving the member out: many libraries write every optional
/// member, and null where there is nothing.
/// </summary>
public static class JsonMembers
{
    /// <summary>Null when the member is missing, is null, or there is no object.</summary>
    public static JsonElement? Member(this JsonElement obj, ReadOnlySpan<byte> name) =>
        obj.ValueKind == JsonValueKind.Object && obj.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <inheritdoc cref="Member(JsonElement, ReadOnlySpan{byte})"/>
    public static JsonElement? Member(this JsonElement obj, string name) => obj.Member(Encoding.UTF8.GetBytes(name));

    /// <summary>Every member that says something.</summary>
    public static IEnumerable<JsonProperty> Members(this JsonElement obj) => obj.EnumerateObject().Where(static member => member.Value.ValueKind != JsonValueKind.Null);
}
