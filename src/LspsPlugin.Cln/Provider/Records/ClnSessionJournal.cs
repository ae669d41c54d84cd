using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Provider.Records;

/// <summary>
/// Stores the records in the node's datastore. Each kind has its own key: <c>offers</c> for offers that are sold and still valid,
/// <c>active</c> for the attempt in progress, <c>confirming</c> for sessions that wait until their funding is deep enough, <c>lifetimes</c>
/// for how long a paid channel is kept, <c>finalized</c> for finished sessions, <c>released</c> for what a failed attempt recently gave
/// back. An active record is protected by its generation: if another program writes it, our next save fails.
/// </summary>
/// <param name="node">The node's commands.</param>
/// <param name="time">The clock of the records' times.</param>
/// <param name="size">The channel size for a payment until a policy plugin decides.</param>
/// <param name="numbers">The numbers of sales; loaded with the records.</param>
/// <param name="stories">What happened to each sale, which is saved with its records.</param>
/// <param name="income">What each sale earned and cost, which is entered before its finished record.</param>
internal sealed class ClnSessionJournal(NodeClient node, TimeProvider time, Func<Msat, Sat> size, SaleNumbers numbers, SaleStories stories, IncomeLedger income) : ISessionJournal
{
    private readonly SessionHistory _history = new(node, time, numbers, income);
    private readonly Lifetimes _lifetimes = new(node);
    private readonly BuiltInSessions _builtIn = new(node);
    private readonly SaleUpdates _updates = numbers.Updates;
    private readonly ReleasedOffers _releasedOffers = new(node, size, time);

    /// <summary>How many records are written at a time.</summary>
    private const int AtATime = 64;

    /// <summary>The generation of each active record as last written or read; absent if there is no record.</summary>
    private readonly Dictionary<Scid, ulong> _generations = [];

    /// <summary>The finished sessions.</summary>
    public SessionHistory History => _history;

    public async ValueTask<JournalContents> LoadAsync(CancellationToken stopping)
    {
        var remarks = new List<string>();
        await numbers.LoadAsync(stopping);
        var offers = await ReadAsync(RecordKeys.Offers, remarks, stopping);
        var active = await ReadAsync(RecordKeys.Active, remarks, stopping);
        var confirming = await ReadAsync(RecordKeys.Confirming, remarks, stopping);
        foreach ((Scid scid, SessionRecord record, _) in offers.Concat(active).Concat(confirming)) stories.Restore(scid, record.Events);
        foreach ((_, SessionRecord record, _) in offers.Concat(active).Concat(confirming)) numbers.Learn(record.UpdatedIndex ?? 0);
        var live = new Dictionary<Scid, OfferOnRecord>();
        foreach ((Scid scid, SessionRecord record, _) in offers) live[scid] = new OfferOnRecord(record.Offer, record.Alias);
        var sessions = new Dictionary<Scid, SessionOnRecord>();
        foreach ((Scid scid, SessionRecord record, ulong generation) in active)
        {
            _generations[scid] = generation;
            SessionOnRecord? session = record is { PaymentHash: { } known, State: { } saved } ? new SessionOnRecord(record.Offer, known, saved) : null;
            if (record.BuiltIn is { } theirs && (session = await AdoptAsync(scid, record, theirs, remarks, stopping)) is null) continue;
            if (session is { State.Phase: not Phase.Ended }) sessions[scid] = session;
            else if (session is { State: { } over } && (over.Outcome == Outcome.Succeeded || over.Reason?.EndsOffer() == true))
            {
                live.Remove(scid);
                await DeleteAsync(Key(RecordKeys.Offers, scid), stopping);
                continue;
            }

            // Other programs see and edit the active record, so its terms count. An offer of the built-in plugin has no other record.
            Offer sold = record.Offer;
            if (!live.TryGetValue(scid, out OfferOnRecord? offer))
            {
                sold = sold with { CreatedIndex = sold.CreatedIndex ?? await NextNumberAsync(stopping) };
                await WriteAsync(Key(RecordKeys.Offers, scid), RecordJson.Write(new SessionRecord(sold, null, null, null)), "must-create", null, stopping);
            }

            live[scid] = new OfferOnRecord(sold with { CreatedIndex = sold.CreatedIndex ?? offer?.Offer.CreatedIndex }, offer?.Alias);
        }

        // Between the two writes of a step both keys may hold the session: the later one counts.
        foreach ((Scid scid, SessionRecord record, _) in confirming)
        {
            if (record is not { PaymentHash: { } hash, State: { } state }) continue;
            sessions[scid] = new SessionOnRecord(record.Offer, hash, state);
            if (record.UpdatedIndex is { } entered) _updates.OnEntered(scid, entered);
            if (state.Plan is { } plan) await _lifetimes.AddAsync(record.Offer, plan.Channel, stopping);
        }

        foreach (Scid scid in live.Keys.Union(sessions.Keys).ToArray()) await NumberAsync(scid, live, sessions, stopping);

        // A crash in between left the rest of the step undone: a paid offer must not look like one that waits for payment.
        foreach ((Scid scid, _, _) in confirming)
        {
            if (!sessions.TryGetValue(scid, out SessionOnRecord? paid) || (!_generations.ContainsKey(scid) && live.GetValueOrDefault(scid) is not { Alias: null })) continue;
            await SaveAsync(paid.Offer, paid.PaymentHash, paid.State, stopping);
        }

        await CarryOnAsync(live, remarks, stopping);
        await SaveNumbersAsync(offers, live, stopping);
        foreach (Scid scid in live.Keys.Union(sessions.Keys).OrderBy(scid => live.GetValueOrDefault(scid)?.Offer.CreatedIndex)) _updates.Renew(scid);
        return new JournalContents([.. live.Values], [.. sessions.Values], await ReadLossesAsync(remarks, stopping), remarks);
    }

    /// <summary>
    /// Saves the numbers that live sales of an earlier version got now; otherwise the next start would give them others. Somebody else's change of a record is left
    /// as it is.
    /// </summary>
    private async ValueTask SaveNumbersAsync(List<(Scid Scid, SessionRecord Record, ulong Generation)> offers, Dictionary<Scid, OfferOnRecord> live, CancellationToken stopping)
    {
        foreach (var some in offers.Where(offer => offer.Record.Offer.CreatedIndex is null && live.ContainsKey(offer.Scid)).Chunk(AtATime))
        {
            Task<JournalResult>[] writes =
            [
                .. some.Select(offer => WriteAsync(
                    Key(RecordKeys.Offers, offer.Scid),
                    RecordJson.Write(offer.Record with { Offer = offer.Record.Offer with { CreatedIndex = live[offer.Scid].Offer.CreatedIndex } }),
                    "must-replace",
                    offer.Generation,
                    stopping).AsTask()),
            ];
            foreach (Task<JournalResult> write in writes) await write;
        }
    }

    /// <summary>Gives a number to a sale of an earlier version.</summary>
    private async ValueTask NumberAsync(Scid scid, Dictionary<Scid, OfferOnRecord> live, Dictionary<Scid, SessionOnRecord> sessions, CancellationToken stopping)
    {
        OfferOnRecord? offer = live.GetValueOrDefault(scid);
        SessionOnRecord? session = sessions.GetValueOrDefault(scid);
        ulong number = session?.Offer.CreatedIndex ?? offer?.Offer.CreatedIndex ?? await NextNumberAsync(stopping);
        if (offer is not null) live[scid] = offer with { Offer = offer.Offer with { CreatedIndex = number } };
        if (session is not null) sessions[scid] = session with { Offer = session.Offer with { CreatedIndex = number } };
    }

    private async ValueTask<ulong> NextNumberAsync(CancellationToken stopping) =>
        await numbers.NextAsync(stopping) ?? throw new JournalUnavailableException($"{string.Join('/', RecordKeys.Indexes)} cannot be saved");

    /// <summary>Takes over the offers of a released node's service plugin; they are persisted before anything is done for them.</summary>
    private async ValueTask CarryOnAsync(Dictionary<Scid, OfferOnRecord> live, List<string> remarks, CancellationToken stopping)
    {
        foreach (Offer released in await _releasedOffers.ReadAsync(live.Keys.ToHashSet(), remarks, stopping))
        {
            Offer offer = released with { CreatedIndex = await NextNumberAsync(stopping) };
            if (await AddOfferAsync(offer, stopping) is JournalResult.Failed) throw new JournalUnavailableException($"the offer {offer.JitScid} of the node's own service could not be saved as our own record");
            live[offer.JitScid] = new OfferOnRecord(offer, null);
            await _releasedOffers.ForgetAsync(offer.JitScid, stopping);
            remarks.Add($"the offer {offer.JitScid} of the node's own service, for {offer.Client}, stays valid until {LspsTime.Write(offer.ValidUntil)}");
        }

        await _releasedOffers.MarkAsync(stopping);
    }

    private async ValueTask<IReadOnlyList<Loss>> ReadLossesAsync(List<string> remarks, CancellationToken stopping)
    {
        var losses = new List<Loss>();
        foreach ((Scid scid, DatastoreEntry entry) in await ListAsync(RecordKeys.Losses, remarks, stopping))
        {
            if (LossJson.Read(scid, entry.String, out string? problem) is { } loss) losses.Add(loss);
            else remarks.Add($"the record {string.Join('/', entry.Key)} cannot be read and is left alone: {problem}");
        }

        return losses;
    }

    /// <summary>Takes over a session of the built-in plugin; it is persisted in our format before anything is done for it.</summary>
    /// <returns>Null if it must not be touched.</returns>
    private async ValueTask<SessionOnRecord?> AdoptAsync(Scid scid, SessionRecord record, BuiltInOpening theirs, List<string> remarks, CancellationToken stopping)
    {
        string name = $"the built-in plugin's session {scid}";
        (SessionOnRecord? session, string? problem) = await _builtIn.AdoptAsync(record, theirs, stopping);
        if (session is null)
        {
            _generations.Remove(scid);
            remarks.Add($"{name} cannot continue and is left alone: {problem}");
            return null;
        }

        var ours = new SessionRecord(session.Offer, session.PaymentHash, session.State, null);
        bool over = session.State.Phase == Phase.Ended;
        JournalResult saved = over ? await EndAdoptedAsync(scid, ours, stopping) : await SaveActiveAsync(scid, RecordJson.Write(ours), stopping);
        if (saved != JournalResult.Saved) throw new JournalUnavailableException($"{name} could not be saved as our own record");
        remarks.Add(over ? $"{name} is over: {session.State.Outcome?.ToWord()}, {session.State.Reason?.ToWord() ?? "its channel was funded and closed"}" : $"{name} continues as {session.State.Phase.ToWord()}");
        return session;
    }

    /// <summary>Ends an adopted session. It has nothing left to release, so no release record is kept.</summary>
    private ValueTask<JournalResult> EndAdoptedAsync(Scid scid, SessionRecord ended, CancellationToken stopping) => ChangeAsync(
        scid,
        async update => await FinalizeAsync(ended with { UpdatedIndex = update }, stopping) is JournalResult.Saved ? await DeleteActiveAsync(scid, stopping) : JournalResult.Failed,
        stopping);

    public ValueTask<JournalResult> AddOfferAsync(Offer offer, CancellationToken stopping) => ChangeAsync(offer.JitScid, update => AddAsync(offer, update, stopping), stopping);

    private async ValueTask<JournalResult> AddAsync(Offer offer, ulong update, CancellationToken stopping)
    {
        string text = RecordJson.Write(new SessionRecord(offer, null, null, null) { UpdatedIndex = update });
        JournalResult added = await WriteAsync(Key(RecordKeys.Offers, offer.JitScid), text, "must-create", null, stopping);
        return added == JournalResult.Saved ? await SaveActiveAsync(offer.JitScid, text, stopping) : added;
    }

    /// <summary>Saves a change of a sale under a number of its own.</summary>
    private async ValueTask<JournalResult> ChangeAsync(Scid scid, Func<ulong, ValueTask<JournalResult>> save, CancellationToken stopping)
    {
        ulong update = _updates.Begin(scid);
        JournalResult saved = await save(update);
        if (saved != JournalResult.Saved)
        {
            _updates.NotSaved(scid);
            return saved;
        }

        foreach (ulong outdated in _updates.TakeOutdated(scid, update)) await _history.RemoveUpdateAsync(outdated, stopping);
        _updates.Saved(scid, update);
        return saved;
    }

    public ValueTask<JournalResult> SaveAsync(SessionTerms terms, SavedState state, CancellationToken stopping) =>
        SaveAsync(terms.Offer, terms.PaymentHash, state, stopping);

    private ValueTask<JournalResult> SaveAsync(Offer offer, PaymentHash hash, SavedState state, CancellationToken stopping) =>
        ChangeAsync(offer.JitScid, update => SaveAsync(offer, hash, state, update, stopping), stopping);

    private async ValueTask<JournalResult> SaveAsync(Offer offer, PaymentHash hash, SavedState state, ulong update, CancellationToken stopping)
    {
        Scid scid = offer.JitScid;
        SessionRecord record = new SessionRecord(offer, hash, state, null) with { Events = [.. stories.WithAnnounced(scid, hash)], UpdatedIndex = update };
        bool unpaid = state.Reason == FailureReason.NeverPaid;

        // Once the preimage is known nobody may close the channel; but broadcasting the funding comes first.
        if (state is { Phase: Phase.Broadcasting, SignedPsbt: null, Plan.Channel: { } paid }) await _lifetimes.AddAsync(offer, paid, stopping);
        if (state.Phase is not (Phase.Confirming or Phase.Ended) || (state.Phase == Phase.Confirming && unpaid)) return await SaveActiveAsync(scid, RecordJson.Write(record), stopping);

        // Write the obligation first, then the record of success that others read: a crash in between leaves both.
        if (state is { Phase: Phase.Confirming, Plan: { } plan })
        {
            if (await PutAsync(RecordKeys.Confirming, scid, RecordJson.Write(record), stopping) is not JournalResult.Saved) return JournalResult.Failed;
            if (!await _lifetimes.AddAsync(offer, plan.Channel, stopping)) return JournalResult.Failed;
            string alias = RecordJson.Write(new SessionRecord(offer, null, null, plan.Channel));
            if (await PutAsync(RecordKeys.Offers, scid, alias, stopping) is not JournalResult.Saved) return JournalResult.Failed;
        }

        SavedState final = state.Phase == Phase.Confirming ? state with { Outcome = Outcome.Succeeded } : state;
        SessionRecord ended = record with { State = final };
        if (state.Phase == Phase.Ended && ChannelLoss.Of(state) is { Value: > 0 } lost
            && await PutAsync(RecordKeys.Losses, scid, LossJson.Write(new Loss(scid, offer.Client, lost, time.GetUtcNow())), stopping) is not JournalResult.Saved) return JournalResult.Failed;
        if (final is { Plan.Channel: { } released, Outcome: not Outcome.Succeeded } && !unpaid
            && await WriteAsync([.. RecordKeys.Released, released.ToString()], RecordJson.Write(ended, time.GetUtcNow()), "create-or-replace", null, stopping) is not JournalResult.Saved) return JournalResult.Failed;
        if (await FinalizeAsync(ended, stopping) is not JournalResult.Saved) return JournalResult.Failed;
        if (await DeleteActiveAsync(scid, stopping) is not JournalResult.Saved) return JournalResult.Failed;
        return state.Phase == Phase.Ended ? await DeleteAsync(Key(RecordKeys.Confirming, scid), stopping) : JournalResult.Saved;
    }

    public async ValueTask<JournalResult> EndOfferAsync(Offer offer, FailureReason? reason, CancellationToken stopping)
    {
        // What was paid for is on record with its session's end.
        JournalResult ended = reason is null && !_generations.ContainsKey(offer.JitScid)
            ? await DeleteAsync(Key(RecordKeys.Offers, offer.JitScid), stopping)
            : await ChangeAsync(offer.JitScid, update => EndOfferAsync(offer, reason, update, stopping), stopping);
        if (ended != JournalResult.Saved) return ended;
        stories.Forget(offer.JitScid);
        _updates.Forget(offer.JitScid);
        return ended;
    }

    private async ValueTask<JournalResult> EndOfferAsync(Offer offer, FailureReason? reason, ulong update, CancellationToken stopping)
    {
        if (_generations.ContainsKey(offer.JitScid))
        {
            // Nobody paid: the purchase itself ends.
            Outcome outcome = reason is null ? Outcome.Succeeded : reason == FailureReason.OfferExpired ? Outcome.Timeout : Outcome.Failed;
            var over = new SavedState(Phase.Ended, Msat.Zero, null, [], null, reason, outcome, ChannelExisted: false);
            var unpaid = new SessionRecord(offer, null, over, null) { Events = [.. stories.Of(offer.JitScid)], UpdatedIndex = update };
            if (await FinalizeAsync(unpaid, stopping) is not JournalResult.Saved) return JournalResult.Failed;
            if (await DeleteActiveAsync(offer.JitScid, stopping) is not JournalResult.Saved) return JournalResult.Failed;
        }

        else if (await RenumberEndAsync(offer.JitScid, update, stopping) is not JournalResult.Saved)
        {
            return JournalResult.Failed;
        }

        return await DeleteAsync(Key(RecordKeys.Offers, offer.JitScid), stopping);
    }

    /// <summary>The last payment of an offer failed earlier, and now the offer is over too: its finished record gets a new number.</summary>
    private async ValueTask<JournalResult> RenumberEndAsync(Scid scid, ulong update, CancellationToken stopping)
    {
        string[] key = Key(RecordKeys.Finalized, scid);
        var found = await node.ListDatastoreAsync(key, stopping);
        if (!found.IsOk) return JournalResult.Failed;
        if (found.Value.Datastore.FirstOrDefault(entry => entry.Key.SequenceEqual(key)) is not { } record) return JournalResult.Saved;
        (ulong? created, ulong? before) = RecordJson.NumbersOf(record.String);
        if (RecordJson.WithNumbers(record.String, created, update) is not { } text) return JournalResult.Saved;
        if (before is { } outdated) _updates.OnEntered(scid, outdated);
        _updates.OnEntered(scid, update);
        if (!await _history.EnterUpdateAsync(update, scid, stopping)) return JournalResult.Failed;
        JournalResult saved = await PutAsync(RecordKeys.Finalized, scid, text, stopping);
        if (saved == JournalResult.Saved) _updates.OnEndWritten(scid);
        return saved;
    }

    public async ValueTask<IReadOnlyList<(SessionOnRecord Ended, DateTimeOffset At)>> ReleasedAsync(CancellationToken stopping)
    {
        var listed = await node.ListDatastoreAsync(RecordKeys.Released, stopping);
        if (!listed.IsOk) return [];
        var read = new List<(SessionOnRecord, DateTimeOffset)>();
        foreach (DatastoreEntry entry in listed.Value.Datastore)
        {
            if (RecordJson.Read(jitScid: null, entry.String, out _) is { PaymentHash: { } hash, State: { } state } record)
            {
                read.Add((new SessionOnRecord(record.Offer, hash, state), RecordJson.FinalizedAt(entry.String) ?? DateTimeOffset.UnixEpoch));
            }
        }

        return read;
    }

    public async ValueTask ForgetReleasedAsync(ChannelId channel, CancellationToken stopping) =>
        await DeleteAsync([.. RecordKeys.Released, channel.ToString()], stopping);

    public async ValueTask ForgetLossAsync(Scid jitScid, CancellationToken stopping) => await DeleteAsync(Key(RecordKeys.Losses, jitScid), stopping);

    public async ValueTask<string?> PruneAsync(HistoryLimits limits, CancellationToken stopping)
    {
        await numbers.ReserveUpdatesAsync(stopping);
        await _releasedOffers.MarkAsync(stopping);
        return await _history.PruneAsync(limits, RecordKeys.Finalized, stopping);
    }

    /// <summary>Writes the record of a finished session; before it its entries in the history, in the book and in the ledger, so that every record has them.</summary>
    private async ValueTask<JournalResult> FinalizeAsync(SessionRecord ended, CancellationToken stopping)
    {
        (Offer offer, ulong update, DateTimeOffset now) = (ended.Offer, ended.UpdatedIndex!.Value, time.GetUtcNow());
        _updates.OnEntered(offer.JitScid, update);
        if (!await _history.AddAsync(offer, update, stopping)) return JournalResult.Failed;
        if (ended.State is { } state && offer.CreatedIndex is { } sale && !await income.EnterAsync(sale, IncomeEntry.Of(offer, ended.PaymentHash, state, ended.Events, now), stopping)) return JournalResult.Failed;
        JournalResult saved = await PutAsync(RecordKeys.Finalized, offer.JitScid, RecordJson.Write(ended, now), stopping);
        if (saved == JournalResult.Saved) _updates.OnEndWritten(offer.JitScid);
        return saved;
    }

    private async ValueTask<JournalResult> SaveActiveAsync(Scid scid, string text, CancellationToken stopping)
    {
        bool exists = _generations.TryGetValue(scid, out ulong generation);
        var key = Key(RecordKeys.Active, scid);
        var entry = new DatastoreParams(key, text, exists ? "must-replace" : "must-create", exists ? generation : null);
        var saved = await node.DatastoreAsync(entry, stopping);
        if (saved.IsOk)
        {
            _generations[scid] = saved.Value.Generation;
            return JournalResult.Saved;
        }

        if (saved.Error.Code is not (NodeCodes.DatastoreExists or NodeCodes.DatastoreMissing or NodeCodes.DatastoreWrongGeneration) && !saved.Error.MaybeDone)
        {
            return JournalResult.Failed;
        }

        // Another program wrote, or our write succeeded but its answer was lost. The node says what is stored now.
        return await RefreshAsync(scid, key, text, stopping);
    }

    private async ValueTask<JournalResult> RefreshAsync(Scid scid, string[] key, string wanted, CancellationToken stopping)
    {
        var found = await node.ListDatastoreAsync(key, stopping);
        if (!found.IsOk) return JournalResult.Failed;
        DatastoreEntry? entry = found.Value.Datastore.FirstOrDefault(e => e.Key.SequenceEqual(key));

        // A record that was never ours, for example one that could not be read at start, stays locked for good.
        bool mine = _generations.ContainsKey(scid) || entry?.String == wanted;
        if (mine && entry?.Generation is { } generation) _generations[scid] = generation;
        else if (entry is null) _generations.Remove(scid);
        return entry?.String == wanted ? JournalResult.Saved : JournalResult.Conflict;
    }

    private async ValueTask<JournalResult> DeleteActiveAsync(Scid scid, CancellationToken stopping)
    {
        JournalResult deleted = await DeleteAsync(Key(RecordKeys.Active, scid), stopping);
        if (deleted == JournalResult.Saved) _generations.Remove(scid);
        return deleted;
    }

    private ValueTask<JournalResult> PutAsync(string[] place, Scid scid, string text, CancellationToken stopping) =>
        WriteAsync(Key(place, scid), text, "create-or-replace", null, stopping);

    private async ValueTask<JournalResult> WriteAsync(string[] key, string text, string mode, ulong? generation, CancellationToken stopping)
    {
        var saved = await node.DatastoreAsync(new DatastoreParams(key, text, mode, generation), stopping);
        return saved.IsOk ? JournalResult.Saved
            : saved.Error.Failure == RpcFailure.Refused && saved.Error.Code == NodeCodes.DatastoreExists ? JournalResult.Conflict
            : JournalResult.Failed;
    }

    private async ValueTask<JournalResult> DeleteAsync(string[] key, CancellationToken stopping)
    {
        var deleted = await node.DelDatastoreAsync(key, stopping);
        return deleted.IsOk || deleted.Error.Code == NodeCodes.DatastoreMissingOnDelete ? JournalResult.Saved : JournalResult.Failed;
    }

    private async ValueTask<List<(Scid Scid, SessionRecord Record, ulong Generation)>> ReadAsync(string[] place, List<string> remarks, CancellationToken stopping)
    {
        var read = new List<(Scid, SessionRecord, ulong)>();
        foreach ((Scid scid, DatastoreEntry entry) in await ListAsync(place, remarks, stopping))
        {
            if (RecordJson.Read(scid, entry.String, out string? problem) is { } record) read.Add((scid, record, entry.Generation ?? 0));
            else remarks.Add($"the record {string.Join('/', entry.Key)} cannot be read and is left alone: {problem}");
        }

        return read;
    }

    private async ValueTask<List<(Scid Scid, DatastoreEntry Entry)>> ListAsync(string[] place, List<string> remarks, CancellationToken stopping)
    {
        ListDatastoreAnswer listed = JournalAnswer.Of($"listdatastore {string.Join('/', place)}", await node.ListDatastoreAsync(place, stopping));
        var found = new List<(Scid, DatastoreEntry)>();
        foreach (DatastoreEntry entry in listed.Datastore)
        {
            if (entry.Key.Length != place.Length + 1) continue;
            if (Scid.TryParse(entry.Key[^1], out Scid scid)) found.Add((scid, entry));
            else remarks.Add($"the record {string.Join('/', entry.Key)} cannot be read and is left alone: its key is not a short channel id");
        }

        return found;
    }

    private static string[] Key(string[] place, Scid scid) => [.. place, scid.ToString()];
}
