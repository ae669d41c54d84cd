using LspsPlugin.Cln.Provider;
using LspsPlugin.Cln.Provider.Records;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2.Pricing;

namespace LspsPlugin.Cln.Operator;

/// <summary>The channel by which the free coins are judged.</summary>
/// <param name="Size">Its size.</param>
/// <param name="IsSold">Whether it is what was sold lately; otherwise it is that for the largest payment on the price list.</param>
internal readonly record struct UsualChannel(Sat Size, bool IsSold)
{
    /// <summary>How many sales it is the median of, at most.</summary>
    private const int Latest = 100;

    /// <summary>Returns the median of the latest sales; before the first one, the channel for the largest payment.</summary>
    public static UsualChannel Of(RunningProvider provider) =>
        MedianOf(provider.Income.Book.Rows) is { } median ? new(median, IsSold: true) : new(For(provider.Prices.Current()), IsSold: false);

    /// <summary>Returns the channel that the largest payment on the price list asks for, at most the largest that the operator allows.</summary>
    public static Sat For(PriceList prices)
    {
        Msat largest = prices.Entries.Select(static entry => entry.MaxPaymentSize).DefaultIfEmpty().Max();
        return prices.Size.For(largest > prices.Size.LargestPayment ? prices.Size.LargestPayment : largest);
    }

    /// <summary>Returns the median size of the latest sold channels, the larger of the two in the middle; null if none was sold.</summary>
    /// <param name="rows">The ledger, in the order of the sales.</param>
    public static Sat? MedianOf(IReadOnlyList<IncomeRow> rows)
    {
        var sizes = new List<Sat>();
        for (int i = rows.Count - 1; i >= 0 && sizes.Count < Latest; i--)
        {
            if (rows[i] is { Result: SaleResult.Paid, Capacity: { Value: > 0 } capacity }) sizes.Add(capacity.ToSatCeil());
        }

        sizes.Sort();
        return sizes.Count > 0 ? sizes[sizes.Count / 2] : null;
    }
}
