using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Cln.Wallet.Records;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Wallet.Receiving;

/// <summary>
/// Adopts at start the channels that were accepted for an approval of the built-in plugin or of an older version, which stored no record of
/// them, and those that are stored as owed. From then on they are watched like our own grants.
/// </summary>
internal sealed class GrantAdoption(NodeClient node, PurchaseStore purchases, GrantedChannels granted, TrustedChannels owed, HostLog log, CancellationToken stopping)
{
    /// <returns>Null if all are stored; otherwise the error.</returns>
    public async ValueTask<string?> RunAsync()
    {
        foreach (NodeId provider in purchases.Inherited.Select(static purchase => purchase.Provider).Concat(owed.Providers).Distinct().ToArray())
        {
            var listed = await node.ListPeerChannelsAsync(provider, stopping);
            if (!listed.IsOk) return listed.Error.ToString();
            foreach (PeerChannel row in listed.Value.Channels.Where(GrantedChannels.IsUnconfirmed))
            {
                if (row.ChannelId is not { } channel || granted.Find(channel) is not null || Of(provider, channel, row) is not { } found) continue;
                if (await granted.AddAsync(found) is { } problem) return problem;
                log.Info($"wallet: {channel} of {provider} has no confirmation yet and is watched");
            }
        }

        return await purchases.KeepInheritedAsync();
    }

    private GrantedChannel? Of(NodeId provider, ChannelId channel, PeerChannel row)
    {
        Msat capacity = row.TotalMsat ?? Msat.Zero;
        if (owed.Find(channel) is { } debt) return new GrantedChannel(provider, debt.JitScid, capacity, IsTrusted: true, channel, row.Alias?.Local);

        // Only a channel accepted without confirmation carries HTLCs while it is unconfirmed.
        if (!ChannelStates.CarriesHtlcs(row.State)) return null;
        Purchase? purchase = purchases.Inherited.FirstOrDefault(purchase => purchase.Provider == provider && granted.Find(purchase) is null);
        return purchase is null ? null : new GrantedChannel(provider, purchase.JitScid, capacity, !purchase.AwaitsConfirmation, channel, row.Alias?.Local);
    }
}
