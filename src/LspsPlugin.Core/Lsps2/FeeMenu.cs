namespace LspsPlugin.Core.Lsps2;

/// <summary>Rules for an opening_fee_params_menu.</summary>
public static class FeeMenu
{
    /// <summary>The shortest validity that an offer must have when it is made (R52-11).</summary>
    public static readonly TimeSpan ShortestValidity = TimeSpan.FromMinutes(10);

    /// <summary>The maximum number of entries; they fit into one message.</summary>
    public const int MaxEntries = 32;

    /// <summary>
    /// Sorts the entries so that each is more expensive than the one before it (R52-13), and drops entries that cannot be ordered: an entry with a
    /// larger minimum but a smaller proportional fee than another, or with both equal.
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

    /// <summary>
    /// Whether an entry is more expensive than another: a larger minimum at an equal rate, an equal minimum at a larger rate, or both larger.
    /// </summary>
    public static bool IsDearer(OpeningFeeParams entry, OpeningFeeParams than) =>
        entry.MinFee >= than.MinFee
        && entry.Proportional.Value >= than.Proportional.Value
        && (entry.MinFee > than.MinFee || entry.Proportional.Value > than.Proportional.Value);

    /// <summary>Returns why a policy plugin may not offer an entry; null when it may.</summary>
    public static string? GetRejection(OpeningFeeParams entry, DateTimeOffset now) =>
        entry.ValidUntil - now < ShortestValidity ? "valid_until is less than ten minutes ahead"
        : entry.MaxPaymentSize == Lightning.Msat.Zero ? "max_payment_size_msat is zero"
        : null;
}
