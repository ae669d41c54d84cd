using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Runtime;

namespace LspsPlugin.Cln.Wallet;

/// <summary>
/// Looks at the channels that came in without confirmation: which of them are there, what the wallet holds in them and so is owed, which
/// are confirmed, and which are gone. All of it is read from the node each time, so no crash and no lost news can make it wrong for long.
/// </summary>
internal sealed class ChannelWatch(NodeClient node, GrantedChannels granted, OwedChannels owed, Func<BlockHeight> height, CancellationToken stopping)
{
    /// <summary>Two looks at one provider at a time could each end what the other began.</summary>
    private readonly Turns<NodeId> _turns = new();

    /// <summary>Grants without a channel whose provider was disconnected since: no channel comes of them any more.</summary>
    private readonly HashSet<GrantedChannel> _broken = new(ReferenceEqualityComparer.Instance);

    /// <summary>Looks at everything that is watched.</summary>
    public async ValueTask LookAsync()
    {
        foreach (NodeId provider in granted.Providers.Concat(owed.Providers).Distinct().ToArray()) await LookAsync(provider);
    }

    /// <returns>False when the node did not answer.</returns>
    public async ValueTask<bool> LookAsync(NodeId provider)
    {
        await _turns.EnterAsync(provider);
        try
        {
            // What the node lists is younger than the disconnections that we know of now.
            var broken = new HashSet<GrantedChannel>(granted.Of(provider).Where(_broken.Contains), ReferenceEqualityComparer.Instance);
            var listed = await node.ListPeerChannelsAsync(provider, stopping);
            if (!listed.IsOk) return false;
            await JudgeAsync(provider, listed.Value.Channels, broken);
            return true;
        }
        finally
        {
            _turns.Leave(provider);
        }
    }

    /// <summary>An opening ends with its connection: by now its channel is in the node's list, or it never will be.</summary>
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

        // Whatever became of them, and by whom: a channel was found, or the grant is over.
        _broken.RemoveWhere(one => !granted.Of(one.Provider).Contains(one, ReferenceEqualityComparer.Instance));
        await owed.JudgeAsync(provider, rows, height());
    }

    private async ValueTask JudgeAsync(GrantedChannel one, PeerChannel? row)
    {
        if (row is { ShortChannelId: null } && !one.IsDying)
        {
            if (await HeldAsync(row) is not { } held) return; // looked at again with the next block
            await owed.BookAsync(one, held, height());
        }

        if (row is null || row.ShortChannelId is not null) await granted.ForgetAsync(one);
        else if (ChannelStates.IsAlive(row.State)) return;
        else if (row.Htlcs is not { Length: > 0 }) await granted.ForgetAsync(one);
        else if (!one.IsDying) await granted.RetireAsync(one);
    }

    /// <summary>
    /// What the wallet has in a channel: its balance, and every HTLC that it has given the preimage for; the peer may never acknowledge
    /// that one is gone, and until it does the balance is without it.
    /// </summary>
    /// <returns>Null when the node does not tell.</returns>
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
