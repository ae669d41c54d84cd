using LspsPlugin.Cln.Host;
using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Wallet;

/// <summary>
/// The channels that we let in without confirmation, in memory and on record. Not below "lsps", where other tools expect nothing once a
/// payment has arrived. What another plugin or the node itself let in is not among them.
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

    /// <returns>Null when the records were read, else why not.</returns>
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
                if (GrantedChannel.Read(entry.String) is { } read) Remember(read with { IsDying = read.ChannelId?.ToString() == entry.Key[^1] });
                else log.Unusual($"wallet: the record {string.Join('/', entry.Key)} cannot be read and is left alone");
            }
        }

        return null;
    }

    /// <summary>Watched from this moment on; to be granted only when it is on record too.</summary>
    /// <returns>Null when it is on record, else why not.</returns>
    public async ValueTask<string?> AddAsync(GrantedChannel granted)
    {
        Remember(granted);
        if (await PutAsync(granted) is not { } problem) return null;

        // Nothing was granted. A record that is there all the same only makes the next start look once more.
        Remove(granted);
        return problem;
    }

    /// <summary>Finds the channels that came of grants among a provider's: not confirmed, opened by it, and as large as the opening said.</summary>
    public async ValueTask FindAsync(NodeId provider, PeerChannel[] rows)
    {
        foreach (GrantedChannel granted in Of(provider).Where(static granted => granted.ChannelId is null).ToArray())
        {
            PeerChannel? row = rows.FirstOrDefault(row => IsUnconfirmed(row) && row.ChannelId is { } id && Find(id) is null && (row.TotalMsat is not { } total || total == granted.Capacity));
            if (row is not null) await KeepAsync(granted with { ChannelId = row.ChannelId, Alias = row.Alias?.Local });
        }
    }

    /// <summary>The funding is confirmed, or the channel is gone, or none came of the grant.</summary>
    public async ValueTask ForgetAsync(GrantedChannel granted)
    {
        if (!Remove(granted)) return;
        var deleted = await node.DelDatastoreAsync(KeyOf(granted), stopping);
        if (deleted.IsOk || deleted.Error is { Failure: RpcFailure.Refused, Code: NodeCodes.DatastoreMissingOnDelete }) return;
        log.Unusual($"wallet: the record {string.Join('/', KeyOf(granted))} could not be deleted: {deleted.Error}");
    }

    /// <summary>The channel is dead but for HTLCs that are not decided yet: its purchase may have another one.</summary>
    public async ValueTask RetireAsync(GrantedChannel granted)
    {
        GrantedChannel dying = granted with { IsDying = true };

        // Its HTLCs are watched by what is on record: the old record goes only once the new one is there. Until then the next look tries again.
        if (await PutAsync(dying) is { } problem)
        {
            log.Unusual($"wallet: {problem}");
            return;
        }

        Remember(dying);
        await ForgetAsync(granted);
    }

    /// <summary>A channel of a provider's that may come of a grant, or may have come of one that nobody knows any more.</summary>
    public static bool IsUnconfirmed(PeerChannel row) => row is { Opener: "remote", ShortChannelId: null } && ChannelStates.IsAlive(row.State);

    /// <summary>What is not on record yet is found again after a restart, in the same way.</summary>
    private async ValueTask KeepAsync(GrantedChannel granted)
    {
        Remember(granted);
        if (await PutAsync(granted) is { } problem) log.Unusual($"wallet: {problem}");
    }

    /// <summary>Leaves a later grant for the same purchase alone, even one of equal content.</summary>
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
