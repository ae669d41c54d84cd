using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions.Phases;

namespace LspsPlugin.Core.Sessions;

/// <summary>What a payment would be with one more part: what counts where a bound leaves no room for all.</summary>
/// <param name="IsComplete">It would be whole.</param>
/// <param name="Collected">What its parts would add up to, in msat.</param>
public readonly record struct Prospect(bool IsComplete, UInt128 Collected)
{
    /// <summary>Null where the part would come back whatever room there is.</summary>
    /// <param name="held">The parts that the payment has.</param>
    public static Prospect? Of(SessionTerms terms, IReadOnlyList<Part> held, Part part, BlockHeight height)
    {
        if (Intake.Refuse(terms, new PartArrived(part, height)) is not null) return null;
        UInt128 sum = held.Aggregate((UInt128)part.Amount.Value, static (all, one) => all + one.Amount.Value);
        if (terms.Offer.PaymentSize is { } size) return sum <= 2 * (UInt128)size.Value ? new Prospect(sum >= size.Value, sum) : null;
        bool isPriced = part.Amount >= terms.Offer.FeeParams.MinPaymentSize && part.Amount <= terms.Offer.FeeParams.MaxPaymentSize;
        return isPriced && held.Count == 0 ? new Prospect(true, sum) : null;
    }
}
