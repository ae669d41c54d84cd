using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace LspsPlugin.Core.Lsps0;

/// <summary>
/// Text of JSON that nobody has checked as a whole. JSON can spell half a character, or hold bytes that are no UTF-8; reading such text
/// throws, and only when it is read.
/// </summary>
public static class JsonText
{
    /// <summary>Null for what is not a string, and for a string that is no text.</summary>
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

    /// <summary>The JSON as it stands, for a message to people: a byte that is no text becomes U+FFFD.</summary>
    public static string AsGiven(JsonElement element) => Encoding.UTF8.GetString(JsonMarshal.GetRawUtf8Value(element));

    /// <summary>A member's name; one that is no text is told as such.</summary>
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
