using LspsPlugin.Cln.Protocol;
using LspsPlugin.Cln.Provider;
using LspsPlugin.Cln.Wallet;

namespace LspsPlugin.Cln.Plugin;

/// <summary>The enabled roles, fixed at init.</summary>
/// <param name="Provider">Also set if the role is off but the records contain obligations; it then sells nothing.</param>
/// <param name="Wallet">Null if the role is off.</param>
internal sealed record Roles(ProviderRole? Provider, WalletRole? Wallet)
{
    /// <summary>Returns whether an HTLC must be examined; all others are answered "continue" at once, without logging.</summary>
    public bool Concern(ReadOnlySpan<byte> htlcAcceptedParams)
    {
        if (Wallet is not null && Wallet.Guards(htlcAcceptedParams)) return true;
        if (!HtlcScan.TryRead(htlcAcceptedParams, withChannel: Provider?.HasUnpaidChannels is true, out HtlcDestination to)) return true;
        if (to.Channel is { } channel && Provider?.IsUnpaid(channel) is true) return true;
        if (to.NextScid is { } next) return Provider is not null && Provider.Concerns(next);
        return !to.IsForward && to.Hash is { } hash && Wallet is not null && Wallet.Concerns(hash);
    }

    public override string ToString() => (Provider, Wallet) switch
    {
        ({ Sells: false }, null) => "provider that only completes its obligations",
        ({ Sells: false }, not null) => "wallet, and provider that only completes its obligations",
        (not null, not null) => "provider and wallet",
        (not null, null) => "provider",
        (null, not null) => "wallet",
        (null, null) => "nothing",
    };
}
