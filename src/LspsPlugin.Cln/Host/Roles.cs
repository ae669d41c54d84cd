using LspsPlugin.Cln.Provider;
using LspsPlugin.Cln.Wallet;

namespace LspsPlugin.Cln.Host;

/// <summary>The roles that are switched on, fixed at init.</summary>
/// <param name="Provider">Also where it is off, and something is owed by its records: then it sells nothing.</param>
internal sealed record Roles(ProviderRole? Provider, WalletRole? Wallet)
{
    public ProviderRole? Seller => Provider is { Sells: true } seller ? seller : null;

    /// <summary>Whether an HTLC must be looked at; the answer for all others is "continue", at once and without a trace.</summary>
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
