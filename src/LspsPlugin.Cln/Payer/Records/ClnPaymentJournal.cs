using LspsPlugin.Cln.DiskFormat;
using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Payments;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Payments;

namespace LspsPlugin.Cln.Payer.Records;

/// <summary>
/// Payments in the node's datastore: what was asked for, each part, the preimage and the status are records of their own. The writes of one turn go out
/// together, and a status once everything else of its payment is on record: the node may carry out calls in another order than they were sent, since a plugin
/// with the hook rpc_command lets each pass when it likes.
/// </summary>
internal sealed class ClnPaymentJournal : IPaymentJournal
{
    /// <summary>How many calls are out at a time; the connection is shared with the other roles.</summary>
    private const int MostCalls = 512;

    /// <summary>How many numbers are reserved at a time, so that a commit need not write the numbers.</summary>
    private const ulong ReservedIndexes = 1000;

    /// <summary>What stands in the index of live payments for one that is being deleted.</summary>
    private const string Forgotten = "forgotten";

    /// <summary>Payments whose last commit failed: anything of them may be on record.</summary>
    private readonly HashSet<PaymentId> _unsure = [];

    /// <summary>Payments whose preimage is on record ahead of the rest of the same change.</summary>
    private readonly HashSet<PaymentId> _proven = [];

    /// <summary>Payments that are being deleted; the node refused to delete something of those that stay here.</summary>
    private readonly HashSet<string> _forgotten = new(StringComparer.Ordinal);
    private readonly PayerStore _store;
    private readonly PaymentArchive _archive;
    private readonly TimeProvider _time;
    private ulong _createdBelow;
    private ulong _updatedBelow;

    public ClnPaymentJournal(NodeClient node, TimeProvider time)
    {
        _store = new PayerStore(node);
        _archive = new PaymentArchive(_store);
        _time = time;
    }

    public async ValueTask<PaymentJournalContents> LoadAsync(CancellationToken stopping)
    {
        var remarks = new List<string>();
        PaymentIndexesJson? indexes = await _store.ReadAsync(PayerKeys.Indexes, stopping) is { } text
            ? PaymentJson.ReadIndexes(text, out string? problem) ?? throw new PaymentJournalUnavailableException($"{string.Join('/', PayerKeys.Indexes)} cannot be read: {problem}")
            : null;
        (_createdBelow, _updatedBelow) = (indexes?.CreatedBelow ?? 1, indexes?.UpdatedBelow ?? 1);
        var live = new List<PaymentRecord>();
        DatastoreEntry[] entries = await _store.EntriesAsync(PayerKeys.Live, stopping);
        foreach (DatastoreEntry entry in entries.Where(static entry => entry.String == Forgotten)) await EraseAsync(entry.Key[^1], stopping);
        string[] names = [.. entries.Where(static entry => entry.String != Forgotten).Select(static entry => entry.Key[^1])];
        ulong number = await NumbersAsync(names.Length, stopping);
        foreach (string[] some in names.Chunk(MostCalls / 4))
        {
            Task<(PaymentRecord? Payment, string? Problem)>[] reads = [.. some.Select(name => ReadPaymentAsync(name, stopping).AsTask())];
            for (int i = 0; i < some.Length; i++)
            {
                (PaymentRecord? payment, string? wrong) = await reads[i];
                if (wrong is not null) remarks.Add(wrong);
                else if (payment is null) await _store.DeleteAsync([.. PayerKeys.Live, some[i]], stopping); // it had not begun
                if (payment is null) continue;
                payment = payment with { UpdatedIndex = number++ };
                if (payment.IsFinal) await SaveAgainAsync(payment, stopping);
                if (!payment.IsFinal) live.Add(payment);
                else if (!await ArchiveAsync(payment, stopping)) throw new PaymentJournalUnavailableException($"the payment {payment.Terms.Id} could not be moved to the archive");
            }
        }

        return new PaymentJournalContents(live, _createdBelow - 1, _updatedBelow - 1, remarks);
    }

    public async ValueTask<IReadOnlyList<bool>> ProveAsync(IReadOnlyList<PaymentChange> changes, CancellationToken stopping)
    {
        bool[] proven = [.. Enumerable.Repeat(await ReserveAsync(changes, stopping), changes.Count)];
        await WriteAsync([.. changes.Select(static (change, i) => ProofOf(change, i)).Where(write => proven[write.Change])], proven, stopping);
        for (int i = 0; i < changes.Count; i++)
        {
            if (proven[i]) _proven.Add(changes[i].After.Terms.Id);
        }

        return proven;
    }

    public async ValueTask<IReadOnlyList<bool>> CommitAsync(IReadOnlyList<PaymentChange> changes, CancellationToken stopping)
    {
        if (!await ReserveAsync(changes, stopping)) return [.. changes.Select(static _ => false)];
        bool[] saved = new bool[changes.Count];
        var writes = new List<Write>();
        for (int i = 0; i < changes.Count; i++)
        {
            saved[i] = changes[i].Before is not { IsLive: false } || await LeaveArchiveAsync(changes[i].After, stopping);
            if (!saved[i]) continue;
            writes.AddRange(DetailsOf(changes[i], i));
        }

        await WriteAsync(writes, saved, stopping);
        await WriteAsync([.. changes.Select(static (change, i) => StatusOf(change, i)).Where(write => saved[write.Change])], saved, stopping);
        for (int i = 0; i < changes.Count; i++)
        {
            // After the status: the one on record may count the part, and a part beyond the status is one more that was perhaps not sent.
            if (saved[i] && _unsure.Contains(changes[i].After.Terms.Id)) saved[i] = await RemoveStraysAsync(changes[i].After, stopping);
            _proven.Remove(changes[i].After.Terms.Id);
            if (saved[i]) _unsure.Remove(changes[i].After.Terms.Id);
            else _unsure.Add(changes[i].After.Terms.Id);
        }

        return saved;
    }

    public async ValueTask<bool> ArchiveAsync(PaymentRecord payment, CancellationToken stopping) =>
        await _archive.EnterAsync(payment, stopping) && await _store.DeleteAsync([.. PayerKeys.Live, PayerKeys.Name(payment.Terms.Id)], stopping);

    public async ValueTask<PaymentRecord?> FindAsync(PaymentId id, CancellationToken stopping)
    {
        string name = PayerKeys.Name(id);
        if (_forgotten.Contains(name)) await EraseAsync(name, stopping);
        (PaymentRecord? found, string? problem) = await ReadPaymentAsync(name, stopping);
        return problem is null ? found : throw new PaymentJournalUnavailableException(problem);
    }

    public async ValueTask<IReadOnlyList<PaymentRecord>> ListAsync(PaymentIndex index, ulong start, int limit, CancellationToken stopping)
    {
        string from = PayerKeys.Number(start);
        var found = new List<PaymentRecord>();
        await foreach (DatastoreEntry[] branch in _archive.BranchesAsync(index, start, index == PaymentIndex.Created ? _createdBelow : _updatedBelow, stopping))
        {
            foreach (DatastoreEntry entry in branch)
            {
                if (found.Count >= limit) return found;
                if (string.CompareOrdinal(entry.Key[^1], from) < 0 || entry.String is not { } name) continue;
                if ((await ReadPaymentAsync(name, stopping)).Payment is { } payment) found.Add(payment);
            }
        }

        return found;
    }

    public async ValueTask<bool> ForgetAsync(PaymentId id, CancellationToken stopping)
    {
        string name = PayerKeys.Name(id);
        if ((await ReadPaymentAsync(name, stopping)).Payment is null) return true;
        if (!await _store.PutAsync([.. PayerKeys.Live, name], Forgotten, stopping)) return false;
        try
        {
            await EraseAsync(name, stopping);
            return true;
        }
        catch (PaymentJournalUnavailableException)
        {
            return false;
        }
    }

    public async ValueTask<string?> PruneAsync(PaymentHistoryLimits limits, CancellationToken stopping)
    {
        DateTimeOffset oldest = _time.GetUtcNow() - limits.MaxAge;
        try
        {
            int excess = -limits.MaxCount;
            await foreach (DatastoreEntry[] branch in _archive.BranchesAsync(PaymentIndex.Updated, start: 0, _updatedBelow, stopping)) excess += branch.Length;
            await foreach (DatastoreEntry[] branch in _archive.BranchesAsync(PaymentIndex.Updated, start: 0, _updatedBelow, stopping))
            {
                foreach (DatastoreEntry entry in branch)
                {
                    if (entry.String is not { } name || !PayerKeys.TryRead(name, out PaymentId id)) continue;
                    if (excess-- <= 0 && (await ReadPaymentAsync(name, stopping)).Payment?.UpdatedAt >= oldest) return null;
                    if (!await ForgetAsync(id, stopping)) return $"the payment {id} could not be deleted";
                }
            }

            return null;
        }
        catch (PaymentJournalUnavailableException e)
        {
            return e.Message;
        }
    }

    /// <summary>
    /// Deletes a payment that is marked as forgotten. What a crash leaves of it cannot be read as a payment any more, or can be read as one that is live; the mark,
    /// which goes last, has the next start complete the deletion.
    /// </summary>
    private async ValueTask EraseAsync(string name, CancellationToken stopping)
    {
        _forgotten.Add(name);
        bool gone = (await ReadPaymentAsync(name, stopping)).Payment is not { } payment || await _archive.RemoveAsync(payment.CreatedIndex, payment.UpdatedIndex, stopping);
        string[][] keys =
        [
            .. (await _store.EntriesAsync([.. PayerKeys.Parts, name], stopping)).Select(static part => part.Key),
            [.. PayerKeys.Settled, name], [.. PayerKeys.Statuses, name], [.. PayerKeys.Payments, name], [.. PayerKeys.Live, name],
        ];
        foreach (string[] key in keys) gone = gone && await _store.DeleteAsync(key, stopping);
        if (!gone) throw new PaymentJournalUnavailableException($"the forgotten payment {Uri.UnescapeDataString(name)} could not be deleted");
        _forgotten.Remove(name);
    }

    private static string[] PartKey(string name, int number) => [.. PayerKeys.Parts, name, PayerKeys.Number((ulong)number + 1)];

    private async ValueTask WriteAsync(List<Write> writes, bool[] saved, CancellationToken stopping)
    {
        foreach (Write[] some in writes.Chunk(MostCalls))
        {
            Task<bool>[] calls = [.. some.Select(write => _store.PutAsync(write.Key, write.Text, stopping).AsTask())];
            for (int i = 0; i < some.Length; i++) saved[some[i].Change] &= await calls[i];
        }
    }

    /// <summary>Everything but the status, of which a crash may leave any. Without a status the payment has not begun; when it says succeeded, the preimage is there.</summary>
    private IEnumerable<Write> DetailsOf(PaymentChange change, int number)
    {
        (PaymentTerms terms, SavedPayment state) = (change.After.Terms, change.After.State);
        string name = PayerKeys.Name(terms.Id);
        SavedPayment? before = _unsure.Contains(terms.Id) ? null : change.Before;
        if (before is null)
        {
            yield return new Write(number, [.. PayerKeys.Payments, name], PaymentJson.Write(terms, change.After.CreatedIndex));
            yield return new Write(number, [.. PayerKeys.Live, name], PayerKeys.Number(change.After.CreatedIndex));
        }

        for (int i = 0; i < state.Attempts.Count; i++)
        {
            if (before is null || i >= before.Attempts.Count || before.Attempts[i] != state.Attempts[i]) yield return new Write(number, PartKey(name, i), PaymentJson.Write(state.Attempts[i]));
        }

        if (state.Preimage is { } preimage && before?.Preimage != preimage && !_proven.Contains(terms.Id)) yield return ProofOf(change, number);
    }

    private static Write ProofOf(PaymentChange change, int number) => new(number, [.. PayerKeys.Settled, PayerKeys.Name(change.After.Terms.Id)], PaymentJson.Write(change.After.State.Preimage!.Value));

    private static Write StatusOf(PaymentChange change, int number)
    {
        (PaymentTerms terms, SavedPayment state) = (change.After.Terms, change.After.State);
        var progress = new PaymentProgress(state.Status, state.Reason, (uint)state.Attempts.Count, change.After.UpdatedIndex, change.After.UpdatedAt);
        return new Write(number, [.. PayerKeys.Statuses, PayerKeys.Name(terms.Id)], PaymentJson.Write(progress));
    }

    /// <summary>
    /// Reserves new updated indexes for the payments that a restart continues, or finds final. The change that is on record may be one that the last process could not
    /// tell of, because its write was not answered; whoever follows the indexes is past its number meanwhile, and would never hear of it.
    /// </summary>
    /// <returns>The first of the numbers.</returns>
    private async ValueTask<ulong> NumbersAsync(int payments, CancellationToken stopping)
    {
        ulong first = _updatedBelow;
        if (payments == 0) return first;
        ulong below = first + (ulong)payments;
        bool saved = await _store.PutAsync(PayerKeys.Indexes, PaymentJson.Write(_createdBelow, below), stopping);
        if (!saved) throw new PaymentJournalUnavailableException($"{string.Join('/', PayerKeys.Indexes)} could not be saved");
        _updatedBelow = below;
        return first;
    }

    /// <summary>Saves the end of a payment with its new number; a crash between the preimage or the last part and the status may have left it unsaid.</summary>
    private async ValueTask SaveAgainAsync(PaymentRecord payment, CancellationToken stopping)
    {
        bool saved = (await CommitAsync([new PaymentChange(payment, Before: null)], stopping))[0];
        if (!saved) throw new PaymentJournalUnavailableException($"the end of the payment {payment.Terms.Id} could not be saved");
    }

    /// <summary>Reserves the numbers that the changes have: numbers that a lost commit may have shown to somebody are not given again.</summary>
    private async ValueTask<bool> ReserveAsync(IReadOnlyList<PaymentChange> changes, CancellationToken stopping)
    {
        ulong created = changes.Max(static change => change.After.CreatedIndex), updated = changes.Max(static change => change.After.UpdatedIndex);
        if (created < _createdBelow && updated < _updatedBelow) return true;
        ulong createdBelow = created < _createdBelow ? _createdBelow : created + ReservedIndexes, updatedBelow = updated < _updatedBelow ? _updatedBelow : updated + ReservedIndexes;
        if (!await _store.PutAsync(PayerKeys.Indexes, PaymentJson.Write(createdBelow, updatedBelow), stopping)) return false;
        (_createdBelow, _updatedBelow) = (createdBelow, updatedBelow);
        return true;
    }

    /// <summary>Removes parts that a failed commit left and that the payment does not have; the last first, so that those which a crash leaves have no gap in their numbers.</summary>
    private async ValueTask<bool> RemoveStraysAsync(PaymentRecord payment, CancellationToken stopping)
    {
        string name = PayerKeys.Name(payment.Terms.Id);
        try
        {
            foreach (DatastoreEntry part in (await _store.EntriesAsync([.. PayerKeys.Parts, name], stopping)).Reverse())
            {
                if (string.CompareOrdinal(part.Key[^1], PayerKeys.Number((ulong)payment.Attempts.Count)) > 0 && !await _store.DeleteAsync(part.Key, stopping)) return false;
            }

            return true;
        }
        catch (PaymentJournalUnavailableException)
        {
            return false;
        }
    }

    /// <summary>
    /// Moves a payment that begins again from the archives to the index of live ones. A crash in between leaves it in the index, from which the next start
    /// archives it again.
    /// </summary>
    private async ValueTask<bool> LeaveArchiveAsync(PaymentRecord payment, CancellationToken stopping)
    {
        string name = PayerKeys.Name(payment.Terms.Id);
        if (!await _store.PutAsync([.. PayerKeys.Live, name], PayerKeys.Number(payment.CreatedIndex), stopping)) return false;
        try
        {
            if (PaymentJson.ReadProgress(await _store.ReadAsync([.. PayerKeys.Statuses, name], stopping), out _) is not { } progress) return false;
            return await _archive.RemoveAsync(payment.CreatedIndex, progress.UpdatedIndex, stopping);
        }
        catch (PaymentJournalUnavailableException)
        {
            return false;
        }
    }

    /// <returns>Null without a problem if there is no such payment.</returns>
    private async ValueTask<(PaymentRecord? Payment, string? Problem)> ReadPaymentAsync(string name, CancellationToken stopping)
    {
        Task<string?> creationText = _store.ReadAsync([.. PayerKeys.Payments, name], stopping).AsTask(), progressText = _store.ReadAsync([.. PayerKeys.Statuses, name], stopping).AsTask();
        Task<string?> settledText = _store.ReadAsync([.. PayerKeys.Settled, name], stopping).AsTask();
        Task<DatastoreEntry[]> partEntries = _store.EntriesAsync([.. PayerKeys.Parts, name], stopping).AsTask();
        (string? terms, string? status, string? settled, DatastoreEntry[] parts) = (await creationText, await progressText, await settledText, await partEntries);

        // A crash before the status was written: nothing was begun.
        if (terms is null || status is null) return (null, null);
        if (PaymentJson.ReadCreation(terms, out string? problem) is not { } creation) return Unreadable(PayerKeys.Payments, name, problem);
        if (PaymentJson.ReadProgress(status, out problem) is not { } progress) return Unreadable(PayerKeys.Statuses, name, problem);
        PaymentSettledJson? proof = settled is null ? null : PaymentJson.ReadSettled(settled, out problem);
        if (settled is not null && proof is null) return Unreadable(PayerKeys.Settled, name, problem);
        if (parts.Length < progress.Parts) return Unreadable(PayerKeys.Parts, name, $"there are {parts.Length} parts of {progress.Parts}");
        var attempts = new List<Attempt>();
        foreach (DatastoreEntry part in parts)
        {
            if (PaymentJson.ReadPart(part.String, out problem) is { } attempt) attempts.Add(attempt);
            else return Unreadable(PayerKeys.Parts, $"{name}/{part.Key[^1]}", problem);
        }

        return (new PaymentRecord(creation.Terms, Restored(progress, [.. attempts], proof), creation.CreatedIndex, progress.UpdatedIndex, progress.UpdatedAt), null);
    }

    /// <summary>
    /// A crash between the writes of one commit leaves the newer record of one kind beside an older one of another. Whatever is newer happened: a preimage
    /// means success, and parts beyond the status are planned ones, of which nobody knows whether they were sent.
    /// </summary>
    private static SavedPayment Restored(PaymentProgress progress, ValueList<Attempt> attempts, PaymentSettledJson? proof)
    {
        if (proof?.PaymentPreimage is { } preimage) return new SavedPayment(PaymentStatus.Succeeded, attempts, Preimage: preimage);

        // Success without its proof, of the payment or of a part, or failure without its reason, is not believed: the node's rows are looked at again.
        attempts = [.. attempts.Select(static attempt => attempt.Status == AttemptStatus.Settled ? attempt with { Status = AttemptStatus.Sent } : attempt)];
        bool begun = attempts.Count > 0;
        PaymentStatus pending = begun ? PaymentStatus.InFlight : PaymentStatus.Initiated;
        return progress switch
        {
            { Status: PaymentStatus.Failed, Reason: { } reason } when !attempts.AnyOut() => new SavedPayment(PaymentStatus.Failed, attempts, reason),

            // Given up, and the last part has failed since: restored, it has failed.
            _ => SavedPayment.Of(new SavedPayment(pending, attempts, progress.Reason).Restore()),
        };
    }

    private static (PaymentRecord? Payment, string? Problem) Unreadable(string[] place, string name, string? problem) =>
        (null, $"the record {string.Join('/', place)}/{name} cannot be read and is left alone: {problem}");

    /// <summary>A record to be written, and the number of the change that it belongs to.</summary>
    private readonly record struct Write(int Change, string[] Key, string Text);
}
