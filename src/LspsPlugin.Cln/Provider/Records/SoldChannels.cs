using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Cln.Provider.Records;

/// <summary>
/// Reads from the node what sold channels earn and cost after their sale: the fees of forwards over them, and the on-chain fees of their closes. What was read is on
/// record, so each row of the node is read once.
/// </summary>
internal sealed class SoldChannels(NodeClient node, IncomeLedger ledger, SessionRegistry registry, TimeProvider time)
{
    /// <summary>How often the node is asked.</summary>
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(30);

    /// <summary>Time after which the HTLCs held at the node's last stop are handled.</summary>
    private static readonly TimeSpan AfterTheStart = TimeSpan.FromSeconds(20);

    /// <summary>The least time between two looks, however often an operator asks.</summary>
    private static readonly TimeSpan LeastPause = TimeSpan.FromMinutes(1);

    /// <summary>How many rows of listforwards are read at a time, and the pause after so many: the node blocks while it lists them.</summary>
    private const uint PageRows = 1000;

    private static readonly TimeSpan PagePause = TimeSpan.FromMilliseconds(100);

    private readonly RoutedFees _routed = new(node, ledger.Book);

    /// <summary>The sold channels by their names in the node's list of forwards.</summary>
    private readonly Dictionary<Scid, IncomeKey> _names = [];

    /// <summary>The channels of which both names are known, or nothing more can be learnt.</summary>
    private readonly HashSet<IncomeKey> _named = [];

    /// <summary>Ends the pause between two looks, from a minute on.</summary>
    private CancellationTokenSource? _pause;

    private bool _isAsked;

    /// <summary>Why the last look was not complete; null if it was.</summary>
    public string? Problem { get; private set; }

    /// <summary>Looks for news after the start, then every 30 minutes and soon after an operator asked, until cancelled.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        await Task.Delay(AfterTheStart, time, stopping);
        while (true)
        {
            try
            {
                await LookAsync(stopping);
                Problem = null;
            }
            catch (JournalUnavailableException silent)
            {
                Problem = $"what sold channels earned and cost since is not complete: {silent.Message}";
            }

            await PauseAsync(stopping);
        }
    }

    /// <summary>Has the node asked soon, because an operator looks at the figures.</summary>
    public void Ask()
    {
        _isAsked = true;
        _pause?.Cancel();
    }

    private async ValueTask PauseAsync(CancellationToken stopping)
    {
        _isAsked = false;
        await Task.Delay(LeastPause, time, stopping);
        if (_isAsked) return;
        using var pause = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        _pause = pause;
        try
        {
            await Task.Delay(Every - LeastPause, time, pause.Token);
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            // Somebody asked.
        }
        finally
        {
            _pause = null;
        }
    }

    /// <summary>Asks the node once.</summary>
    /// <exception cref="JournalUnavailableException">The node does not answer; what was read is on record.</exception>
    public async Task LookAsync(CancellationToken stopping)
    {
        await ledger.LoadAsync(stopping);
        await _routed.LoadAsync(stopping);
        await ReadForwardsAsync(stopping);
        await ReadClosesAsync(stopping);
    }

    private async Task ReadForwardsAsync(CancellationToken stopping)
    {
        while (true)
        {
            ForwardRow[] rows = JournalAnswer.Of("listforwards", await node.ListForwardsAsync(_routed.Below, PageRows, stopping)).Forwards;
            if (rows.Length == 0) return;

            // After the rows were read: a channel that one of them names was sold before.
            await LearnNamesAsync(stopping);
            RoutedFee[] fees = [.. rows.Select(FeeOf).OfType<RoutedFee>()];
            await _routed.AddAsync(rows.Max(static row => row.UpdatedIndex ?? 0) + 1, fees, stopping);
            if (rows.Length < PageRows) return;
            await Task.Delay(PagePause, time, stopping);
        }
    }

    /// <summary>A forward from one sold channel to another counts for the one that it left by.</summary>
    private RoutedFee? FeeOf(ForwardRow row)
    {
        if (row is not { FeeMsat: { Value: > 0 } fee, ResolvedTime: { } resolved }) return null;
        if (!(row.OutChannel is { } leaves && _names.TryGetValue(leaves, out IncomeKey key)) && !_names.TryGetValue(row.InChannel, out key)) return null;
        return new RoutedFee(key, Days.Of(DateTimeOffset.FromUnixTimeSeconds((long)resolved)), fee);
    }

    private async ValueTask LearnNamesAsync(CancellationToken stopping)
    {
        foreach ((IncomeKey key, SoldChannel known) in ledger.Channels)
        {
            if (known is { Scid: null, Alias: null } || !_named.Add(key)) continue;
            if (known.Scid is { } scid) _names[scid] = key;
            if (known.Alias is { } alias) _names[alias] = key;
        }

        foreach ((IncomeKey key, Func<ValueTask<(ChannelId, NodeId)?>> find) in Unnamed().ToArray())
        {
            if (await find() is not var (channel, client)) continue;
            var found = JournalAnswer.Of("listpeerchannels", await node.ListPeerChannelsAsync(channel, stopping)).Channels.FirstOrDefault();
            Scid? scid = found?.ShortChannelId, alias = found?.Alias?.Local;
            if (found is null)
            {
                ClosedChannelRow? closed = JournalAnswer.Of("listclosedchannels", await node.ListClosedChannelsAsync(client, stopping)).Closedchannels.FirstOrDefault(row => row.ChannelId == channel);
                (scid, alias) = (closed?.ShortChannelId, closed?.Alias?.Local);
            }

            if (scid is { } real) _names[real] = key;
            if (alias is { } first) _names[first] = key;
            if ((scid is null && found is not null) || ledger.Book.Row(key) is null) continue;
            await SaveAsync(key, (ledger.Channels.GetValueOrDefault(key) ?? new SoldChannel()) with { Scid = scid, Alias = alias }, stopping);
            _named.Add(key);
        }
    }

    /// <summary>Returns the channels of sales of which not both names are known, live sales included: they are entered later.</summary>
    private IEnumerable<(IncomeKey Key, Func<ValueTask<(ChannelId, NodeId)?>> Find)> Unnamed()
    {
        var live = new HashSet<IncomeKey>();
        foreach (OfferReport offer in registry.Report())
        {
            foreach (SessionReport session in offer.Sessions)
            {
                if (offer.Offer.CreatedIndex is not { } sale || SavedState.Of(session.State) is not { Plan.Channel: { } channel, Forwards.Count: > 0 }) continue;
                var key = IncomeKey.Of(sale, channel);
                if (live.Add(key) && !_named.Contains(key)) yield return (key, () => new((channel, offer.Offer.Client)));
            }
        }

        foreach (IncomeRow row in ledger.Book.Rows)
        {
            if (row.Key.Channel == 0 || ledger.Book.IsFinal(row.Key) || _named.Contains(row.Key) || live.Contains(row.Key)) continue;
            yield return (row.Key, async () => await ledger.FindAsync(row.Key, CancellationToken.None) is { Channel: { } channel } entry ? (channel, entry.Client) : null);
        }
    }

    /// <summary>Looks for sold channels that are closed, and for what their closes cost until the node has forgotten them.</summary>
    private async Task ReadClosesAsync(CancellationToken stopping)
    {
        IncomeKey[] funded = [.. ledger.Book.Rows.Where(row => row is { Key.Channel: not 0, Capacity.Value: > 0 } && !ledger.Book.IsFinal(row.Key)).Select(static row => row.Key)];
        if (funded.Length == 0) return;
        FundsChannel[] rows = JournalAnswer.Of("listfunds", await node.ListFundsAsync(stopping)).Channels;
        Dictionary<ulong, FundsChannel> known = rows.Where(static row => row.ChannelId is not null).GroupBy(static row => row.ChannelId!.Value.Bytes.A).ToDictionary(static group => group.Key, static group => group.First());
        bool hasBookkeeper = true;
        foreach (IncomeKey key in funded)
        {
            FundsChannel? row = known.GetValueOrDefault(key.Channel);
            if ((row is not null && ChannelStates.IsAlive(row.State)) || await ledger.FindAsync(key, stopping) is not { Channel: { } channel } entry) continue;
            AccountEvent[]? events = null;
            if (hasBookkeeper)
            {
                var told = await node.ListAccountEventsAsync(channel, stopping);
                hasBookkeeper = told.IsOk || told.Error.Code != NodeCodes.MethodNotFound;
                if (told.IsOk) events = told.Value.Events;
                else if (hasBookkeeper) throw JournalAnswer.Missing("bkpr-listaccountevents", told.Error);
            }

            SoldChannel before = ledger.Channels.GetValueOrDefault(key) ?? new SoldChannel();
            SoldChannel after = Closed(before, events, entry.Funding, time.GetUtcNow()) with { IsFinal = row is null };
            if (after != before) await SaveAsync(key, after, stopping);
        }
    }

    /// <summary>Returns a closed channel with what the bookkeeper says of it.</summary>
    /// <param name="before">What was known.</param>
    /// <param name="events">What the bookkeeper noted; null if the node has none.</param>
    /// <param name="funding">The funding, whose fee is counted with the sale.</param>
    /// <param name="now">The time to take if the bookkeeper does not say when.</param>
    public static SoldChannel Closed(SoldChannel before, AccountEvent[]? events, TxId? funding, DateTimeOffset now)
    {
        AccountEvent[] after = [.. (events ?? []).Where(one => one.Txid is { } tx && tx != funding && one.Type is "onchain_fee" or "chain")];
        DateTimeOffset closed = after.Length > 0 ? DateTimeOffset.FromUnixTimeSeconds(after.Min(static one => one.Timestamp)) : now;

        // An estimate is corrected by a later event. In this list, other than in bkpr-listincome, what was paid is a credit.
        ulong cost = 0;
        foreach (AccountEvent fee in after.Where(static one => one.Type == "onchain_fee")) cost = unchecked(cost + fee.CreditMsat.Value - fee.DebitMsat.Value);
        return before with
        {
            ClosedAt = before.ClosedAt ?? Core.Lsps0.LspsTime.Truncate(closed),
            ClosingCost = events is null ? before.ClosingCost : new Msat((long)cost > 0 ? cost : 0),
        };
    }

    private async ValueTask SaveAsync(IncomeKey key, SoldChannel channel, CancellationToken stopping)
    {
        if (!await ledger.SaveAsync(key, channel, stopping)) throw new JournalUnavailableException("what became of a sold channel could not be saved");
    }
}
