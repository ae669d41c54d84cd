using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;

namespace LspsPlugin.Simulation.Host;

/// <summary>A JIT channel that a wallet bought, with the invoice that pays for it.</summary>
/// <param name="Price">Null for an amount that the payer chooses.</param>
/// <param name="Token">What the wallet bought it with.</param>
public sealed record SimPurchase(SimNode Wallet, Bolt11Invoice Invoice, Msat? Price, string? Token = null)
{
    public Scid JitScid => Invoice.RouteHint!.Scid;

    public PaymentHash Hash => Invoice.PaymentHash;

    /// <summary>Whether a part with another purchase's hash went to its scid, or one with its hash to another's.</summary>
    public bool IsMixed { get; set; }

    /// <summary>What payers sent to the JIT scid or with the hash, in order.</summary>
    public List<Task<PartResult>> Sent { get; } = [];

    /// <summary>Somebody sent HTLCs with its hash over other channels: it may be paid without one of its own.</summary>
    public bool IsPaidPast { get; set; }
}
