using LspsPlugin.Cln.Provider;
using LspsPlugin.Cln.Wallet;

namespace LspsPlugin.Cln.Host;

/// <summary>The roles that are switched on, fixed at init.</summary>
internal sealed record Roles(ProviderRole? Provider, WalletRole? Wallet)
{
    /// <summary>Whether an HTLC must be looked at; the answer for all others is "continue", at once and without a trace.</summary>
    public bool Concern(ReadOnlySpan<byte> htlcAcceptedParams)
    {
        if (Wallet is not null && Wallet.Guards(htlcAcceptedParams)) return true;
        if (!HtlcScan.TryRead(htlcAcceptedParams, out HtlcDestination to)) return true;
        if (to.NextScid is { } next) return Provider is not null && Provider.Concerns(next);
        return !to.IsForward && to.Hash is { } hash && Wallet is not null && Wallet.Concerns(hash);
    }

    public override string ToString() => (Provider, Wallet) switch
    {
        (not null, not null) => "provider and wallet",
        (not null, null) => "provider",
        (null, not null) => "wallet",
        (null, null) => "nothing",
    };
}
