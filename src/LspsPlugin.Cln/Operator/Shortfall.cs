using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Cln.Operator;

/// <summary>What unpaid offers would cost beyond their opening fees, at feerates that rose since they were sold.</summary>
/// <param name="Offers">How many offers cost more than they bring.</param>
/// <param name="Refused">How many of them cost so much more that no channel is opened for them.</param>
/// <param name="Sum">What the others cost more, together.</param>
internal readonly record struct Shortfall(int Offers, int Refused, Sat Sum)
{
    /// <param name="unpaid">The offers.</param>
    /// <param name="cost">The on-chain fees of one channel, its close included.</param>
    /// <param name="most">The most by which a channel may cost more than its fee (lsps2-max-shortfall-sat).</param>
    public static Shortfall Of(IEnumerable<Offer> unpaid, Sat cost, Sat most)
    {
        int offers = 0, refused = 0;
        Msat sum = Msat.Zero;
        foreach (Offer offer in unpaid)
        {
            // Of a variable amount only the minimum is promised.
            Msat fee = offer.FeeParams.MinFee;
            if (offer.PaymentSize is { } size && OpeningFee.TryCompute(size, offer.FeeParams, out Msat computed)) fee = computed;
            if (cost.ToMsat() <= fee) continue;
            offers++;
            if (cost.ToMsat() > fee + most.ToMsat()) refused++;
            else sum += cost.ToMsat() - fee;
        }

        return new(offers, refused, sum.ToSatCeil());
    }
}
