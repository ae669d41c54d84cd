using LspsPlugin.Cln.Payer;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Cln.Provider;
using LspsPlugin.Cln.Wallet;

namespace LspsPlugin.Cln.Plugin;

/// <summary>The enabled roles, fixed at init.</summary>
/// <param name="Provider">Also set if the role is off but the records contain obligations; it then sells nothing.</param>
/// <param name="Wallet">Null if the role is off.</param>
/// <param name="Payer">Null if the role is off.</param>
internal sealed record Roles(ProviderRole? Provider, WalletRole? Wallet, PayerRole? Payer = null)
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

    public override string ToString()
    {
        var names = new List<string>();
        if (Provider is { Sells: true }) names.Add("provider");
        if (Wallet is not null) names.Add("wallet");
        if (Payer is not null) names.Add("payer");
        if (Provider is { Sells: false }) names.Add("provider that only completes its obligations");
        return names.Count == 0 ? "nothing" : string.Join(" and ", names);
    }
}
