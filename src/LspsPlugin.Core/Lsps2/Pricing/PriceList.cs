using System.Collections.Immutable;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Lsps2.Pricing;

/// <summary>The built-in prices, from the operator's options and file; used while no policy plugin is there.</summary>
/// <param name="Entries">For clients without a token.</param>
/// <param name="Tokens">For those that show one: each token has a list of its own.</param>
public sealed record PriceList(ImmutableArray<PriceEntry> Entries, ImmutableDictionary<string, ImmutableArray<PriceEntry>> Tokens, ChannelSize Size)
{
    /// <summary>Tokens whose clients need keep no reserve in the channels that they buy.</summary>
    public ImmutableHashSet<string> ZeroReserveTokens { get; init; } = [];

    public static readonly ImmutableDictionary<string, ImmutableArray<PriceEntry>> NoTokens = ImmutableDictionary.Create<string, ImmutableArray<PriceEntry>>(StringComparer.Ordinal);

    /// <summary>Whether the menu for <paramref name="token"/> needs the chain's fees.</summary>
    public bool FollowsTheChain(string? token) => EntriesFor(token)?.Any(static entry => entry.FollowsTheChain) == true;

    /// <summary>The menu for a client, in order and still without promises; null when the token is not known (error 200).</summary>
    /// <param name="chain">Null while the node does not know the chain's fees: entries that follow it are left out then.</param>
    public IReadOnlyList<OpeningFeeParams>? Menu(string? token, DateTimeOffset now, ChainFees? chain)
    {
        if (EntriesFor(token) is not { } entries) return null;
        Msat largest = Size.LargestPayment;
        return FeeMenu.Ordered(entries.Select(entry => entry.At(now, chain, largest)).OfType<OpeningFeeParams>());
    }

    /// <summary>The channel for a purchase: for a variable amount it must carry the largest one.</summary>
    public Sat Capacity(BuyRequest buy) => Size.For(buy.PaymentSize ?? buy.FeeParams.MaxPaymentSize);

    private ImmutableArray<PriceEntry>? EntriesFor(string? token) =>
        token is null ? Entries : Tokens.TryGetValue(token, out ImmutableArray<PriceEntry> entries) ? entries : null;
}
