using System.Text.Json;
using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Options;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Cln.Provider.Funding;
using LspsPlugin.Cln.Provider.Guards;
using LspsPlugin.Cln.Provider.Records;
using LspsPlugin.Cln.Provider.Reporting;
using LspsPlugin.Cln.Provider.Selling;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Cln.Provider;

/// <summary>The provider once its records are read: complete when it is created, and its sessions run.</summary>
internal sealed class RunningProvider : IProviderStage
{
    private readonly ProviderContext _context;
    private readonly StartupHold _hold;
    private readonly PolicyPluginClient _policy;
    private readonly SessionCounters _counters = new();
    private readonly RewriteMonitor _rewrites;
    private readonly HtlcIntake _intake;
    private readonly ChainSync _chain;
    private readonly MaintenanceLoop _maintenance;
    private readonly EarlierSales _earlier;
    private readonly SellingStart _selling;

    /// <summary>Continues the sessions on record; nothing is awaited.</summary>
    public RunningProvider(ProviderContext context, ChainTip tip, StartupHold hold, StartRecords records)
    {
        (_context, _hold) = (context, hold);
        (Settings, Pause, Stories, Income, Remarks) = (records.Settings, records.Pause, records.Stories, records.Income, records.Contents.Remarks);
        Numbers = records.Numbers;
        (NodeClient node, Func<ProviderOptions> options, TimeProvider time) = (context.Node, context.Options, context.Time);
        BlockHeight Height() => tip.Height;
        Prices = new PriceSource(options, context.Seams.Files, time, context.Log);
        _policy = new PolicyPluginClient(node, Prices.Current, time, context.PeerLog);
        _rewrites = new RewriteMonitor(context.PeerLog);
        _chain = new ChainSync(tip, OnCaughtUp, time, context.Log, context.Background);

        var sessions = new LiveSessions();
        IActionExecutor executor = context.Seams.Executor(new ClnActionExecutor(
            node,
            Settings,
            offer => offer.ZeroReserve || options().HasZeroReserve(offer.Client),
            options().UsesExisting,
            Height,
            sessions,
            time,
            (offer, payment) => _policy.SizeAsync(offer, payment, context.Stopping),
            Allowances,
            new WithheldMonitor(time, OnHeldBack).Look));
        List<IEventSink> sinks = [new SessionEventLog(context.Log, time), new SessionNotifications(context.News, Updates), records.Stories, _counters, context.Alarm.Incidents];
        if (context.Metrics is { } metrics) sinks.Add(metrics.Sales);
        var events = new CompositeEventSink(sinks);
        Registry = new SessionRegistry(
            sessions, executor, records.Journal, events, new ClnAdmissionSource(node, options), time, Limits, () => options().Bounds, context.Background);
        _intake = new HtlcIntake(Registry, _rewrites, context.Log);
        _earlier = new EarlierSales(context, new BuiltInSales(node, records.Journal, Registry, Height, records.History, time), records.History, Income, NumberOf, _chain);
        SoldChannels = new SoldChannels(node, Income, Registry, time);
        _selling = new SellingStart(
            node,
            options,
            _chain,
            key => new Lsps2Seller(Registry, key, node, options, Prices, _policy, records.Pause, records.Numbers, Height, Limits, time, context.Entropy, context.Log, context.PeerLog, context.Stopping),
            time,
            context.Stopping);
        _maintenance = new MaintenanceLoop(
            Registry, records.Journal, new ClnNodeMaintenance(node, _chain, executor, Limits), time, () => options().History, context.Log.Unusual, context.Stopping);
        Registry.Load(records.Contents, tip.Height, context.Log.Unusual);
    }

    /// <summary>The node's identity and configuration.</summary>
    public NodeSettings Settings { get; }

    /// <summary>The offers and sessions.</summary>
    public SessionRegistry Registry { get; }

    /// <summary>The current price list.</summary>
    public PriceSource Prices { get; }

    /// <summary>What happened to each sale that is not over.</summary>
    public SaleStories Stories { get; }

    /// <summary>The numbers of sales.</summary>
    public SaleNumbers Numbers { get; }

    /// <summary>The number of each sale's last change.</summary>
    public SaleUpdates Updates => Numbers.Updates;

    /// <summary>What happened lately that the operator must know.</summary>
    public IEnumerable<Finding> Incidents => _context.Alarm.Incidents.Current;

    /// <summary>What each sale earned and cost.</summary>
    public IncomeLedger Income { get; }

    /// <summary>What sold channels earn and cost after their sale.</summary>
    public SoldChannels SoldChannels { get; }

    /// <summary>What was odd about the records at the start, a line each.</summary>
    public IReadOnlyList<string> Remarks { get; }

    /// <summary>Whether the operator has paused the sale.</summary>
    public SalePause Pause { get; }

    /// <summary>The limits that clients set for their channels.</summary>
    public ClientAllowances Allowances { get; } = new();

    public bool HasUnpaidChannels => Registry.Sessions.HasChannels;

    /// <summary>Catches up with the chain, sells, and does the periodic maintenance, until the plugin stops.</summary>
    public Task RunAsync()
    {
        if (_context.Options().Limits.CltvDelta < Settings.CltvDelta)
        {
            _context.Log.Error($"`lsps2-cltv-expiry-delta` is {_context.Options().Limits.CltvDelta.Value}, below the node's cltv-delta of {Settings.CltvDelta.Value}: the node's is used; raise the option");
        }

        _context.Background.Start("catching up with the chain", _chain.CatchUpAsync());
        if (_context.Options().Sells) _context.Background.Start("starting to sell", SellAsync());
        _context.Background.Start("adopting earlier sales", _earlier.TakeUpAsync());
        _context.Background.Start("following sold channels", SoldChannels.RunAsync(_context.Stopping));
        return _maintenance.RunAsync();
    }

    public bool Concerns(Scid nextHop) => Registry.Concerns(nextHop);

    public bool IsUnpaid(ChannelId channel) => Registry.Sessions.IsUnpaid(channel);

    public bool TurnsAway(HtlcAcceptedParams htlc, HtlcHook hook) => _intake.TurnsAway(htlc, hook);

    public void Take(Scid next, HtlcAcceptedParams htlc, HtlcHook hook)
    {
        if (_chain.IsCurrent) _intake.Take(next, htlc, hook);
        else _hold.Hold(next, htlc, hook);
    }

    public void OnForwardEvent(HookForwardEvent e)
    {
        if (e.InHtlcId is not { } id) return;
        var key = new HtlcKey(e.InChannel, id);
        ForwardStatus status = ForwardStatuses.Read(e.Status);
        _rewrites.OnForward(key, status, e.OutMsat);
        Registry.OnForward(e.PaymentHash, key, status, e.Preimage);
    }

    public void OnBlock(BlockHeight height)
    {
        Registry.OnBlock(height);
        _hold.OnHeight(height);
        Prices.Look();
    }

    public void OnChannelState(HookChannelState change)
    {
        if (ChannelStates.CarriesHtlcs(change.NewState)) Registry.OnChannelNormal(change.ChannelId);
        else if (change.OldState is not null && !ChannelStates.IsAlive(change.NewState)) Registry.OnChannelClosed(change.ChannelId);
    }

    public void OnConnect(NodeId peer) => Registry.OnClientConnected(peer);

    public int GoDown() => Registry.GoDown();

    public void WriteStatus(Utf8JsonWriter json, bool withOffers) => ProviderStatus.Write(json, Registry, _counters, Pause.Current, _context.Options(), withOffers);

    private void OnHeldBack(string line)
    {
        _context.Log.Error(line);
        _context.Alarm.Incidents.OnHeldBack(line);
    }

    private ulong? NumberOf(Scid jitScid) => Registry.Report().FirstOrDefault(report => report.Offer.JitScid == jitScid)?.Offer.CreatedIndex;

    /// <summary>Judges the held HTLCs by the current height, and passes on those that may still succeed.</summary>
    private void OnCaughtUp(BlockHeight height)
    {
        OnBlock(height);
        foreach ((Scid scid, HtlcAcceptedParams htlc, HtlcHook hook) in _hold.TakeAll()) _intake.TakeHeld(scid, htlc, hook);
    }

    private async Task SellAsync()
    {
        _context.Buyers.Open(await _selling.UntilReadyAsync());
        Prices.Look();
        await _policy.LookAsync(_context.Log, _context.Stopping);
        _context.Seams.AfterReading();
        _context.Log.Info($"provider: selling JIT channels, {Registry.Offers.Count} live offer(s) on record");
        if (Pause.Current is { } paused) _context.Log.Unusual($"provider: the sale is paused since {LspsTime.Write(paused.Since)}: nothing is sold until `lsps-resume`");
    }

    /// <summary>Returns the operator's limits; the promised CLTV delta is at least the delta that the node subtracts.</summary>
    private SessionLimits Limits()
    {
        SessionLimits limits = _context.Options().Limits;
        BlockCount least = Settings.CltvDelta;
        return limits with { CltvDelta = limits.CltvDelta > least ? limits.CltvDelta : least, NodeCltvDelta = least };
    }
}
