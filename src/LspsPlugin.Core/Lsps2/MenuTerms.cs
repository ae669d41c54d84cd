using System.Text.Json;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;

namespace LspsPlugin.Core.Lsps2;

/// <summary>
/// Checks members outside the entries of a provider's answer. Unknown members are ignored (R50-39), unless their names indicate costs or limits that
/// the entries do not contain: a buyer would agree to them without seeing them.
/// </summary>
public static class MenuTerms
{
    private const string Menu = "opening_fee_params_menu";

    /// <summary>Name parts of costs beyond the opening fee, such as the <c>ongoing_proportional</c> of earlier drafts.</summary>
    private static readonly string[] Costs = ["fee", "cost", "price", "proportional", "ongoing", "lease"];

    /// <summary>Returns why the wallet does not buy under these terms; null when it may.</summary>
    /// <param name="result">The result of lsps2.get_info.</param>
    /// <param name="paymentSize">The payment size; null when the payer chooses the amount.</param>
    public static string? GetRejection(JsonElement result, Msat? paymentSize)
    {
        if (result.ValueKind != JsonValueKind.Object) return null;
        foreach (JsonProperty member in result.EnumerateObject())
        {
            string name = JsonText.NameOf(member);
            if (name != Menu && Costs.Any(part => name.Contains(part, StringComparison.OrdinalIgnoreCase)) && !IsNothing(member.Value))
            {
                return $"the provider asks for more than the opening fee: {LspsError.Sanitize(name)} is {LspsError.Sanitize(JsonText.AsGiven(member.Value))}";
            }
        }

        return paymentSize is { } size && (Limit(result, "min_payment_size_msat") is { } least && size < least || Limit(result, "max_payment_size_msat") is { } most && size > most)
            ? $"the provider does not sell for a payment of {size}"
            : null;
    }

    private static bool IsNothing(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.False => true,
        JsonValueKind.Number => value.TryGetDecimal(out decimal number) && number == 0,
        JsonValueKind.String => JsonText.Of(value) is "" or "0",
        _ => false,
    };

    /// <summary>Checks a limit of earlier drafts, which applied to the whole menu.</summary>
    private static Msat? Limit(JsonElement result, string name) =>
        result.TryGetProperty(name, out JsonElement value) && ParamsReader.TryAmount(JsonText.Of(value), out ulong limit) ? new Msat(limit) : null;
}
