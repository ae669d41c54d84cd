using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Sessions.Phases;

/// <summary>Checks whether a part may join a payment; shared by all phases that hold parts.</summary>
internal static class PartIntake
{
    /// <summary>The number of blocks allowed for opening a channel.</summary>
    private static readonly BlockCount OpeningBlocks = new(2);

    /// <summary>Returns why this part cannot be held, independent of the other parts; null when it can.</summary>
    public static FailureReason? GetRejection(SessionTerms terms, PartArrived arrived)
    {
        Part part = arrived.Part;
        if (part.Amount == Msat.Zero || part.Received < part.Amount) return FailureReason.PartUnderpaid;

        // The node refuses a smaller delta. What the invoice's route hint asks for beyond that is only a margin.
        if ((ulong)part.OutgoingCltv.Value + terms.Limits.NodeCltvDelta.Value > part.CltvExpiry.Value) return FailureReason.CltvDeltaTooSmall;
        if (part.ExpiresWithin(arrived.Height, terms.Limits.CltvSafety + OpeningBlocks)) return FailureReason.CltvTooClose;
        return part.OutgoingCltv > arrived.Height + terms.Limits.MaxCltvExpiry ? FailureReason.CltvTooFar : null;
    }

    /// <summary>
    /// Fails the parts that cannot wait any longer at <paramref name="height"/>. If the rest is a complete payment only these parts are failed,
    /// because others than the payer may send parts with its hash; otherwise all are.
    /// </summary>
    /// <param name="terms">The offer, the payment hash and the operator's limits.</param>
    /// <param name="same">The state to stay in if no part must be failed.</param>
    /// <param name="parts">The parts that wait.</param>
    /// <param name="height">The current block height.</param>
    /// <param name="left">Returns the state with the remaining parts.</param>
    /// <param name="giveUp">Returns the transition that gives up the payment.</param>
    /// <param name="mayBeStale">True when the channel for these parts is already funded: the wallet decides whether it accepts late parts.</param>
    public static Transition OnBlock(
        SessionTerms terms, SessionState same, ValueList<Part> parts, BlockHeight height, Func<ValueList<Part>, SessionState> left, Func<FailureReason, Transition> giveUp, bool mayBeStale = false)
    {
        ValueList<Part> back = [.. parts.Where(part => part.ExpiresWithin(height, terms.Limits.CltvSafety) || (!mayBeStale && part.IsStale(height)))];
        if (back.Count == 0) return Transition.To(same);
        FailureReason reason = back.ExpireWithin(height, terms.Limits.CltvSafety) ? FailureReason.CltvTooClose : FailureReason.HeldTooLong;
        ValueList<Part> rest = parts.Without(back);
        return IsComplete(terms, rest) ? Failing.FailHeld(Transition.To(left(rest)), back, reason) : giveUp(reason);
    }

    /// <summary>Returns the parts without which the payment is still complete, the largest first.</summary>
    public static ValueList<Part> Surplus(SessionTerms terms, ValueList<Part> parts)
    {
        if (terms.Offer.PaymentSize is null) return [];
        ValueList<Part> surplus = [], rest = parts;
        foreach (Part part in parts.OrderByDescending(static part => part.Amount.Value))
        {
            ValueList<Part> without = rest.Without([part]);
            if (!IsComplete(terms, without)) continue;
            (surplus, rest) = (surplus.Add(part), without);
        }

        return surplus;
    }

    /// <summary>Returns why a part cannot join a payment that is already complete; null when it can.</summary>
    public static FailureReason? GetLateRejection(SessionTerms terms, ValueList<Part> parts, PartArrived arrived)
    {
        if (GetRejection(terms, arrived) is { } refused) return refused;
        if (parts.Count >= terms.Limits.MaxParts) return FailureReason.TooManyParts;
        if (terms.Offer.PaymentSize is not { } size) return parts.Count > 0 ? FailureReason.OneHtlcOnly : null;
        return ExceedsTwice(parts.Add(arrived.Part).Sum(), size) ? FailureReason.Overpaid : null;
    }

    /// <summary>
    /// Whether the sum exceeds twice the amount. BOLT 4 allows up to twice the amount, to hide it; more is a mistake or an attack on our funds.
    /// </summary>
    public static bool ExceedsTwice(Msat? sum, Msat size) => sum is not { } s || (s > size && s.Value - size.Value > size.Value);

    /// <summary>Whether the parts make the payment complete (R52-58). A variable amount is complete with its one HTLC.</summary>
    public static bool IsComplete(SessionTerms terms, ValueList<Part> parts) =>
        parts.Count > 0 && parts.Sum() is { } sum && (terms.Offer.PaymentSize is not { } size || sum >= size);

    /// <summary>Adds a late part, with <paramref name="joined"/> as the new state, or fails it.</summary>
    public static Transition Join(SessionTerms terms, SessionState same, ValueList<Part> parts, PartArrived arrived, Func<ValueList<Part>, SessionState> joined)
    {
        if (parts.Holds(arrived.Part.Htlc)) return Transition.Ignore(same, arrived, "the node replayed a part that we hold");
        if (GetLateRejection(terms, parts, arrived) is { } reason) return RefusePart(same, arrived.Part, reason);
        ValueList<Part> all = parts.Add(arrived.Part);
        return Transition.To(joined(all)).Tell(Added(arrived.Part, all));
    }

    /// <summary>Fails one part and does not change the state.</summary>
    public static Transition RefusePart(SessionState same, Part part, FailureReason reason) =>
        Transition.To(same, new FailParts([part], reason)).Tell(new PartsFailed([part], reason));

    public static PartAdded Added(Part part, ValueList<Part> all) => new(part.Htlc, part.Amount, all.Count, all.Sum() ?? new Msat(ulong.MaxValue));
}
