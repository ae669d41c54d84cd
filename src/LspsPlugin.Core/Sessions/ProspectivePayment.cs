using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions.Phases;

namespace LspsPlugin.Core.Sessions;

/// <summary>The state of a payment with one more part. Used to rank payments when a limit leaves no room for all.</summary>
/// <param name="IsComplete">Whether the payment would be complete.</param>
/// <param name="Collected">The sum of its parts, in msat.</param>
public readonly record struct ProspectivePayment(bool IsComplete, UInt128 Collected)
{
    /// <summary>Returns the prospect of the payment with <paramref name="part"/>; null when the part would be failed in any case.</summary>
    /// <param name="terms">The offer, the payment hash and the operator's limits.</param>
    /// <param name="held">The parts that the payment already has.</param>
    /// <param name="part">The part that arrived.</param>
    /// <param name="height">The current block height.</param>
    public static ProspectivePayment? Of(SessionTerms terms, IReadOnlyList<Part> held, Part part, BlockHeight height)
    {
        if (PartIntake.GetRejection(terms, new PartArrived(part, height)) is not null) return null;
        UInt128 sum = held.Aggregate((UInt128)part.Amount.Value, static (all, one) => all + one.Amount.Value);
        if (terms.Offer.PaymentSize is { } size) return sum <= 2 * (UInt128)size.Value ? new ProspectivePayment(sum >= size.Value, sum) : null;
        bool isPriced = part.Amount >= terms.Offer.FeeParams.MinPaymentSize && part.Amount <= terms.Offer.FeeParams.MaxPaymentSize;
        return isPriced && held.Count == 0 ? new ProspectivePayment(true, sum) : null;
    }
}
