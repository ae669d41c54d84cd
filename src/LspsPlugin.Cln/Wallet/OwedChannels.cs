using System.Text.Json;
using LspsPlugin.Cln.Host;
using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Wallet;

/// <summary>
/// Watches what providers owe: a payment that was taken on trust is the user's only once the channel's funding is in the chain. On record,
/// so that a restart forgets no debt; not below "lsps", where other tools expect nothing once a payment has arrived.
/// </summary>
internal sealed class OwedChannels(NodeClient node, HostLog log, CancellationToken stopping)
{
    /// <summary>Blocks after which a funding that was sent at once should be in the chain, whatever the fees do meanwhile.</summary>
    public const uint Patience = 6;

    private static readonly string[] Key = ["lsps-client", "owed"];

    private readonly Dictionary<ChannelId, OwedChannel> _owed = [];
    private readonly HashSet<ChannelId> _overdue = [];

    public void WriteStatus(Utf8JsonWriter json)
    {
        json.WriteStartArray("owed_channels"u8);
        foreach (OwedChannel owed in _owed.Values) owed.Write(json, _overdue.Contains(owed.ChannelId));
        json.WriteEndArray();
    }

    /// <summary>A channel that this provider should have funded by now.</summary>
    public OwedChannel? OverdueOf(NodeId provider) => _owed.Values.FirstOrDefault(owed => owed.Provider == provider && _overdue.Contains(owed.ChannelId));

    /// <returns>Null when the records were read, else why not.</returns>
    public async ValueTask<string?> LoadAsync()
    {
        var listed = await node.ListDatastoreAsync(Key, stopping);
        if (!listed.IsOk) return listed.Error.ToString();
        foreach (DatastoreEntry entry in listed.Value.Datastore)
        {
            if (OwedChannel.Read(entry.String) is { } owed) _owed[owed.ChannelId] = owed;
            else log.Unusual($"wallet: the record {string.Join('/', entry.Key)} cannot be read and is left alone");
        }

        return null;
    }

    /// <summary>A payment was taken on trust: whatever it came through that is not in the chain is owed from here on.</summary>
    /// <param name="over">The channels that it came through, by their names; empty when that is not known any more.</param>
    /// <returns>False when the node did not tell the channels, or put one not on record: then this is to be called again.</returns>
    public async ValueTask<bool> BeginAsync(Purchase purchase, Msat amount, IReadOnlyCollection<Scid> over, BlockHeight height)
    {
        var listed = await node.ListPeerChannelsAsync(purchase.Provider, stopping);
        if (!listed.IsOk)
        {
            log.Unusual($"wallet: whether the channel of {purchase.JitScid} is funded cannot be watched yet: {listed.Error}");
            return false;
        }

        bool isOnRecord = true;
        foreach (PeerChannel row in listed.Value.Channels)
        {
            bool carried = over.Count == 0 ? row.Opener == "remote" : over.Any(name => FundingLook.IsNamed(row, name));
            if (!carried || row.ShortChannelId is not null || row.ChannelId is not { } channel || !ChannelStates.IsAlive(row.State)) continue;
            if (!_owed.TryGetValue(channel, out OwedChannel? owed)) _owed.Add(channel, owed = new OwedChannel(purchase.Provider, channel, purchase.JitScid, amount, height));
            var saved = await node.DatastoreAsync(new DatastoreParams([.. Key, channel.ToString()], owed.Write(), "create-or-replace", null), stopping);
            if (saved.IsOk) continue;
            log.Unusual($"wallet: that {purchase.Provider} owes the funding of {channel} is not on record yet: {saved.Error}");
            isOnRecord = false;
        }

        return isOnRecord;
    }

    /// <summary>Looks at what is owed, with each block.</summary>
    public async ValueTask LookAsync(BlockHeight height)
    {
        foreach (IGrouping<NodeId, OwedChannel> debts in _owed.Values.GroupBy(owed => owed.Provider).ToArray())
        {
            var listed = await node.ListPeerChannelsAsync(debts.Key, stopping);
            if (!listed.IsOk) continue;
            foreach (OwedChannel owed in debts) await JudgeAsync(owed, listed.Value.Channels.FirstOrDefault(row => row.ChannelId == owed.ChannelId), height);
        }
    }

    private async ValueTask JudgeAsync(OwedChannel owed, PeerChannel? row, BlockHeight height)
    {
        if (!_owed.ContainsKey(owed.ChannelId)) return; // judged meanwhile, for another block
        if (row?.ShortChannelId is { } scid)
        {
            log.Info($"wallet: the funding of {owed.ChannelId} by {owed.Provider} is confirmed as {scid}");
            await ForgetAsync(owed);
        }
        else if (row is null || !ChannelStates.IsAlive(row.State))
        {
            log.Unusual($"wallet: {owed.Provider} took the payment of {owed.Amount} for {owed.ChannelId}, and the channel is gone without a confirmed funding: that amount is lost unless the provider makes it good");
            await ForgetAsync(owed);
        }
        else if (height.Value >= owed.Since.Value + Patience && _overdue.Add(owed.ChannelId))
        {
            log.Unusual($"wallet: {owed.Provider} has not funded {owed.ChannelId} {Patience} blocks after {owed.Amount} came through it: nothing more is bought from it on trust");
        }
    }

    private async ValueTask ForgetAsync(OwedChannel owed)
    {
        _owed.Remove(owed.ChannelId);
        _overdue.Remove(owed.ChannelId);
        var deleted = await node.DelDatastoreAsync([.. Key, owed.ChannelId.ToString()], stopping);
        if (!deleted.IsOk && deleted.Error.Code != NodeCodes.DatastoreMissingOnDelete) log.Unusual($"wallet: the record of {owed.ChannelId} could not be deleted: {deleted.Error}");
    }
}
