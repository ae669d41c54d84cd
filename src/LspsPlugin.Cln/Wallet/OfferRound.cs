using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2;

namespace LspsPlugin.Cln.Wallet;

/// <summary>What one provider offers for a payment: an entry with its fee, or why it is passed over.</summary>
internal sealed record Offer(ProviderAddress Provider)
{
    /// <summary>The answer to the question for its menu.</summary>
    public LspsAnswer Answer { get; init; }

    public OpeningFeeParams? Entry { get; init; }

    /// <summary>For the payment, or for the reference where the payer chooses the amount.</summary>
    public Msat Fee { get; init; }

    /// <summary>Why nothing is bought from it; null while that is open.</summary>
    public string? PassedOver { get; init; }
}

/// <summary>Asks several providers at once what a channel costs; one that does not answer costs only its own offer.</summary>
internal sealed class OfferRound(LspsClient client, NodeClient node, TimeProvider time, CancellationToken stopping)
{
    /// <summary>An offer must be good for this long when it is bought, else nobody could pay in time.</summary>
    public static readonly TimeSpan ShortestUse = TimeSpan.FromMinutes(1);

    /// <summary>What offers are compared for when the payer chooses the amount: 100,000 sat, as far as an entry admits it.</summary>
    public static readonly Msat Reference = new(100_000_000);

    /// <summary>All offers, those that can be bought first, the cheapest before the others.</summary>
    public async Task<IReadOnlyList<Offer>> AskAsync(IReadOnlyList<ProviderAddress> providers, Msat? amount, FeeCap cap)
    {
        Offer[] offers = await Task.WhenAll(providers.Select(provider => AskOneAsync(provider, amount, cap)));
        return [.. offers.OrderBy(offer => offer.PassedOver is not null).ThenBy(offer => offer.Fee)];
    }

    private async Task<Offer> AskOneAsync(ProviderAddress provider, Msat? amount, FeeCap cap)
    {
        var offer = new Offer(provider);
        if (provider.Address is { } address)
        {
            var connected = await node.ConnectAsync(provider.Id, address, stopping);
            if (!connected.IsOk) return offer with { PassedOver = $"it cannot be connected to: {connected.Error}" };
        }

        LspsAnswer answer = await client.AskAsync(provider.Id, "lsps2.get_info", json =>
        {
            if (provider.Token is { } token) json.WriteString("token"u8, token);
        });
        offer = offer with { Answer = answer };
        if (answer.Result is not { } result) return offer with { PassedOver = answer.Problem ?? $"it answers {answer.Error!.Code}: {answer.Error.Explain()}" };
        if (MenuReading.Read(result, out string? problem) is not { } menu) return offer with { PassedOver = problem };
        if (MenuReading.Choose(menu, amount, time.GetUtcNow(), ShortestUse, out problem) is not { } entry) return offer with { PassedOver = problem };
        Msat payment = amount ?? Clamp(Reference, entry.MinPaymentSize, entry.MaxPaymentSize);
        if (!OpeningFee.TryCompute(payment, entry, out Msat fee)) return offer with { PassedOver = "its opening fee overflows" };
        return offer with { Entry = entry, Fee = fee, PassedOver = cap.Refuse(fee, payment) };
    }

    private static Msat Clamp(Msat value, Msat least, Msat most) => value < least ? least : value > most ? most : value;
}
