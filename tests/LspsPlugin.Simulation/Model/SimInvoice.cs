using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Simulation.Model;

/// <summary>A node's invoice and the parts that have arrived for it.</summary>
/// <param name="bolt11">Its text; of an invoice of BOLT 12, that one.</param>
public sealed class SimInvoice(string label, string bolt11, Preimage preimage, Msat? amount, ulong expiresAt, ulong createdIndex)
{
    public string Label => label;

    public string Bolt11 => bolt11;

    public Preimage Preimage => preimage;

    /// <summary>What a part must bring to be one of this invoice: the payment secret, or the path_id of its blinded paths.</summary>
    public PaymentSecret Secret { get; init; } = preimage.DeriveSecret();

    /// <summary>The offer that it is for, if it is an invoice of BOLT 12.</summary>
    public string? OfferId { get; init; }

    public Msat? Amount => amount;

    public ulong ExpiresAt => expiresAt;

    public ulong CreatedIndex => createdIndex;

    /// <summary>Whether all parts have arrived: from then on it accepts no others.</summary>
    public bool IsComplete { get; set; }

    public bool IsPaid { get; set; }

    public Msat Received { get; set; }

    public List<(SimHtlc Htlc, Msat Total)> Parts { get; } = [];
}
