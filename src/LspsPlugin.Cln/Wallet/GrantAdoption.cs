using LspsPlugin.Cln.Host;
using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Wallet;

/// <summary>
/// Channels that were let in for an approval of the built-in plugin or of an older version, which kept no record of that, and those that
/// are on record as owed: from the start on they are watched as if we had granted them.
/// </summary>
internal sealed class GrantAdoption(NodeClient node, PurchaseBook book, GrantedChannels granted, OwedChannels owed, HostLog log, CancellationToken stopping)
{
    /// <returns>Null when all are on record, else why not.</returns>
    public async ValueTask<string?> RunAsync()
    {
        foreach (NodeId provider in book.Inherited.Select(static purchase => purchase.Provider).Concat(owed.Providers).Distinct().ToArray())
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

        return await book.KeepInheritedAsync();
    }

    private GrantedChannel? Of(NodeId provider, ChannelId channel, PeerChannel row)
    {
        Msat capacity = row.TotalMsat ?? Msat.Zero;
        if (owed.Find(channel) is { } debt) return new GrantedChannel(provider, debt.JitScid, capacity, IsTrusted: true, channel, row.Alias?.Local);

        // Only one that needed no confirmation carries HTLCs without it.
        if (!ChannelStates.CarriesHtlcs(row.State)) return null;
        Purchase? purchase = book.Inherited.FirstOrDefault(purchase => purchase.Provider == provider && granted.Find(purchase) is null);
        return purchase is null ? null : new GrantedChannel(provider, purchase.JitScid, capacity, !purchase.AwaitsConfirmation, channel, row.Alias?.Local);
    }
}
