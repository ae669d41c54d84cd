using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace LspsPlugin.Core.Lsps0;

/// <summary>Reads text of unchecked JSON. Such JSON can contain unpaired surrogates or invalid UTF-8, and reading its text then throws.</summary>
public static class JsonText
{
    /// <summary>Returns a string's text; null when the element is not a string or not valid Unicode.</summary>
    public static string? Of(JsonElement element)
    {
        try
        {
            return element.ValueKind == JsonValueKind.String ? element.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Returns the raw JSON for an error message; invalid bytes become U+FFFD.</summary>
    public static string AsGiven(JsonElement element) => Encoding.UTF8.GetString(JsonMarshal.GetRawUtf8Value(element));

    /// <summary>Returns a member's name, or a placeholder if it is not valid Unicode.</summary>
    public static string NameOf(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            return "(a name that is not valid Unicode)";
        }
    }
}
