using System.Runtime.CompilerServices;
using LspsPlugin.Cln.DiskFormat;
using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Cln.Provider.Records;

/// <summary>
/// What each sale earned and cost, at <c>income/BRANCH/NUMBER</c> and, where money moved, at <c>income/BRANCH/NUMBER-CHANNEL</c>; the latter outlive the records of
/// the sales. An entry is written before the sale's finished record, and again with each later state: a crash in between repeats it.
/// </summary>
/// <param name="node">The node's commands.</param>
/// <param name="numbers">The numbers of sales: which branches there can be.</param>
internal sealed class IncomeLedger(NodeClient node, SaleNumbers numbers)
{
    private Task? _loading;

    /// <summary>The ledger in memory; complete once it is loaded.</summary>
    public IncomeBook Book { get; } = new();

    /// <summary>Whether the sales that finished before there was a ledger are entered.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Enters a sale, or what has become of it since.</summary>
    /// <returns>False if the node does not store it.</returns>
    public async ValueTask<bool> EnterAsync(ulong sale, IncomeEntry entry, CancellationToken stopping)
    {
        var key = new IncomeKey(sale, 0);
        if (entry.Channel is { } channel)
        {
            IncomeKey ofChannel = IncomeKey.Of(sale, channel);
            var found = await node.ListDatastoreAsync(ofChannel.Path, stopping);
            if (!found.IsOk) return false;
            DatastoreEntry? before = found.Value.Datastore.FirstOrDefault(one => one.Key.SequenceEqual(ofChannel.Path));
            if (before is not null || entry.HasMoney) key = ofChannel;
            if (before is not null && IncomeEntry.Read(before.String, out string? problem) is var known)
            {
                if (known is null)
                {
                    // Perhaps a later version wrote it: it stays as it is.
                    Book.Complain(key.Path, problem!);
                    return true;
                }

                entry = entry.After(known);
            }
        }

        if (!(await node.DatastoreAsync(new DatastoreParams(key.Path, entry.Write(), "create-or-replace", null), stopping)).IsOk) return false;
        Book.Put(key, entry);
        return true;
    }

    /// <summary>Deletes the entry of a sale for which no money moved, with the sale's record.</summary>
    /// <returns>False if the node does not delete it.</returns>
    public async ValueTask<bool> ForgetAsync(ulong sale, CancellationToken stopping)
    {
        var key = new IncomeKey(sale, 0);
        var deleted = await node.DelDatastoreAsync(key.Path, stopping);
        if (!deleted.IsOk && deleted.Error.Code != NodeCodes.DatastoreMissingOnDelete) return false;
        Book.Remove(key);
        return true;
    }

    /// <summary>Reads the ledger, once, branch by branch: the node does other work in between.</summary>
    /// <exception cref="JournalUnavailableException">The node does not answer; the next call tries again.</exception>
    public Task LoadAsync(CancellationToken stopping) => _loading is null or { IsFaulted: true } or { IsCanceled: true } ? _loading = ReadAllAsync(stopping) : _loading;

    /// <summary>Enters the sales that finished before there was a ledger, or under an earlier version; one call at a time.</summary>
    /// <param name="now">The time to take for a record without one.</param>
    /// <param name="stopping">Cancels the work.</param>
    /// <returns>How many were entered.</returns>
    /// <exception cref="JournalUnavailableException">The node does not answer; what was entered stays.</exception>
    public async ValueTask<int> EnterEarlierAsync(DateTimeOffset now, CancellationToken stopping)
    {
        await LoadAsync(stopping);
        int entered = 0;

        // An earlier version may have run in between, and its sales have other numbers than before.
        HashSet<ulong> channels = [.. Book.Rows.Select(static row => row.Key.Channel)];
        await foreach ((ulong sale, Scid scid) in UnenteredAsync(stopping))
        {
            string[] place = [.. RecordKeys.Finalized, scid.ToString()];
            ListDatastoreAnswer found = JournalAnswer.Of("listdatastore", await node.ListDatastoreAsync(place, stopping));
            if (found.Datastore.FirstOrDefault(one => one.Key.SequenceEqual(place)) is not { } record) continue;
            if (RecordJson.Read(scid, record.String, out string? problem) is not { } read) Book.Complain(place, problem!);
            else if (EntryOf(read, RecordJson.FinalizedAt(record.String) ?? now) is not { } entry || (entry.Channel is { } channel && channels.Contains(IncomeKey.Of(sale, channel).Channel))) continue;
            else if (await EnterAsync(sale, entry, stopping)) entered++;
            else throw new JournalUnavailableException("the income of finished sales could not be saved");
        }

        IsComplete = true;
        return entered;
    }

    /// <summary>Returns the finished sales on record that are not in the ledger, by their numbers.</summary>
    private async IAsyncEnumerable<(ulong Number, Scid JitScid)> UnenteredAsync([EnumeratorCancellation] CancellationToken stopping)
    {
        var sales = new SaleBook(node);
        await foreach ((ulong sale, Scid scid) in sales.FromAsync(0, numbers.Book, stopping))
        {
            if (!Book.Has(sale)) yield return (sale, scid);
        }
    }

    /// <summary>Reads the entry of a channel; null if there is none, or if the node does not answer.</summary>
    public async ValueTask<IncomeEntry?> FindAsync(IncomeKey key, CancellationToken stopping)
    {
        var found = await node.ListDatastoreAsync(key.Path, stopping);
        return found.IsOk && found.Value.Datastore.FirstOrDefault(one => one.Key.SequenceEqual(key.Path)) is { } record ? IncomeEntry.Read(record.String, out _) : null;
    }

    /// <summary>Reads all entries of the branch of a key; empty if the node does not answer.</summary>
    public async ValueTask<Dictionary<IncomeKey, IncomeEntry>> BranchAsync(ulong branch, CancellationToken stopping)
    {
        var entries = new Dictionary<IncomeKey, IncomeEntry>();
        var listed = await node.ListDatastoreAsync(IncomeKey.Branch(branch), stopping);
        foreach (DatastoreEntry record in listed.IsOk ? listed.Value.Datastore : [])
        {
            if (IncomeKey.TryRead(record.Key[^1], out IncomeKey key, out bool isChannel) && !isChannel && IncomeEntry.Read(record.String, out _) is { } entry) entries[key] = entry;
        }

        return entries;
    }

    /// <summary>Saves what became of a sold channel.</summary>
    /// <returns>False if the node does not store it.</returns>
    public async ValueTask<bool> SaveAsync(IncomeKey key, SoldChannel channel, CancellationToken stopping)
    {
        if (!(await node.DatastoreAsync(new DatastoreParams(key.ChannelPath, channel.Write(), "create-or-replace", null), stopping)).IsOk) return false;
        Learn(key, channel);
        return true;
    }

    /// <summary>What is on record of sold channels of which something may still be learnt.</summary>
    public Dictionary<IncomeKey, SoldChannel> Channels { get; } = [];

    private static IncomeEntry? EntryOf(SessionRecord record, DateTimeOffset ended) => record switch
    {
        { State: { } state } => IncomeEntry.Of(record.Offer, record.PaymentHash, state, record.Events, ended),
        { BuiltIn: { } opening } => IncomeEntry.OfBuiltIn(record, opening, ended),
        _ => null,
    };

    private async Task ReadAllAsync(CancellationToken stopping)
    {
        for (ulong branch = 0; branch <= numbers.Highest / IncomeKey.BranchSize; branch++)
        {
            ListDatastoreAnswer listed = JournalAnswer.Of("listdatastore", await node.ListDatastoreAsync(IncomeKey.Branch(branch), stopping));
            foreach (DatastoreEntry entry in listed.Datastore) Read(entry);
        }
    }

    private void Read(DatastoreEntry record)
    {
        string? problem = "its key is not a number of a sale";
        if (IncomeKey.TryRead(record.Key[^1], out IncomeKey key, out bool isChannel))
        {
            if (isChannel && SoldChannel.Read(record.String, out problem) is { } channel) Learn(key, channel);
            else if (!isChannel && IncomeEntry.Read(record.String, out problem) is { } entry) Book.Learn(key, entry);
        }

        if (problem is not null) Book.Complain(record.Key, problem);
    }

    private void Learn(IncomeKey key, SoldChannel channel)
    {
        if (channel.IsFinal) Channels.Remove(key);
        else Channels[key] = channel;
        if (channel.ClosedAt is { } closed) Book.Close(key, new ClosedChannel(Days.Of(closed), channel.ClosingCost, channel.IsFinal));
    }
}

/// <summary>What became of a sold channel, as the node told it.</summary>
/// <param name="Scid">Its name in the node's list of forwards, once its funding is confirmed.</param>
/// <param name="Alias">Its name there before.</param>
/// <param name="ClosedAt">When it was closed; null while it is open.</param>
/// <param name="ClosingCost">The on-chain fees of its close; null if they are unknown.</param>
/// <param name="IsFinal">Whether nothing more can be learnt of it.</param>
internal sealed record SoldChannel(Scid? Scid = null, Scid? Alias = null, DateTimeOffset? ClosedAt = null, Msat? ClosingCost = null, bool IsFinal = false)
{
    public string Write() => RecordText.Write(
        new SoldChannelJson(Scid, Alias, ClosedAt is { } closed ? LspsTime.Write(closed) : null, ClosingCost, IsFinal ? true : null, SessionRecordJson.Newest),
        RecordsJson.Default.SoldChannelJson);

    /// <summary>Parses a record; null with the reason if it is unreadable.</summary>
    public static SoldChannel? Read(string? text, out string? problem) => RecordText.Read(text, RecordsJson.Default.SoldChannelJson, Read, out problem);

    private static SoldChannel Read(SoldChannelJson read) => new(
        read.ShortChannelId,
        read.Alias,
        read.ClosedAt is { } closed ? LspsTime.ReadLenient(closed) ?? throw new FormatException("closed_at is not a time") : null,
        read.ClosingCostMsat is { } cost && cost > Msat.AllMoney ? throw new FormatException("closing_cost_msat is more than the bitcoin supply") : read.ClosingCostMsat,
        read.Final ?? false);
}
