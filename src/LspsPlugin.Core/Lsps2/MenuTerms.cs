using System.Text.Json;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;

namespace LspsPlugin.Core.Lsps2;

/// <summary>
/// Members beside the entries of a provider's answer. Unknown ones are ignored (R50-39), but not where their names speak of money that an
/// entry does not: who buys agrees to it unseen.
/// </summary>
public static class MenuTerms
{
    private const string Menu = "opening_fee_params_menu";

    /// <summary>Parts of names for costs beyond the opening fee, such as the <c>ongoing_proportional</c> of earlier drafts.</summary>
    private static readonly string[] Costs = ["fee", "cost", "price", "proportional", "ongoing", "lease"];

    /// <summary>Why nothing is bought under these terms; null when nothing speaks against it.</summary>
    /// <param name="paymentSize">Null when the payer chooses the amount.</param>
    public static string? Refuse(JsonElement result, Msat? paymentSize)
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

    /// <summary>A limit of earlier drafts, which had one for the whole menu.</summary>
    private static Msat? Limit(JsonElement result, string name) =>
        result.TryGetProperty(name, out JsonElement value) && ParamsReader.TryAmount(JsonText.Of(value), out ulong limit) ? new Msat(limit) : null;
}
