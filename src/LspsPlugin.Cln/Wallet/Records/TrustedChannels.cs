using System.Text.Json;
using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Wallet.Records;

/// <summary>
/// Tracks what providers owe: a payment accepted on trust belongs to the user only once the channel's funding is confirmed. Debts are
/// stored, so that they survive a restart; not below "lsps", where other tools expect no records once a payment has arrived.
/// </summary>
internal sealed class TrustedChannels(NodeClient node, HostLog log, CancellationToken stopping)
{
    /// <summary>Number of blocks within which a funding that was broadcast at once should be confirmed, even if feerates rise.</summary>
    public const uint Patience = 6;

    private static readonly string[] Key = ["lsps-client", "owed"];

    private readonly Dictionary<ChannelId, TrustedChannel> _owed = [];
    private readonly HashSet<ChannelId> _overdue = [];

    /// <summary>Debts that the node failed to store; the next check retries.</summary>
    private readonly HashSet<ChannelId> _unsaved = [];

    public void WriteStatus(Utf8JsonWriter json)
    {
        json.WriteStartArray("owed_channels"u8);
        foreach (TrustedChannel owed in _owed.Values) owed.WriteStatus(json, _overdue.Contains(owed.ChannelId));
        json.WriteEndArray();
    }

    /// <summary>Returns a channel that this provider should have funded by now.</summary>
    public TrustedChannel? OverdueOf(NodeId provider) => _owed.Values.FirstOrDefault(owed => owed.Provider == provider && _overdue.Contains(owed.ChannelId));

    public TrustedChannel? Find(ChannelId channel) => _owed.GetValueOrDefault(channel);

    /// <returns>Null if the records were read; otherwise the error.</returns>
    public async ValueTask<string?> LoadAsync()
    {
        var listed = await node.ListDatastoreAsync(Key, stopping);
        if (!listed.IsOk) return listed.Error.ToString();
        foreach (DatastoreEntry entry in listed.Value.Datastore)
        {
            if (TrustedChannel.Read(entry.String, out string? problem) is { } owed) _owed[owed.ChannelId] = owed;
            else log.Unusual($"wallet: the record {string.Join('/', entry.Key)} cannot be read and is left alone: {problem}");
        }

        return null;
    }

    public IEnumerable<NodeId> Providers => _owed.Values.Select(static owed => owed.Provider).Distinct();

    /// <summary>Records the wallet's balance in an unconfirmed channel as the provider's debt.</summary>
    public async ValueTask BookAsync(GrantedChannel granted, Msat held, BlockHeight height)
    {
        ChannelId channel = granted.ChannelId!.Value;
        TrustedChannel? known = _owed.GetValueOrDefault(channel);
        if (held == Msat.Zero)
        {
            if (known is not null) await ForgetAsync(known); // the balance was spent over the same channel
            return;
        }

        TrustedChannel owed = known is null ? new TrustedChannel(granted.Provider, channel, granted.JitScid, held, height) : known with { Amount = held };
        if (known is null) log.Info($"wallet: {granted.Provider} owes the funding of {channel}: {held} was received through it before any confirmation");
        _owed[channel] = owed;
        if (owed == known && !_unsaved.Contains(channel)) return;
        var saved = await node.DatastoreAsync(new DatastoreParams([.. Key, channel.ToString()], owed.Write(), "create-or-replace", null), stopping);
        if (saved.IsOk)
        {
            _unsaved.Remove(channel);
            return;
        }

        _unsaved.Add(channel);
        log.Unusual($"wallet: the record that {granted.Provider} owes the funding of {channel} is not saved yet: {saved.Error}");
    }

    /// <summary>Updates a provider's debts from the node's list of its channels.</summary>
    public async ValueTask JudgeAsync(NodeId provider, PeerChannel[] rows, BlockHeight height)
    {
        foreach (TrustedChannel owed in _owed.Values.Where(owed => owed.Provider == provider).ToArray())
        {
            await JudgeAsync(owed, rows.FirstOrDefault(row => row.ChannelId == owed.ChannelId), height);
        }
    }

    private async ValueTask JudgeAsync(TrustedChannel owed, PeerChannel? row, BlockHeight height)
    {
        if (row?.ShortChannelId is { } scid)
        {
            log.Info($"wallet: the funding of {owed.ChannelId} by {owed.Provider} is confirmed as {scid}");
            await ForgetAsync(owed);
        }
        else if (row is null || !ChannelStates.IsAlive(row.State))
        {
            log.Unusual($"wallet: {owed.Provider} took the payment of {owed.Amount} for {owed.ChannelId}, and the channel is gone without a confirmed funding: that amount is lost unless the provider refunds it");
            await ForgetAsync(owed);
        }
        else if (height.Value >= owed.Since.Value + Patience && _overdue.Add(owed.ChannelId))
        {
            log.Unusual($"wallet: {owed.Provider} has not funded {owed.ChannelId} {Patience} blocks after {owed.Amount} was received through it: nothing more is bought from it on trust");
        }
    }

    private async ValueTask ForgetAsync(TrustedChannel owed)
    {
        _owed.Remove(owed.ChannelId);
        _overdue.Remove(owed.ChannelId);
        _unsaved.Remove(owed.ChannelId);
        var deleted = await node.DelDatastoreAsync([.. Key, owed.ChannelId.ToString()], stopping);
        if (!deleted.IsOk && deleted.Error.Code != NodeCodes.DatastoreMissingOnDelete) log.Unusual($"wallet: the record of {owed.ChannelId} could not be deleted: {deleted.Error}");
    }
}
