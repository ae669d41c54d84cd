using System.Text.Json;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;

namespace LspsPlugin.Core.Lsps2;

/// <summary>An entry chosen from a menu.</summary>
/// <param name="Entry">The menu's entry, to be sent back unchanged (R52-27).</param>
/// <param name="Payment">The payment size that it was chosen for.</param>
/// <param name="Fee">The opening fee of the entry for that payment.</param>
public sealed record MenuChoice(OpeningFeeParams Entry, Msat Payment, Msat Fee);

/// <summary>Reads a provider's menu and chooses an entry, for the wallet.</summary>
public static class MenuReading
{
    /// <summary>The smallest amount that must remain after the fee: less would not be forwarded on any channel.</summary>
    public static readonly Msat LeastArriving = new(1000);

    /// <summary>
    /// Reads the result of lsps2.get_info; null with the problem when it is invalid. An unknown member in one entry makes the whole menu invalid (R52-21).
    /// </summary>
    public static IReadOnlyList<OpeningFeeParams>? Read(JsonElement result, out string? problem)
    {
        problem = "the answer to lsps2.get_info has no opening_fee_params_menu";
        if (result.Member("opening_fee_params_menu"u8) is not { } list) return null;
        if (list.ValueKind != JsonValueKind.Array) return null;
        problem = $"the opening_fee_params_menu has {list.GetArrayLength()} entries, more than the maximum of {FeeMenu.MaxEntries}";
        if (list.GetArrayLength() > FeeMenu.MaxEntries) return null;
        var menu = new List<OpeningFeeParams>();
        foreach (JsonElement element in list.EnumerateArray())
        {
            OpeningFeeParams? entry = OpeningFeeParamsJson.Read(element, out LspsError? error);
            problem = error?.Message;
            if (entry is null) return null;
            menu.Add(entry);
        }

        problem = null;
        return menu;
    }

    /// <summary>
    /// Returns the cheapest entry that is valid for long enough and allows the payment, in any order of the menu; null with the reason when there is
    /// none.
    /// </summary>
    /// <param name="menu">The entries of the provider, in its order.</param>
    /// <param name="paymentSize">The payment size; null when the payer chooses the amount.</param>
    /// <param name="reference">The payment size for comparing entries when the payer chooses the amount, limited to what each entry allows.</param>
    /// <param name="now">The current time.</param>
    /// <param name="neededValidity">How long the entry must still be valid.</param>
    /// <param name="problem">Why no entry fits, in words for the user; null on success.</param>
    public static MenuChoice? Choose(
        IReadOnlyList<OpeningFeeParams> menu, Msat? paymentSize, Msat reference, DateTimeOffset now, TimeSpan neededValidity, out string? problem)
    {
        problem = menu.Count == 0 ? "the provider has no offers now" : "no offer of the provider is valid for long enough";
        MenuChoice? best = null;
        foreach (OpeningFeeParams entry in menu.Where(entry => entry.ValidUntil - now >= neededValidity))
        {
            Msat payment = paymentSize ?? Clamp(reference, entry.MinPaymentSize, entry.MaxPaymentSize);
            if (payment < entry.MinPaymentSize || payment > entry.MaxPaymentSize)
            {
                problem = $"no offer of the provider accepts a payment of {payment}; its offers accept {menu.Min(other => other.MinPaymentSize.Value)} to {menu.Max(other => other.MaxPaymentSize.Value)}msat";
                continue;
            }

            if (!OpeningFee.TryCompute(payment, entry, out Msat fee) || fee >= payment || payment - fee < LeastArriving) problem = $"the opening fee consumes the whole payment of {payment}";
            else if (best is null || fee < best.Fee) best = new MenuChoice(entry, payment, fee);
        }

        if (best is not null) problem = null;
        return best;
    }

    private static Msat Clamp(Msat value, Msat least, Msat most) => value < least ? least : value > most ? most : value;
}
