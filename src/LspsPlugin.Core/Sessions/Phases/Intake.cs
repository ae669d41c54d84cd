using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Sessions.Phases;

/// <summary>Whether a part may join a payment: the checks that every phase with held parts shares.</summary>
internal static class Intake
{
    /// <summary>Why this part cannot be held at all, whatever the others are; null when it can.</summary>
    public static FailureReason? Refuse(SessionTerms terms, PartArrived arrived)
    {
        Part part = arrived.Part;
        if (part.Amount == Msat.Zero || part.Received < part.Amount) return FailureReason.PartUnderpaid;

        // Less would leave the node too little time to claim upstream.
        if ((ulong)part.OutgoingCltv.Value + terms.CltvDelta.Value > part.CltvExpiry.Value) return FailureReason.CltvDeltaTooSmall;
        return part.ExpiresWithin(arrived.Height, terms.Limits.CltvSafety) ? FailureReason.CltvTooClose : null;
    }

    /// <summary>Why a part cannot join a payment that is already complete; null when it can.</summary>
    public static FailureReason? RefuseLate(SessionTerms terms, ValueList<Part> parts, PartArrived arrived)
    {
        if (Refuse(terms, arrived) is { } refused) return refused;
        if (parts.Count >= terms.Limits.MaxParts) return FailureReason.TooManyParts;
        if (terms.Offer.PaymentSize is not { } size) return parts.Count > 0 ? FailureReason.OneHtlcOnly : null;
        return ExceedsTwice(parts.Add(arrived.Part).Sum(), size) ? FailureReason.Overpaid : null;
    }

    /// <summary>BOLT 4 lets a payer send up to twice the amount, to hide it; more is a mistake or an attack on our funds.</summary>
    public static bool ExceedsTwice(Msat? sum, Msat size) => sum is not { } s || (s > size && s.Value - size.Value > size.Value);

    /// <summary>Whether the parts make the payment complete (R52-58); a variable amount is complete with its one HTLC.</summary>
    public static bool IsComplete(SessionTerms terms, ValueList<Part> parts) =>
        parts.Count > 0 && parts.Sum() is { } sum && (terms.Offer.PaymentSize is not { } size || sum >= size);

    /// <summary>A late part in a phase whose state is <paramref name="joined"/> with it.</summary>
    public static Transition Join(SessionTerms terms, SessionState same, ValueList<Part> parts, PartArrived arrived, Func<ValueList<Part>, SessionState> joined)
    {
        if (parts.Holds(arrived.Part.Htlc)) return Transition.Ignore(same, arrived, "the node replayed a part that we hold");
        if (RefuseLate(terms, parts, arrived) is { } reason) return RefusePart(same, arrived.Part, reason);
        ValueList<Part> all = parts.Add(arrived.Part);
        return Transition.To(joined(all)).Tell(Added(arrived.Part, all));
    }

    /// <summary>Fails one part and leaves the rest as it is.</summary>
    public static Transition RefusePart(SessionState same, Part part, FailureReason reason) =>
        Transition.To(same, new FailParts([part], reason)).Tell(new PartsFailed([part], reason));

    public static PartAdded Added(Part part, ValueList<Part> all) => new(part.Htlc, part.Amount, all.Count, all.Sum() ?? new Msat(ulong.MaxValue));
}
