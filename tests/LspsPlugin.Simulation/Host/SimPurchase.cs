using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;

namespace LspsPlugin.Simulation.Host;

/// <summary>A JIT channel that a wallet bought, with its invoice.</summary>
/// <param name="Price">Null if the payer chooses the amount.</param>
/// <param name="Token">The token used for the purchase.</param>
public sealed record SimPurchase(SimNode Wallet, Bolt11Invoice Invoice, Msat? Price, string? Token = null)
{
    /// <summary>The invoice as the wallet's user hands it out, signed; empty if the wallet made it by hand.</summary>
    public string Text { get; init; } = "";

    public Scid JitScid => Invoice.RouteHint!.Scid;

    public PaymentHash Hash => Invoice.PaymentHash;

    /// <summary>Whether a part with another purchase's hash was sent to its scid, or one with its hash to another's scid.</summary>
    public bool IsMixed { get; set; }

    /// <summary>What payers sent to the JIT scid or with the hash, in order.</summary>
    public List<Task<PartResult>> Sent { get; } = [];

    /// <summary>Whether HTLCs with its hash were sent over other channels: it may then be paid without a channel of its own.</summary>
    public bool IsPaidPast { get; set; }
}
