using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Scenarios.Network;

/// <summary>One part of a payment, over one channel of the payer and the hop in the invoice's hint.</summary>
/// <param name="Invoice">An invoice with a route hint of one hop.</param>
/// <param name="Amount">The amount at the end of the hop, before an opening fee is deducted.</param>
/// <param name="Over">The payer's channel to the hop's node, by its real short channel id.</param>
public sealed record PartOrder(Bolt11Invoice Invoice, Msat Amount, Scid Over)
{
    /// <summary>Unique within a payment; 0 for a payment in one part.</summary>
    public uint PartId { get; init; }

    /// <summary>The total that the parts announce; by default the invoice's amount, or this part's if the invoice has none.</summary>
    public Msat? Total { get; init; }

    /// <summary>A hop other than the hint's.</summary>
    public Scid? Hop { get; init; }

    /// <summary>A CLTV delta for the hop other than the hint's, in blocks.</summary>
    public uint? Delta { get; init; }

    /// <summary>Whether the hop is part of a blinded path that begins there, and is named only in its encrypted data.</summary>
    public bool IsBlinded { get; init; }

    /// <summary>Whether odd TLVs fill its update_add_htlc to the last byte.</summary>
    public bool FillsMessage { get; init; }
}

/// <summary>A part in progress.</summary>
/// <param name="Outcome">Completes when the payer knows the outcome.</param>
public sealed record SentPart(PartOrder Order, Task<PartOutcome> Outcome);

/// <summary>The outcome of a part for its payer.</summary>
/// <param name="Preimage">Set if the part is paid.</param>
/// <param name="Failure">Otherwise the failure code (BOLT 4).</param>
public sealed record PartOutcome(Preimage? Preimage, ushort Failure)
{
    public bool IsPaid => Preimage is not null;
}
