using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Simulation.Model;

/// <summary>A node's invoice and the parts that have arrived for it.</summary>
public sealed class SimInvoice(string label, string bolt11, Preimage preimage, Msat? amount, ulong expiresAt, ulong createdIndex)
{
    public string Label => label;

    public string Bolt11 => bolt11;

    public Preimage Preimage => preimage;

    public Msat? Amount => amount;

    public ulong ExpiresAt => expiresAt;

    public ulong CreatedIndex => createdIndex;

    /// <summary>Whether all parts have arrived: from then on it accepts no others.</summary>
    public bool IsComplete { get; set; }

    public bool IsPaid { get; set; }

    public Msat Received { get; set; }

    public List<(SimHtlc Htlc, Msat Total)> Parts { get; } = [];
}
