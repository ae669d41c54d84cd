using System.Text.Json;

namespace LspsPlugin.Desk.Asking;

/// <summary>Reads members of answers. A member that is missing or of another kind is null: an earlier or a later version may answer.</summary>
internal static class Json
{
    private const decimal Largest = 1_000_000_000_000_000_000_000_000m;

    public static JsonElement Member(JsonElement of, string name) => of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out JsonElement value) ? value : default;

    /// <summary>Returns a text, as it came: see <see cref="Wording.PlainText"/>.</summary>
    public static string? Text(JsonElement of, string name)
    {
        JsonElement value = Member(of, name);
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            // Not valid Unicode.
            return null;
        }
    }

    /// <summary>Returns a number of any size that can still be summed.</summary>
    public static decimal? Decimal(JsonElement of, string name) =>
        Member(of, name) is { ValueKind: JsonValueKind.Number } value && value.TryGetDecimal(out decimal number) && Math.Abs(number) < Largest ? number : null;

    public static long? Number(JsonElement of, string name) => Member(of, name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out long number) ? number : null;

    public static bool? Flag(JsonElement of, string name) => Member(of, name).ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    public static DateTimeOffset? Time(JsonElement of, string name) =>
        DateTimeOffset.TryParse(Text(of, name), System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal | System.Globalization.DateTimeStyles.AdjustToUniversal, out DateTimeOffset time) ? time : null;

    public static IEnumerable<JsonElement> Items(JsonElement of, string name) => Member(of, name) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : [];
}
