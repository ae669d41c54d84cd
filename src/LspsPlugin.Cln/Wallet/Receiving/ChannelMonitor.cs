using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Wallet.Records;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Durable;

namespace LspsPlugin.Cln.Wallet.Receiving;

/// <summary>
/// Checks the channels that were accepted unconfirmed: which exist, what the wallet's balance in them is and so what it is owed, which are
/// confirmed, and which are gone. Everything is read from the node each time, so a crash or a lost notification causes no lasting error.
/// </summary>
internal sealed class ChannelMonitor(NodeClient node, GrantedChannels granted, TrustedChannels owed, Func<BlockHeight> height, CancellationToken stopping)
{
    /// <summary>Serializes checks per provider: two concurrent ones could each end what the other began.</summary>
    private readonly KeyedAsyncLock<NodeId> _lock = new();

    /// <summary>Grants without a channel whose provider has disconnected since: no channel can come of them any more.</summary>
    private readonly HashSet<GrantedChannel> _broken = new(ReferenceEqualityComparer.Instance);

    /// <summary>Checks everything that is watched.</summary>
    public async ValueTask LookAsync()
    {
        foreach (NodeId provider in granted.Providers.Concat(owed.Providers).Distinct().ToArray()) await LookAsync(provider);
    }

    /// <returns>False if the node did not answer.</returns>
    public async ValueTask<bool> LookAsync(NodeId provider)
    {
        await _lock.EnterAsync(provider);
        try
        {
            // The node's list is newer than the disconnections known at this point.
            var broken = new HashSet<GrantedChannel>(granted.Of(provider).Where(_broken.Contains), ReferenceEqualityComparer.Instance);
            var listed = await node.ListPeerChannelsAsync(provider, stopping);
            if (!listed.IsOk) return false;
            await JudgeAsync(provider, listed.Value.Channels, broken);
            return true;
        }
        finally
        {
            _lock.Leave(provider);
        }
    }

    /// <summary>
    /// Checks a provider that has disconnected. An opening ends with its connection: its channel is in the node's list by now, or never
    /// will be.
    /// </summary>
    public ValueTask<bool> OnDisconnectAsync(NodeId provider)
    {
        foreach (GrantedChannel unknown in granted.Of(provider).Where(static one => one.ChannelId is null)) _broken.Add(unknown);
        return LookAsync(provider);
    }

    private async ValueTask JudgeAsync(NodeId provider, PeerChannel[] rows, HashSet<GrantedChannel> broken)
    {
        await granted.FindAsync(provider, rows);
        foreach (GrantedChannel one in granted.Of(provider).ToArray())
        {
            if (one.ChannelId is not null) await JudgeAsync(one, rows.FirstOrDefault(row => row.ChannelId == one.ChannelId));
            else if (broken.Contains(one)) await granted.ForgetAsync(one);
        }

        // Remove those that are decided, whoever decided them: a channel was found, or the grant is over.
        _broken.RemoveWhere(one => !granted.Of(one.Provider).Contains(one, ReferenceEqualityComparer.Instance));
        await owed.JudgeAsync(provider, rows, height());
    }

    private async ValueTask JudgeAsync(GrantedChannel one, PeerChannel? row)
    {
        if (row is { ShortChannelId: null } && !one.IsDying)
        {
            if (await HeldAsync(row) is not { } held) return; // checked again with the next block
            await owed.BookAsync(one, held, height());
        }

        if (row is null || row.ShortChannelId is not null) await granted.ForgetAsync(one);
        else if (ChannelStates.IsAlive(row.State)) return;
        else if (row.Htlcs is not { Length: > 0 }) await granted.ForgetAsync(one);
        else if (!one.IsDying) await granted.RetireAsync(one);
    }

    /// <summary>
    /// Returns what the wallet owns in a channel: its balance plus every HTLC whose preimage it has released. The peer may never
    /// acknowledge the removal of such an HTLC, and until then the balance does not include it.
    /// </summary>
    /// <returns>Null if the node does not say.</returns>
    private async ValueTask<Msat?> HeldAsync(PeerChannel row)
    {
        if (row.ToUsMsat is not { } balance) return null;
        ulong held = balance.Value;
        foreach (IGrouping<PaymentHash, PeerChannelHtlc> parts in (row.Htlcs ?? []).Where(static htlc => htlc.Direction == "in").GroupBy(static htlc => htlc.PaymentHash))
        {
            var known = await node.ListInvoicesAsync(parts.Key, stopping);
            if (!known.IsOk) return null;
            if (known.Value.Invoices.Any(static invoice => invoice.Status == "paid")) held = parts.Aggregate(held, static (sum, part) => checked(sum + (part.AmountMsat?.Value ?? 0)));
        }

        return new Msat(held);
    }
}
