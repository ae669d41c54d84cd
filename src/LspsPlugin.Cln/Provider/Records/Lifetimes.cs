using LspsPlugin.Cln.DiskFormat;
using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Cln.Provider.Records;

/// <summary>The promise to keep a paid channel.</summary>
/// <param name="Channel">The channel.</param>
/// <param name="Client">The client that paid for it.</param>
/// <param name="JitScid">The JIT scid that it was bought with.</param>
/// <param name="Blocks">min_lifetime: the depth of the funding from which on the channel may be closed.</param>
internal sealed record Lifetime(ChannelId Channel, NodeId Client, Scid JitScid, BlockCount Blocks)
{
    /// <summary>Returns the first height at which the channel is that deep; null while its funding is unconfirmed.</summary>
    public BlockHeight? Until(Scid? confirmed) =>
        confirmed is { } scid ? new BlockHeight((uint)Math.Min((ulong)scid.Block + Math.Max(Blocks.Value, 1) - 1, uint.MaxValue)) : null;
}

/// <summary>
/// The lifetime promises of paid channels (R52-12), stored at <c>lsps/lsps2/lifetimes/CHANNEL</c>. A promise is persisted together with the
/// success of its session, and kept until the channel is old enough or gone. Offers and sessions are deleted much earlier.
/// </summary>
internal sealed class Lifetimes(NodeClient node)
{
    /// <returns>False if the node does not store it.</returns>
    public async ValueTask<bool> AddAsync(Offer offer, ChannelId channel, CancellationToken stopping)
    {
        if (offer.FeeParams.MinLifetime.Value == 0) return true;
        var entry = new DatastoreParams(Key(channel), Write(offer), "create-or-replace", null);
        return (await node.DatastoreAsync(entry, stopping)).IsOk;
    }

    /// <summary>Returns the promise for a channel; null if there is none or the node does not answer.</summary>
    public async ValueTask<Lifetime?> FindAsync(ChannelId channel, CancellationToken stopping)
    {
        var found = await node.ListDatastoreAsync(Key(channel), stopping);
        return found.IsOk ? found.Value.Datastore.Select(Read).OfType<Lifetime>().FirstOrDefault() : null;
    }

    /// <summary>Returns all promises that are on record; null with the node's error if it does not answer.</summary>
    public async ValueTask<(IReadOnlyList<Lifetime>? Promises, string? Problem)> ListAsync(CancellationToken stopping)
    {
        var listed = await node.ListDatastoreAsync(RecordKeys.Lifetimes, stopping);
        return listed.IsOk ? ([.. listed.Value.Datastore.Select(Read).OfType<Lifetime>()], null) : (null, $"listdatastore: {listed.Error}");
    }

    /// <summary>Deletes the promises that are fulfilled and those of channels that no longer exist.</summary>
    public async ValueTask<string?> PruneAsync(BlockHeight height, CancellationToken stopping)
    {
        var listed = await node.ListDatastoreAsync(RecordKeys.Lifetimes, stopping);
        if (!listed.IsOk) return $"the promised lifetimes cannot be read: {listed.Error}";
        if (listed.Value.Datastore.Length == 0) return null;
        var funds = await node.ListFundsAsync(stopping);
        if (!funds.IsOk) return $"listfunds: {funds.Error}";
        foreach (Lifetime promise in listed.Value.Datastore.Select(Read).OfType<Lifetime>())
        {
            FundsChannel? row = funds.Value.Channels.FirstOrDefault(channel => channel.ChannelId == promise.Channel);
            bool open = row is not null && ChannelStates.IsAlive(row.State);
            if (open && !(promise.Until(row!.ShortChannelId) <= height)) continue;
            var deleted = await node.DelDatastoreAsync(Key(promise.Channel), stopping);
            if (!deleted.IsOk) return $"{string.Join('/', Key(promise.Channel))} cannot be deleted: {deleted.Error}";
        }

        return null;
    }

    private static string[] Key(ChannelId channel) => [.. RecordKeys.Lifetimes, channel.ToString()];

    private static string Write(Offer offer) =>
        RecordText.Write(new LifetimeRecordJson(offer.Client, offer.JitScid, offer.FeeParams.MinLifetime.Value), RecordsJson.Default.LifetimeRecordJson);

    /// <returns>Null if the record is not ours: it is kept.</returns>
    private static Lifetime? Read(DatastoreEntry entry) =>
        entry.Key.Length == RecordKeys.Lifetimes.Length + 1 && ChannelId.TryParse(entry.Key[^1], out ChannelId channel)
            ? RecordText.Read(entry.String, RecordsJson.Default.LifetimeRecordJson, record => Read(channel, record), out _)
            : null;

    private static Lifetime Read(ChannelId channel, LifetimeRecordJson record) => new(
        channel,
        RecordText.Required(record.ClientId, "client_id"),
        RecordText.Required(record.JitChannelScid, "jit_channel_scid"),
        new BlockCount(RecordText.Required(record.MinLifetime, "min_lifetime")));
}
