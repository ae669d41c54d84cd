using System.Text.Json;
using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Options;
using LspsPlugin.Cln.Peers;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2;

namespace LspsPlugin.Cln.Wallet.Buying;

/// <summary>One provider's offer for a payment: a menu entry with its fee, or the reason for passing it over.</summary>
internal sealed record ProviderOffer(ProviderAddress Provider)
{
    /// <summary>The provider's answer to lsps2.get_info.</summary>
    public LspsAnswer Answer { get; init; }

    public OpeningFeeParams? Entry { get; init; }

    /// <summary>
    /// The amount that the fee is for: the payment, or <see cref="OfferRound.Reference"/> if the payer chooses the amount.
    /// </summary>
    public Msat Payment { get; init; }

    public Msat Fee { get; init; }

    /// <summary>Why nothing is bought from this provider; null while undecided.</summary>
    public string? PassedOver { get; init; }
}

/// <summary>Asks several providers concurrently for their prices; a provider that does not answer loses only its own offer.</summary>
internal sealed class OfferRound(Lsps2Client client, NodeClient node, TimeProvider time, CancellationToken stopping)
{
    /// <summary>Minimum remaining validity of an offer at the purchase; otherwise nobody could pay in time.</summary>
    public static readonly TimeSpan ShortestUse = TimeSpan.FromMinutes(1);

    /// <summary>The amount for comparing offers if the payer chooses the amount: 100,000 sat, within the limits of the entry.</summary>
    public static readonly Msat Reference = new(100_000_000);

    /// <summary>How long to wait for other providers once there is an offer that can be bought.</summary>
    private static readonly TimeSpan AfterTheFirst = TimeSpan.FromSeconds(10);

    /// <summary>Maximum waiting time if several providers are asked.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(45);

    /// <summary>Returns all offers: first those that can be bought, cheapest first.</summary>
    public async Task<IReadOnlyList<ProviderOffer>> AskAsync(IReadOnlyList<ProviderAddress> providers, Msat? amount, FeeCap cap)
    {
        using var answers = new OfferAnswers(providers.Count, stopping);
        Task<ProviderOffer>[] asked = [.. providers.Select(provider => AskOneAsync(provider, amount, cap, answers))];
        if (asked.Length > 1) await WaitAsync(answers);
        var offers = new List<ProviderOffer>();
        foreach ((Task<ProviderOffer> asking, ProviderAddress provider) in asked.Zip(providers))
        {
            bool isAwaited = asked.Length == 1 || asking.IsCompleted;
            offers.Add(isAwaited ? await asking : new ProviderOffer(provider) { PassedOver = "it has not answered in time" });
        }

        return [.. offers.OrderBy(offer => offer.PassedOver is not null).ThenBy(offer => offer.Fee)];
    }

    /// <summary>Waits for the answers. Requests still open at the end time out by themselves, and their answers are not used.</summary>
    private async Task WaitAsync(OfferAnswers answers)
    {
        long start = time.GetTimestamp();
        await PauseAsync(Longest, answers.First);
        TimeSpan left = Longest - time.GetElapsedTime(start);
        if (left > TimeSpan.Zero) await PauseAsync(left < AfterTheFirst ? left : AfterTheFirst, answers.All);
        stopping.ThrowIfCancellationRequested();
    }

    private async Task PauseAsync(TimeSpan longest, CancellationToken enough)
    {
        try
        {
            await Task.Delay(longest, time, enough);
        }
        catch (OperationCanceledException)
        {
            // There is nothing more to wait for.
        }
    }

    private async Task<ProviderOffer> AskOneAsync(ProviderAddress provider, Msat? amount, FeeCap cap, OfferAnswers answers)
    {
        ProviderOffer? offer = null;
        try
        {
            return offer = await AskOneAsync(provider, amount, cap);
        }
        finally
        {
            answers.Count(offer);
        }
    }

    private async Task<ProviderOffer> AskOneAsync(ProviderAddress provider, Msat? amount, FeeCap cap)
    {
        var offer = new ProviderOffer(provider);
        if (provider.Address is { } address)
        {
            var connected = await node.ConnectAsync(provider.Id, address, stopping);
            if (!connected.IsOk) return offer with { PassedOver = $"cannot connect to it: {connected.Error}" };
        }

        LspsAnswer answer = await client.GetInfoAsync(provider.Id, provider.Token);
        offer = offer with { Answer = answer };
        if (answer.Result is not { } result) return offer with { PassedOver = answer.Problem ?? $"it answers {answer.Error!.Code}: {Lsps2Error.Explain(answer.Error)}" };
        if ((MenuTerms.GetRejection(result, amount) ?? Take(result, amount, ref offer)) is { } problem) return offer with { PassedOver = problem };
        return offer with { PassedOver = cap.GetRejection(offer.Fee, offer.Payment) };
    }

    /// <summary>Puts the cheapest entry of a menu into the offer; otherwise returns why there is none.</summary>
    private string? Take(JsonElement result, Msat? amount, ref ProviderOffer offer)
    {
        if (MenuReading.Read(result, out string? problem) is not { } menu) return problem;
        if (MenuReading.Choose(menu, amount, Reference, time.GetUtcNow(), ShortestUse, out problem) is not { } chosen) return problem;
        offer = offer with { Entry = chosen.Entry, Payment = chosen.Payment, Fee = chosen.Fee };
        return null;
    }
}
