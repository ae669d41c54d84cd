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
internal sealed class SessionHistory(NodeClient node, TimeProvider time, IncomeLedger income)
{
    private const string DayFormat = "yyyy-MM-dd";

    /// <summary>The content of an entry without a number; versions before 0.1.0 wrote no other.</summary>
    private const string Unnumbered = "ended";

    private readonly SaleBook _book = new(node);
    private readonly SaleBook _updates = new(node, RecordKeys.Updates);

    /// <summary>
    /// Adds today's entry for a sale, and enters it under its number and under that of its last change. Called before its finished record is written, so that every
    /// record has its entries.
    /// </summary>
    public async ValueTask<bool> AddAsync(Offer offer, ulong update, CancellationToken stopping)
    {
        Task<bool> day = AddAsync(offer.JitScid, offer.CreatedIndex, time.GetUtcNow(), stopping).AsTask();
        Task<bool> sale = offer.CreatedIndex is { } number ? _book.EnterAsync(number, offer.JitScid, stopping).AsTask() : Task.FromResult(true);
        Task<bool> change = EnterUpdateAsync(update, offer.JitScid, stopping).AsTask();
        return await day & await sale & await change;
    }

    /// <summary>Adds the entry for a session that the built-in plugin ended at a given time; it gets its numbers with the next <see cref="NumberAllAsync"/>.</summary>
    public async ValueTask<bool> AddAsync(Scid jitScid, DateTimeOffset ended, CancellationToken stopping)
    {
        // The day may be one of which everything had a number.
        var deleted = await node.DelDatastoreAsync(RecordKeys.Numbered, stopping);
        return (deleted.IsOk || deleted.Error.Code == NodeCodes.DatastoreMissingOnDelete) && await AddAsync(jitScid, number: null, ended, stopping);
    }

    /// <summary>Enters a finished sale under the number of its last change.</summary>
    public ValueTask<bool> EnterUpdateAsync(ulong update, Scid jitScid, CancellationToken stopping) => _updates.EnterAsync(update, jitScid, stopping);

    /// <summary>Deletes an entry that is out of date. One that stays does no harm: its number is not the record's.</summary>
    public async ValueTask RemoveUpdateAsync(ulong update, CancellationToken stopping) => await _updates.RemoveAsync(update, stopping);

    private async ValueTask<bool> AddAsync(Scid jitScid, ulong? number, DateTimeOffset ended, CancellationToken stopping)
    {
        string content = number?.ToString(CultureInfo.InvariantCulture) ?? Unnumbered;
        return (await node.DatastoreAsync(new DatastoreParams([.. RecordKeys.History, DayOf(ended), jitScid.ToString()], content, "create-or-replace", null), stopping)).IsOk;
    }

    /// <summary>
    /// Gives numbers to the finished sales of earlier versions, in the order of their ends; one call at a time, so that the node can do other work. The days of
    /// which all have numbers are not listed again.
    /// </summary>
    /// <param name="numbers">The numbers.</param>
    /// <param name="known">Returns the number of a sale that is live.</param>
    /// <param name="stopping">Cancels the wait, not the call.</param>
    /// <returns>How many got numbers.</returns>
    /// <exception cref="JournalUnavailableException">The node does not answer; those that have numbers keep them.</exception>
    public async ValueTask<int> NumberAllAsync(SaleNumbers numbers, Func<Scid, ulong?> known, CancellationToken stopping)
    {
        int numbered = 0;
        string today = DayOf(time.GetUtcNow());
        string? through = JournalAnswer.Of("listdatastore", await node.ListDatastoreAsync(RecordKeys.Numbered, stopping)).Datastore.FirstOrDefault()?.String;
        ListDatastoreAnswer days = JournalAnswer.Of("listdatastore", await node.ListDatastoreAsync(RecordKeys.History, stopping));
        foreach (string[] day in days.Datastore.Select(static entry => entry.Key).Where(static key => key.Length == RecordKeys.History.Length + 1).OrderBy(static key => key[^1], StringComparer.Ordinal))
        {
            if (string.CompareOrdinal(day[^1], through) < 0) continue;
            ListDatastoreAnswer sales = JournalAnswer.Of("listdatastore", await node.ListDatastoreAsync(day, stopping));
            foreach (DatastoreEntry entry in sales.Datastore.Where(entry => entry.Key.Length == day.Length + 1 && NumberOf(entry) is null))
            {
                if (Scid.TryParse(entry.Key[^1], out Scid scid) && await NumberAsync(entry.Key, scid, numbers, known(scid), stopping)) numbered++;
            }
        }

        if (through != today) JournalAnswer.Of("datastore", await node.DatastoreAsync(new DatastoreParams(RecordKeys.Numbered, today, "create-or-replace", null), stopping));
        return numbered;
    }

    /// <summary>
    /// Gives numbers to a finished sale. They are written into its record first: after a crash in between the same number is used again, so a sale never has two.
    /// </summary>
    /// <returns>False if there is no such finished sale, or its record was just replaced.</returns>
    private async ValueTask<bool> NumberAsync(string[] place, Scid scid, SaleNumbers numbers, ulong? known, CancellationToken stopping)
    {
        string[] key = [.. RecordKeys.Finalized, scid.ToString()];
        if (JournalAnswer.Of("listdatastore", await node.ListDatastoreAsync(key, stopping)).Datastore.FirstOrDefault(entry => entry.Key.SequenceEqual(key)) is not { } record) return false;
        ulong number = RecordJson.NumbersOf(record.String).Created ?? known ?? await numbers.NextAsync(stopping) ?? throw NotSaved;
        ulong update = numbers.Updates.Begin(scid);
        try
        {
            if (RecordJson.WithNumbers(record.String, number, update) is { } text)
            {
                var saved = await node.DatastoreAsync(new DatastoreParams(key, text, "must-replace", record.Generation), stopping);
                if (saved is { IsOk: false, Error.Code: NodeCodes.DatastoreWrongGeneration or NodeCodes.DatastoreMissing }) return false;
                JournalAnswer.Of("datastore", saved);
            }

            if (!await _book.EnterAsync(number, scid, stopping) || !await EnterUpdateAsync(update, scid, stopping)) throw NotSaved;
            JournalAnswer.Of("datastore", await node.DatastoreAsync(new DatastoreParams(place, number.ToString(CultureInfo.InvariantCulture), "create-or-replace", null), stopping));
            return true;
        }
        finally
        {
            numbers.Updates.NotSaved(scid); // after an error the next attempt takes another number
        }
    }

    private static JournalUnavailableException NotSaved => new("the numbers of finished sales could not be saved");

    private static string DayOf(DateTimeOffset time) => time.UtcDateTime.ToString(DayFormat, CultureInfo.InvariantCulture);

    /// <summary>
    /// Deletes whatever exceeds <paramref name="limits"/>, however much it is: offers cost a client nothing, and each one that expires
    /// leaves a record. Makes one call at a time, so that the node can do other work in between.
    /// </summary>
    /// <returns>Null on success; otherwise the error.</returns>
    public async ValueTask<string?> PruneAsync(HistoryLimits limits, string[] finalized, CancellationToken stopping)
    {
        var listed = await node.ListDatastoreAsync(RecordKeys.History, stopping);
        if (!listed.IsOk) return $"the history of sessions cannot be read: {listed.Error}";
        string oldest = DayOf(time.GetUtcNow() - limits.Age);
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
            // Before the record: what of the income is kept only with it is entered again from it.
            if (NumberOf(entry) is { } sale && !await income.ForgetAsync(sale, stopping)) return $"the income of the sale {sale} cannot be deleted";
            var deleted = await node.DelDatastoreAsync(key, stopping);
            if (!deleted.IsOk) return $"{string.Join('/', key)} cannot be deleted: {deleted.Error}";
            if (NumberOf(entry) is { } number && !await _book.RemoveAsync(number, stopping)) return $"the number {number} of a sale cannot be deleted";
            if (RecordJson.NumbersOf(record.String).Updated is { } update && !await _updates.RemoveAsync(update, stopping)) return $"the number {update} of a sale's last change cannot be deleted";
        }

        var forgotten = await node.DelDatastoreAsync(entry.Key, stopping);
        return forgotten.IsOk ? null : $"{string.Join('/', entry.Key)} cannot be deleted: {forgotten.Error}";
    }

    private static ulong? NumberOf(DatastoreEntry entry) => ulong.TryParse(entry.String, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) ? number : null;

    private static bool EndedAfter(string? record, string day) =>
        RecordJson.FinalizedAt(record) is { } at && string.CompareOrdinal(DayOf(at), day) > 0;
}
