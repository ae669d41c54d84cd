using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Provider.Records;

/// <summary>An index of the records: enough to know that a forward is not ours and may continue.</summary>
/// <param name="Scids">JIT scids, whatever their records contain.</param>
/// <param name="Unpaid">Channels that wait for the payment that they were opened for.</param>
internal sealed record RecordIndex(IReadOnlySet<Scid> Scids, IReadOnlySet<ChannelId> Unpaid)
{
    private static readonly string[][] Places = [RecordKeys.Offers, RecordKeys.Active, RecordKeys.Confirming];

    /// <param name="node">The node's commands.</param>
    /// <param name="time">The clock.</param>
    /// <param name="stopping">Cancels the reading.</param>
    /// <returns>Null if the node does not answer.</returns>
    public static async ValueTask<RecordIndex?> ReadAsync(NodeClient node, TimeProvider time, CancellationToken stopping)
    {
        if (await ReleasedOffers.MayExistAsync(node, time, stopping) is not { } mayBeReleased) return null;
        var scids = new HashSet<Scid>();
        var unpaid = new Dictionary<Scid, ChannelId>();
        foreach (string[] place in mayBeReleased ? [RecordKeys.Root, .. Places] : Places)
        {
            var listed = await node.ListDatastoreAsync(place, stopping);
            if (!listed.IsOk) return null;
            foreach (DatastoreEntry entry in listed.Value.Datastore)
            {
                if (entry.Key.Length != place.Length + 1 || !Scid.TryParse(entry.Key[^1], out Scid scid)) continue;
                scids.Add(scid);

                // Between the two writes of a step both keys may hold the session: the later one counts.
                if (place == RecordKeys.Active && UnpaidChannel(scid, entry) is { } channel) unpaid[scid] = channel;
                else if (place == RecordKeys.Confirming) unpaid.Remove(scid);
            }
        }

        return new RecordIndex(scids, unpaid.Values.ToHashSet());
    }

    private static ChannelId? UnpaidChannel(Scid scid, DatastoreEntry entry) => RecordJson.Read(scid, entry.String, out _) switch
    {
        { BuiltIn: { Broadcast: false, Preimage: null } theirs } => theirs.Channel,
        { State: { IsPaidFor: false, Plan: { } plan } } => plan.Channel,
        _ => null,
    };
}
