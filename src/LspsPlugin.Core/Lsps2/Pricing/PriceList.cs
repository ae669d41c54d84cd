using System.Collections.Immutable;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Lsps2.Pricing;

/// <summary>The built-in prices from the operator's options and price file; used when no policy plugin is present.</summary>
/// <param name="Entries">The entries for clients without a token.</param>
/// <param name="Tokens">The entries for each token.</param>
/// <param name="Size">The channel size that is granted with a purchase.</param>
public sealed record PriceList(ImmutableArray<PriceEntry> Entries, ImmutableDictionary<string, ImmutableArray<PriceEntry>> Tokens, ChannelSize Size)
{
    /// <summary>Tokens whose clients' channels have no reserve.</summary>
    public ImmutableHashSet<string> ZeroReserveTokens { get; init; } = [];

    /// <summary>An empty map for <see cref="Tokens"/>.</summary>
    public static readonly ImmutableDictionary<string, ImmutableArray<PriceEntry>> NoTokens = ImmutableDictionary.Create<string, ImmutableArray<PriceEntry>>(StringComparer.Ordinal);

    /// <summary>Whether the menu for <paramref name="token"/> depends on on-chain fees.</summary>
    public bool FollowsTheChain(string? token) => EntriesFor(token)?.Any(static entry => entry.FollowsTheChain) == true;

    /// <summary>Returns the ordered menu for a client, without promises; null when the token is unknown (error 200).</summary>
    /// <param name="token">The client's token; null for none.</param>
    /// <param name="now">The current time.</param>
    /// <param name="chain">The on-chain feerates; null while the node does not know them, and then entries that depend on them are omitted.</param>
    public IReadOnlyList<OpeningFeeParams>? Menu(string? token, DateTimeOffset now, ChainFees? chain)
    {
        if (EntriesFor(token) is not { } entries) return null;
        Msat largest = Size.LargestPayment;
        return FeeMenu.Ordered(entries.Select(entry => entry.At(now, chain, largest)).OfType<OpeningFeeParams>());
    }

    /// <summary>Returns the capacity for a purchase; for a variable amount, the capacity for the largest payment.</summary>
    public Sat Capacity(BuyRequest buy) => Size.For(buy.PaymentSize ?? buy.FeeParams.MaxPaymentSize);

    private ImmutableArray<PriceEntry>? EntriesFor(string? token) =>
        token is null ? Entries : Tokens.TryGetValue(token, out ImmutableArray<PriceEntry> entries) ? entries : null;
}
