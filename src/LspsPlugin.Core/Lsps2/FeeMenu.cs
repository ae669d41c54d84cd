namespace LspsPlugin.Core.Lsps2;

/// <summary>The order and shape of an opening_fee_params_menu.</summary>
public static class FeeMenu
{
    /// <summary>An offer must be usable for this long when it is made (R52-11).</summary>
    public static readonly TimeSpan ShortestValidity = TimeSpan.FromMinutes(10);

    /// <summary>More entries than any menu needs, and few enough for one message.</summary>
    public const int MaxEntries = 32;

    /// <summary>
    /// Sorts the entries so that each is dearer than the one before it (R52-13), and drops those that cannot be placed: an entry whose
    /// minimum is larger but whose proportional fee is smaller than another's, or one equal in both.
    /// </summary>
    public static IReadOnlyList<OpeningFeeParams> Ordered(IEnumerable<OpeningFeeParams> entries)
    {
        var menu = new List<OpeningFeeParams>();
        foreach (OpeningFeeParams entry in entries.OrderBy(e => e.MinFee).ThenBy(e => e.Proportional.Value))
        {
            if (menu.Count < MaxEntries && (menu.Count == 0 || IsDearer(entry, menu[^1]))) menu.Add(entry);
        }

        return menu;
    }

    /// <summary>Larger minimum at an equal rate, equal minimum at a larger rate, or both larger.</summary>
    public static bool IsDearer(OpeningFeeParams entry, OpeningFeeParams than) =>
        entry.MinFee >= than.MinFee
        && entry.Proportional.Value >= than.Proportional.Value
        && (entry.MinFee > than.MinFee || entry.Proportional.Value > than.Proportional.Value);

    /// <summary>What is wrong with an entry that a policy plugin wants to offer; null when nothing is.</summary>
    public static string? Refuse(OpeningFeeParams entry, DateTimeOffset now) =>
        entry.ValidUntil - now < ShortestValidity ? "valid_until is less than ten minutes ahead"
        : entry.MaxPaymentSize == Lightning.Msat.Zero ? "max_payment_size_msat is zero"
        : null;
}
