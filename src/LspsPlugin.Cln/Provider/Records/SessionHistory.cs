using System.Globalization;
using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Cln.Provider.Records;

/// <summary>
/// The finished sessions by the day of their end, stored without content at <c>history/DAY/JIT SCID</c>. The finished records are all below
/// one key, and the node blocks while it lists them; it lists the names of one day quickly.
/// </summary>
internal sealed class SessionHistory(NodeClient node, TimeProvider time)
{
    private const string DayFormat = "yyyy-MM-dd";

    /// <summary>The content of an entry without a number; versions before 0.1.0 wrote no other.</summary>
    private const string Unnumbered = "ended";

    private readonly SaleBook _book = new(node);

    /// <summary>
    /// Adds today's entry for a sale, and enters it into the book. Called before its finished record is written, so that every record has an entry.
    /// </summary>
    public async ValueTask<bool> AddAsync(Offer offer, CancellationToken stopping) =>
        await AddAsync(offer.JitScid, offer.CreatedIndex, time.GetUtcNow(), stopping)
        && (offer.CreatedIndex is not { } number || await _book.EnterAsync(number, offer.JitScid, stopping));

    /// <summary>Adds the entry for a session that ended at a given time.</summary>
    public ValueTask<bool> AddAsync(Scid jitScid, DateTimeOffset ended, CancellationToken stopping) => AddAsync(jitScid, number: null, ended, stopping);

    private async ValueTask<bool> AddAsync(Scid jitScid, ulong? number, DateTimeOffset ended, CancellationToken stopping)
    {
        string day = ended.UtcDateTime.ToString(DayFormat, CultureInfo.InvariantCulture);
        string content = number?.ToString(CultureInfo.InvariantCulture) ?? Unnumbered;
        return (await node.DatastoreAsync(new DatastoreParams([.. RecordKeys.History, day, jitScid.ToString()], content, "create-or-replace", null), stopping)).IsOk;
    }

    /// <summary>Enters the finished sales of earlier versions into the book, in the order of their ends; one call at a time, so that the node can do other work.</summary>
    /// <returns>How many were entered.</returns>
    /// <exception cref="JournalUnavailableException">The node does not answer; what was entered stays.</exception>
    public async ValueTask<int> NumberAllAsync(SaleNumbers numbers, CancellationToken stopping)
    {
        int entered = 0;
        ListDatastoreAnswer days = JournalAnswer.Of("listdatastore", await node.ListDatastoreAsync(RecordKeys.History, stopping));
        foreach (string[] day in days.Datastore.Select(static entry => entry.Key).Where(static key => key.Length == RecordKeys.History.Length + 1).OrderBy(static key => key[^1], StringComparer.Ordinal))
        {
            ListDatastoreAnswer sales = JournalAnswer.Of("listdatastore", await node.ListDatastoreAsync(day, stopping));
            foreach (DatastoreEntry entry in sales.Datastore.Where(entry => entry.Key.Length == day.Length + 1 && NumberOf(entry) is null))
            {
                if (!Scid.TryParse(entry.Key[^1], out Scid scid)) continue;
                if (await numbers.NextAsync(stopping) is not { } number || !await _book.EnterAsync(number, scid, stopping)) throw new JournalUnavailableException("the numbers of finished sales could not be saved");
                var saved = await node.DatastoreAsync(new DatastoreParams(entry.Key, number.ToString(CultureInfo.InvariantCulture), "create-or-replace", null), stopping);
                if (!saved.IsOk) throw JournalAnswer.Missing("datastore", saved.Error);
                entered++;
            }
        }

        return entered;
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
                if (await ForgetAsync(day, session, finalized, stopping) is { } problem) return problem;
            }
        }

        return null;
    }

    private async ValueTask<string?> ForgetAsync(string day, DatastoreEntry entry, string[] finalized, CancellationToken stopping)
    {
        string[] key = [.. finalized, entry.Key[^1]];
        var found = await node.ListDatastoreAsync(key, stopping);
        if (!found.IsOk) return $"{string.Join('/', key)} cannot be read: {found.Error}";

        // A later attempt for the same scid replaced the record and has its own, later entry.
        if (found.Value.Datastore.FirstOrDefault() is { } record && !EndedAfter(record.String, day))
        {
            var deleted = await node.DelDatastoreAsync(key, stopping);
            if (!deleted.IsOk) return $"{string.Join('/', key)} cannot be deleted: {deleted.Error}";
            if (NumberOf(entry) is { } number && !await _book.RemoveAsync(number, stopping)) return $"the number {number} of a sale cannot be deleted";
        }

        var forgotten = await node.DelDatastoreAsync(entry.Key, stopping);
        return forgotten.IsOk ? null : $"{string.Join('/', entry.Key)} cannot be deleted: {forgotten.Error}";
    }

    private static ulong? NumberOf(DatastoreEntry entry) => ulong.TryParse(entry.String, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) ? number : null;

    private static bool EndedAfter(string? record, string day) =>
        RecordJson.FinalizedAt(record) is { } at && string.CompareOrdinal(at.UtcDateTime.ToString(DayFormat, CultureInfo.InvariantCulture), day) > 0;
}
