using LspsPlugin.Cln.Peers;
using LspsPlugin.Cln.Wallet.Records;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2;

namespace LspsPlugin.Cln.Wallet.Buying;

/// <summary>The outcome of an attempt to buy: the stored purchase, the provider's answer, or an error on our side.</summary>
internal sealed record Bought(Purchase? Purchase, LspsAnswer Answer, BuyResult? Terms, string? Problem)
{
    /// <summary>The reason why there is no purchase.</summary>
    public string Why => Problem ?? Answer.Problem ?? (Answer.Error is { } error ? $"it answers {error.Code}: {Lsps2Error.Explain(error)}" : "its answer cannot be read");
}

/// <summary>Buys one offer from one provider.</summary>
internal sealed class Lsps2Buyer(Lsps2Client client, PurchaseStore purchases, TrustRule trust)
{
    /// <summary>Sends lsps2.buy once and stores the purchase. The wallet owes nothing for an offer that it does not use.</summary>
    /// <param name="provider">The provider's node id.</param>
    /// <param name="feeParams">The menu entry, sent back unchanged (R52-27).</param>
    /// <param name="size">The payment size; null if the payer chooses the amount.</param>
    /// <param name="agreed">Whether the command agrees to trust the provider; null if it does not say.</param>
    public async ValueTask<Bought> BuyAsync(NodeId provider, OpeningFeeParams feeParams, Msat? size, bool? agreed)
    {
        LspsAnswer answer = await client.BuyAsync(provider, feeParams, size);
        if (answer.Result is not { } result) return new Bought(null, answer, null, answer.Problem);
        if (BuyResult.Read(result, out string? problem) is not { } terms) return new Bought(null, answer, null, problem);
        if (MenuTerms.GetRejection(result, size) is { } dear) return new Bought(null, answer, terms, dear);

        // Only the answer says whether the provider requires trust. An unwanted purchase is not stored here and expires at the provider.
        if (terms.ClientTrustsLsp && trust.GetOfferRejection(provider, agreed) is { } refused) return new Bought(null, answer, terms, refused);
        var purchase = new Purchase(provider, terms.JitScid, feeParams, size, terms.ClientTrustsLsp, PaymentHash: null)
        {
            AwaitsConfirmation = trust.GetRejection(provider, agreed) is not null,
        };
        problem = await purchases.AddAsync(purchase);
        return new Bought(problem is null ? purchase : null, answer, terms, problem);
    }
}
