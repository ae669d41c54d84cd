using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Scenarios.Network;

/// <summary>One part of a payment over one channel of the payer and the hop that the invoice names.</summary>
/// <param name="Invoice">With a route hint of one hop.</param>
/// <param name="Amount">What is to arrive at the end of the hop, before an opening fee is taken.</param>
/// <param name="Over">The payer's channel to the hop's node, by its real short channel id.</param>
public sealed record PartOrder(Bolt11Invoice Invoice, Msat Amount, Scid Over)
{
    /// <summary>Different for each part of a payment; 0 for a payment in one part.</summary>
    public uint PartId { get; init; }

    /// <summary>The sum that the parts announce; the invoice's amount unless told, or this part's.</summary>
    public Msat? Total { get; init; }

    /// <summary>Another hop than the hint's.</summary>
    public Scid? Hop { get; init; }

    /// <summary>Another delta for the hop than the hint's, in blocks.</summary>
    public uint? Delta { get; init; }

    /// <summary>The hop is part of a blinded path that begins there, and is named in its encrypted part alone.</summary>
    public bool IsBlinded { get; init; }

    /// <summary>It comes with odd TLVs that fill its update_add_htlc to the last byte.</summary>
    public bool FillsMessage { get; init; }
}

/// <summary>A part under way.</summary>
/// <param name="Outcome">Completes when the payer knows.</param>
public sealed record SentPart(PartOrder Order, Task<PartOutcome> Outcome);

/// <summary>How a part ended for its payer.</summary>
/// <param name="Preimage">When it is paid.</param>
/// <param name="Failure">Otherwise the failure's code, of BOLT 4.</param>
public sealed record PartOutcome(Preimage? Preimage, ushort Failure)
{
    public bool IsPaid => Preimage is not null;
}
