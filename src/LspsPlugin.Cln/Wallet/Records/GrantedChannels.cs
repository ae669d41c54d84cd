using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Wallet.Records;

/// <summary>
/// The channels that we accepted unconfirmed, in memory and in the datastore. They are not stored below "lsps", where other tools expect no
/// records once a payment has arrived. Channels that another plugin or the node itself accepted are not included.
/// </summary>
internal sealed class GrantedChannels(NodeClient node, HostLog log, CancellationToken stopping)
{
    private static readonly string[] Key = ["lsps-client", "granted"];

    private readonly Dictionary<(NodeId Provider, string Slot), GrantedChannel> _granted = [];

    public bool IsEmpty => _granted.Count == 0;

    public IEnumerable<NodeId> Providers => _granted.Keys.Select(static key => key.Provider).Distinct();

    public bool IsOf(NodeId provider)
    {
        foreach ((NodeId Provider, string) key in _granted.Keys)
        {
            if (key.Provider == provider) return true;
        }

        return false;
    }

    public IEnumerable<GrantedChannel> Of(NodeId provider) => _granted.Values.Where(granted => granted.Provider == provider);

    public GrantedChannel? Find(Purchase purchase) => _granted.GetValueOrDefault((purchase.Provider, purchase.JitScid.ToString()));

    public GrantedChannel? Find(ChannelId channel) => _granted.Values.FirstOrDefault(granted => granted.ChannelId == channel);

    /// <returns>Null if the records were read; otherwise the error.</returns>
    public async ValueTask<string?> LoadAsync()
    {
        var providers = await node.ListDatastoreAsync(Key, stopping);
        if (!providers.IsOk) return providers.Error.ToString();
        foreach (DatastoreEntry provider in providers.Value.Datastore)
        {
            var listed = await node.ListDatastoreAsync(provider.Key, stopping);
            if (!listed.IsOk) return listed.Error.ToString();
            foreach (DatastoreEntry entry in listed.Value.Datastore)
            {
                if (GrantedChannel.Read(entry.String, out string? problem) is { } read) Remember(read with { IsDying = read.ChannelId?.ToString() == entry.Key[^1] });
                else log.Unusual($"wallet: the record {string.Join('/', entry.Key)} cannot be read and is left alone: {problem}");
            }
        }

        return null;
    }

    /// <summary>Watches a channel from now on. The grant may be given only once the record is stored.</summary>
    /// <returns>Null if the record is stored; otherwise the error.</returns>
    public async ValueTask<string?> AddAsync(GrantedChannel granted)
    {
        Remember(granted);
        if (await PutAsync(granted) is not { } problem) return null;

        // Nothing was granted. If the record exists nevertheless, the next start only checks once more.
        Remove(granted);
        return problem;
    }

    /// <summary>
    /// Finds the channels of our grants among a provider's: unconfirmed, opened by the provider, and with the capacity of the opening.
    /// </summary>
    public async ValueTask FindAsync(NodeId provider, PeerChannel[] rows)
    {
        foreach (GrantedChannel granted in Of(provider).Where(static granted => granted.ChannelId is null).ToArray())
        {
            PeerChannel? row = rows.FirstOrDefault(row => IsUnconfirmed(row) && row.ChannelId is { } id && Find(id) is null && (row.TotalMsat is not { } total || total == granted.Capacity));
            if (row is not null) await KeepAsync(granted with { ChannelId = row.ChannelId, Alias = row.Alias?.Local });
        }
    }

    /// <summary>Deletes a grant whose channel is confirmed or gone, or that led to no channel.</summary>
    public async ValueTask ForgetAsync(GrantedChannel granted)
    {
        if (!Remove(granted)) return;
        var deleted = await node.DelDatastoreAsync(KeyOf(granted), stopping);
        if (deleted.IsOk || deleted.Error is { Failure: RpcFailure.Refused, Code: NodeCodes.DatastoreMissingOnDelete }) return;
        log.Unusual($"wallet: the record {string.Join('/', KeyOf(granted))} could not be deleted: {deleted.Error}");
    }

    /// <summary>Marks a channel that is dead except for undecided HTLCs; its purchase may then have another channel.</summary>
    public async ValueTask RetireAsync(GrantedChannel granted)
    {
        GrantedChannel dying = granted with { IsDying = true };

        // HTLCs are guarded by the stored records, so the old record is deleted only once the new one is stored. Until then the next check
        // retries.
        if (await PutAsync(dying) is { } problem)
        {
            log.Unusual($"wallet: {problem}");
            return;
        }

        Remember(dying);
        await ForgetAsync(granted);
    }

    /// <summary>Returns whether a provider's channel may come from a grant, known or forgotten.</summary>
    public static bool IsUnconfirmed(PeerChannel row) => row is { Opener: "remote", ShortChannelId: null } && ChannelStates.IsAlive(row.State);

    /// <summary>Stores a grant. If that fails, the channel is found again in the same way after a restart.</summary>
    private async ValueTask KeepAsync(GrantedChannel granted)
    {
        Remember(granted);
        if (await PutAsync(granted) is { } problem) log.Unusual($"wallet: {problem}");
    }

    /// <summary>Removes this grant only, not a later grant for the same purchase, even if its content is equal.</summary>
    private bool Remove(GrantedChannel granted) =>
        ReferenceEquals(_granted.GetValueOrDefault((granted.Provider, SlotOf(granted))), granted) && _granted.Remove((granted.Provider, SlotOf(granted)));

    private void Remember(GrantedChannel granted) => _granted[(granted.Provider, SlotOf(granted))] = granted;

    private async ValueTask<string?> PutAsync(GrantedChannel granted)
    {
        var saved = await node.DatastoreAsync(new DatastoreParams(KeyOf(granted), granted.Write(), "create-or-replace", null), stopping);
        return saved.IsOk ? null : $"the channel that {granted.Provider} opens for {granted.JitScid} is not saved: {saved.Error}";
    }

    private static string[] KeyOf(GrantedChannel granted) => [.. Key, granted.Provider.ToString(), SlotOf(granted)];

    private static string SlotOf(GrantedChannel granted) => granted is { IsDying: true, ChannelId: { } channel } ? channel.ToString() : granted.JitScid.ToString();
}
