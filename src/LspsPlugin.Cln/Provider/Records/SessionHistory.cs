using System.Globalization;
using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Cln.Provider.Records;

/// <summary>
/// The finished sessions by the day of their end, stored without content at <c>history/DAY/JIT SCID</c>. The finished records are all below
/// one key, and the node blocks while it lists them; it lists the names of one day quickly.
/// </summary>
internal sealed class SessionHistory(NodeClient node, TimeProvider time)
{
    private const string DayFormat = "yyyy-MM-dd";

    /// <summary>
    /// Adds today's entry for a session. Called before its finished record is written, so that every record has an entry.
    /// </summary>
    public ValueTask<bool> AddAsync(Scid jitScid, CancellationToken stopping) => AddAsync(jitScid, time.GetUtcNow(), stopping);

    /// <summary>Adds the entry for a session that ended at a given time.</summary>
    public async ValueTask<bool> AddAsync(Scid jitScid, DateTimeOffset ended, CancellationToken stopping)
    {
        string day = ended.UtcDateTime.ToString(DayFormat, CultureInfo.InvariantCulture);
        var entry = new DatastoreParams([.. RecordKeys.History, day, jitScid.ToString()], "ended", "create-or-replace", null);
        return (await node.DatastoreAsync(entry, stopping)).IsOk;
    }

    /// <summary>
    /// Deletes whatever exceeds <paramref name="limits"/>, however much it is: offers cost a client nothing, and each one that expires
    /// leaves a record. Makes one call at a time, so that the node can do other work in between.
    /// </summary>
    /// <returns>Null on success; otherwise the error.</returns>
    public async ValueTask<string?> PruneAsync(HistoryLimits limits, string[] finalized, CancellationToken stopping)
    {
        var listed = await node.ListDatastoreAsync(RecordKeys.History, stopping);
        if (!listed.IsOk) return $"the history of sessions cannot be read: {listed.Error}";
        string oldest = (time.GetUtcNow() - limits.Age).UtcDateTime.ToString(DayFormat, CultureInfo.InvariantCulture);
        int kept = 0;
        foreach (string day in listed.Value.Datastore.Where(entry => entry.Key.Length == RecordKeys.History.Length + 1).Select(entry => entry.Key[^1]).OrderDescending(StringComparer.Ordinal))
        {
            var sessions = await node.ListDatastoreAsync([.. RecordKeys.History, day], stopping);
            if (!sessions.IsOk) return $"the history of {day} cannot be read: {sessions.Error}";
            foreach (DatastoreEntry session in sessions.Value.Datastore.Where(entry => entry.Key.Length == RecordKeys.History.Length + 2))
            {
                if (string.CompareOrdinal(day, oldest) >= 0 && ++kept <= limits.Count) continue;
                if (await ForgetAsync(day, session.Key, finalized, stopping) is { } problem) return problem;
            }
        }

        return null;
    }

    private async ValueTask<string?> ForgetAsync(string day, string[] entry, string[] finalized, CancellationToken stopping)
    {
        string[] key = [.. finalized, entry[^1]];
        var found = await node.ListDatastoreAsync(key, stopping);
        if (!found.IsOk) return $"{string.Join('/', key)} cannot be read: {found.Error}";

        // A later attempt for the same scid replaced the record and has its own, later entry.
        if (found.Value.Datastore.FirstOrDefault() is { } record && !EndedAfter(record.String, day))
        {
            var deleted = await node.DelDatastoreAsync(key, stopping);
            if (!deleted.IsOk) return $"{string.Join('/', key)} cannot be deleted: {deleted.Error}";
        }

        var forgotten = await node.DelDatastoreAsync(entry, stopping);
        return forgotten.IsOk ? null : $"{string.Join('/', entry)} cannot be deleted: {forgotten.Error}";
    }

    private static bool EndedAfter(string? record, string day) =>
        RecordJson.FinalizedAt(record) is { } at && string.CompareOrdinal(at.UtcDateTime.ToString(DayFormat, CultureInfo.InvariantCulture), day) > 0;
}
