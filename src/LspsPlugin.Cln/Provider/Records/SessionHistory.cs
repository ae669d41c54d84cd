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
/// <param name="node">The node's commands.</param>
/// <param name="time">The clock of the days.</param>
/// <param name="numbers">The numbers of sales, and where there are entries.</param>
/// <param name="income">What of the income is kept only with a sale's record.</param>
internal sealed class SessionHistory(NodeClient node, TimeProvider time, SaleNumbers numbers, IncomeLedger income)
{
    /// <summary>The content of an entry without a number; versions before 0.1.0 wrote no other.</summary>
    private const string Unnumbered = "ended";

    private readonly SaleBook _book = new(node);
    private readonly SaleBook _updates = new(node, RecordKeys.Updates);

    /// <summary>How many entries a day has, of days to which none was added since they were counted.</summary>
    private readonly Dictionary<int, int> _counted = [];

    /// <summary>
    /// Adds today's entry for a sale, and enters it under its number and under that of its last change. Called before its finished record is written, so that every
    /// record has its entries.
    /// </summary>
    public async ValueTask<bool> AddAsync(Offer offer, ulong update, CancellationToken stopping)
    {
        Task<bool> day = AddAsync(offer.JitScid, offer.CreatedIndex, time.GetUtcNow(), stopping).AsTask();
        Task<bool> sale = offer.CreatedIndex is { } number ? EnterSaleAsync(number, offer.JitScid, stopping).AsTask() : Task.FromResult(true);
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
    public ValueTask<bool> EnterUpdateAsync(ulong update, Scid jitScid, CancellationToken stopping) =>
        numbers.Changes.EnterAsync(update / SaleBook.BranchSize, () => _updates.EnterAsync(update, jitScid, stopping), stopping);

    /// <summary>Deletes an entry that is out of date. One that stays does no harm: its number is not the record's.</summary>
    public async ValueTask RemoveUpdateAsync(ulong update, CancellationToken stopping) => await _updates.RemoveAsync(update, stopping);

    private ValueTask<bool> EnterSaleAsync(ulong number, Scid jitScid, CancellationToken stopping) =>
        numbers.Book.EnterAsync(number / SaleBook.BranchSize, () => _book.EnterAsync(number, jitScid, stopping), stopping);

    private async ValueTask<bool> AddAsync(Scid jitScid, ulong? number, DateTimeOffset ended, CancellationToken stopping)
    {
        int day = DayOf(ended);
        string content = number?.ToString(CultureInfo.InvariantCulture) ?? Unnumbered;
        bool added = await numbers.Days.EnterAsync(
            (ulong)day,
            async () => (await node.DatastoreAsync(new DatastoreParams([.. Place(day), jitScid.ToString()], content, "create-or-replace", null), stopping)).IsOk,
            stopping);
        _counted.Remove(day);
        return added;
    }

    /// <summary>
    /// Gives numbers to the finished sales of earlier versions, in the order of their ends; one call at a time, so that the node can do other work. The days of
    /// which all have numbers are not listed again.
    /// </summary>
    /// <param name="known">Returns the number of a sale that is live.</param>
    /// <param name="stopping">Cancels the wait, not the call.</param>
    /// <returns>How many got numbers.</returns>
    /// <exception cref="JournalUnavailableException">The node does not answer; those that have numbers keep them.</exception>
    public async ValueTask<int> NumberAllAsync(Func<Scid, ulong?> known, CancellationToken stopping)
    {
        int numbered = 0, today = DayOf(time.GetUtcNow());
        string? record = JournalAnswer.Of("listdatastore", await node.ListDatastoreAsync(RecordKeys.Numbered, stopping)).Datastore.FirstOrDefault()?.String;
        int? through = Days.Read(record ?? "") is { } day and >= 0 ? day : null;
        await FindDaysAsync(through, today, stopping);
        foreach (ulong listed in numbers.Days.From((ulong)(through ?? 0)))
        {
            foreach (DatastoreEntry entry in (await EntriesAsync((int)listed, stopping)).Where(static entry => NumberOf(entry) is null))
            {
                if (Scid.TryParse(entry.Key[^1], out Scid scid) && await NumberAsync(entry.Key, scid, known(scid), stopping)) numbered++;
            }
        }

        if (through != today) JournalAnswer.Of("datastore", await node.DatastoreAsync(new DatastoreParams(RecordKeys.Numbered, Days.Write(today), "create-or-replace", null), stopping));
        return numbered;
    }

    /// <summary>
    /// Looks for days that an earlier version entered: since the last start of this one, or ever. What it enters has no number, so this is done before the day up to
    /// which all have one is written.
    /// </summary>
    private async ValueTask FindDaysAsync(int? through, int today, CancellationToken stopping)
    {
        if (through is null || !numbers.Days.IsComplete)
        {
            await ListDaysAsync(stopping);
            return;
        }

        for (int day = through.Value; day <= today; day++)
        {
            if (numbers.Days.Contains((ulong)day) || (await EntriesAsync(day, stopping)).Length == 0) continue;
            if (!await numbers.Days.OpenAsync((ulong)day, stopping)) throw NotSaved;
        }
    }

    /// <summary>Lists the days, as versions did that did not put them on record. The node reads the entries of all meanwhile.</summary>
    private async ValueTask ListDaysAsync(CancellationToken stopping)
    {
        ListDatastoreAnswer listed = JournalAnswer.Of("listdatastore", await node.ListDatastoreAsync(RecordKeys.History, stopping));
        numbers.Days.Complete(listed.Datastore.Where(static entry => entry.Key.Length == RecordKeys.History.Length + 1).Select(static entry => Days.Read(entry.Key[^1])).Where(static day => day >= 0).Select(static day => (ulong)day!.Value));
        await numbers.TidyAsync(stopping);
    }

    /// <exception cref="JournalUnavailableException">The node does not answer.</exception>
    private async ValueTask<DatastoreEntry[]> EntriesAsync(int day, CancellationToken stopping)
    {
        string[] place = Place(day);
        return [.. JournalAnswer.Of($"listdatastore {string.Join('/', place)}", await node.ListDatastoreAsync(place, stopping)).Datastore.Where(entry => entry.Key.Length == place.Length + 1).DistinctBy(static entry => entry.Key[^1])];
    }

    /// <summary>
    /// Gives numbers to a finished sale. They are written into its record first: after a crash in between the same number is used again, so a sale never has two.
    /// </summary>
    /// <returns>False if there is no such finished sale, or its record was just replaced.</returns>
    private async ValueTask<bool> NumberAsync(string[] place, Scid scid, ulong? known, CancellationToken stopping)
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

            if (!await EnterSaleAsync(number, scid, stopping) || !await EnterUpdateAsync(update, scid, stopping)) throw NotSaved;
            JournalAnswer.Of("datastore", await node.DatastoreAsync(new DatastoreParams(place, number.ToString(CultureInfo.InvariantCulture), "create-or-replace", null), stopping));
            return true;
        }
        finally
        {
            numbers.Updates.NotSaved(scid); // after an error the next attempt takes another number
        }
    }

    private static JournalUnavailableException NotSaved => new("the numbers of finished sales could not be saved");

    private static int DayOf(DateTimeOffset time) => Math.Max(0, Days.Of(time));

    private static string[] Place(int day) => [.. RecordKeys.History, Days.Write(day)];

    /// <summary>
    /// Deletes whatever exceeds <paramref name="limits"/>, however much it is: offers cost a client nothing, and each one that expires
    /// leaves a record. Makes one call at a time, so that the node can do other work in between.
    /// </summary>
    /// <returns>Null on success; otherwise the error.</returns>
    public async ValueTask<string?> PruneAsync(HistoryLimits limits, string[] finalized, CancellationToken stopping)
    {
        try
        {
            if (!numbers.Days.IsComplete) await ListDaysAsync(stopping);
            int oldest = DayOf(time.GetUtcNow() - limits.Age), kept = 0;
            foreach (ulong day in numbers.Days.Descending())
            {
                bool isOld = (int)day < oldest;
                if (!isOld && _counted.TryGetValue((int)day, out int counted) && kept + counted <= limits.Count)
                {
                    kept += counted;
                    continue;
                }

                int keep = isOld ? 0 : Math.Max(0, limits.Count - kept);
                (int left, string? problem) = await PruneAsync((int)day, keep, finalized, stopping);
                if (problem is not null) return problem;
                kept += left;
            }

            await ForgetEmptyAsync(_book, numbers.Book, stopping);
            await ForgetEmptyAsync(_updates, numbers.Changes, stopping);
            await numbers.TidyAsync(stopping);
            return null;
        }
        catch (JournalUnavailableException silent)
        {
            return $"the history of sessions cannot be read: {silent.Message}";
        }
    }

    /// <summary>Deletes the sessions of a day but for the first few.</summary>
    /// <returns>How many are left.</returns>
    private async ValueTask<(int Left, string? Problem)> PruneAsync(int day, int keep, string[] finalized, CancellationToken stopping)
    {
        long entered = numbers.Days.Entered;
        DatastoreEntry[] sessions = await EntriesAsync(day, stopping);
        foreach (DatastoreEntry session in sessions.Skip(keep))
        {
            if (await ForgetAsync(day, session, finalized, stopping) is { } problem) return (0, problem);
        }

        int left = Math.Min(keep, sessions.Length);
        _counted.Remove(day);
        if (left == 0) numbers.Days.Forget((ulong)day, entered);
        else if (numbers.Days.Entered == entered) _counted[day] = left;
        return (left, null);
    }

    /// <summary>Finds out which branches at the beginning are empty by now: the oldest sales are deleted first.</summary>
    private static async ValueTask ForgetEmptyAsync(SaleBook book, KnownBranches branches, CancellationToken stopping)
    {
        foreach (ulong branch in branches.From(0))
        {
            long entered = branches.Entered;
            if ((await book.BranchAsync(branch, stopping)).Count > 0 || !branches.Forget(branch, entered)) return;
        }
    }

    private async ValueTask<string?> ForgetAsync(int day, DatastoreEntry entry, string[] finalized, CancellationToken stopping)
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

    private static bool EndedAfter(string? record, int day) => RecordJson.FinalizedAt(record) is { } at && DayOf(at) > day;
}
