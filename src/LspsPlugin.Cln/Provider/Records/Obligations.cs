using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Cln.Provider.Records;

/// <summary>
/// Counts what a provider's records oblige it to do. Obligations are fulfilled even if the plugin no longer sells. An unpaid offer is not
/// yet an obligation, but payments for it fail while the provider does not sell.
/// </summary>
/// <param name="Sessions">
/// Payments in progress, and unreadable records: these may have an open channel, or a preimage whose funding is not sent.
/// </param>
/// <param name="Confirming">Paid channels whose funding is not deep enough.</param>
/// <param name="Lifetimes">Paid channels with a lifetime promise.</param>
/// <param name="Offers">Sold but unpaid offers.</param>
internal sealed record Obligations(int Sessions, int Confirming, int Lifetimes, int Offers)
{
    public bool Any => Sessions + Confirming + Lifetimes > 0;

    /// <returns>Null if the node does not answer.</returns>
    public static async ValueTask<Obligations?> ReadAsync(NodeClient node, CancellationToken stopping)
    {
        var active = await node.ListDatastoreAsync(RecordKeys.Active, stopping);
        int? confirming = await CountAsync(node, RecordKeys.Confirming, stopping), lifetimes = await CountAsync(node, RecordKeys.Lifetimes, stopping);
        int? offers = await CountAsync(node, RecordKeys.Offers, stopping);
        if (!active.IsOk || confirming is null || lifetimes is null || offers is null) return null;
        return new Obligations(active.Value.Datastore.Count(IsSession), confirming.Value, lifetimes.Value, offers.Value);
    }

    public override string ToString() =>
        $"{Sessions} payment(s) under way, {Confirming} paid channel(s) to be funded, {Lifetimes} channel(s) to be kept, {Offers} offer(s) sold";

    /// <summary>
    /// Returns whether a record counts as a session. An unreadable record does: it may hold a preimage whose funding is not sent.
    /// </summary>
    private static bool IsSession(DatastoreEntry entry) =>
        entry.Key.Length == RecordKeys.Active.Length + 1 && Scid.TryParse(entry.Key[^1], out Scid scid)
        && (RecordJson.Read(scid, entry.String, out _) is not { } record || record.State is { Phase: not Phase.Ended } || record.BuiltIn is not null);

    private static async ValueTask<int?> CountAsync(NodeClient node, string[] place, CancellationToken stopping)
    {
        var listed = await node.ListDatastoreAsync(place, stopping);
        return listed.IsOk ? listed.Value.Datastore.Count(entry => entry.Key.Length == place.Length + 1) : null;
    }
}
