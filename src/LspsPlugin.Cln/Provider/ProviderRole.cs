using System.Text.Json;
using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Options;
using LspsPlugin.Cln.Peers;
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
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Provider;

/// <summary>Sells JIT channels: answers lsps2.get_info and lsps2.buy, and passes HTLCs for sold scids to their sessions.</summary>
internal sealed class ProviderRole
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>How long a node may refuse, or count its last blocks again, before the operator is told.</summary>
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);

    /// <summary>About the number of attempts that fit into <see cref="StartPatience"/>.</summary>
    private const int SilentAttempts = 5;

    /// <summary>Time after which the HTLCs held at the node's last stop are handled.</summary>
    private static readonly TimeSpan AfterTheStart = TimeSpan.FromSeconds(15);

    /// <summary>Time in which a peer and the node agree on the removal of an HTLC, even over a slow connection.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);

    private const string UntilCaughtUp =
        "until it has caught up, no channel is opened, and parts that arrive are held and finally fail as temporary; payments that have a channel continue";

    private const int QuickLooks = 100;
    private static readonly TimeSpan QuickLook = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan SlowLook = TimeSpan.FromSeconds(5);

    private readonly ClientAllowances _allowances = new();
    private readonly NodeClient _node;
    private readonly TimeProvider _time;
    private readonly HostLog _log;
    private readonly Background _background;
    private readonly ProviderSeams _seams;
    private readonly Lsps2Service _lsps2;
    private readonly ClientQuotas _quotas;
    private readonly PeerLog _peerLog;
    private readonly PeerAnswers _peers;
    private readonly RewriteMonitor _rewriteMonitor;
    private readonly LifetimeGuard _lifetimes;
    private readonly SessionCounters _counters = new();
    private readonly IEventSink _events;
    private readonly ChainTip _tip;
    private readonly StartupHold _startup;
    private readonly WithheldMonitor _withheldMonitor;
    private readonly long _began;
    private ProviderOptions _options;
    private IActionExecutor? _executor;
    private ISessionJournal? _journal;
    private SessionRegistry? _registry;
    private NodeSettings? _settings;
    private bool _isOpen;
    private bool _isGoingDown;
    private bool _saidBroken;

    public ProviderRole(
        NodeClient node, ProviderOptions options, TimeProvider time, IEntropy entropy, HostLog log, HostTopic news, ProviderSeams seams, Background background)
    {
        (_node, _options, _time, _log, _seams, _background) = (node, options, time, log, seams, background);
        _began = time.GetTimestamp();
        _tip = new ChainTip(node) { FellBehind = OnFellBehind };
        _withheldMonitor = new WithheldMonitor(time, log.Error);
        _startup = new StartupHold(stopping => RecordIndex.ReadAsync(node, stopping), PassOn, () => _tip.Height, Limits, time, background);
        _events = new CompositeEventSink(new SessionEventLog(log, time), new SessionNotifications(news), _counters);
        _lifetimes = new LifetimeGuard(node, time, log);
        _quotas = new ClientQuotas(() => _options.Quotas, time);
        _peerLog = new PeerLog(log, time);
        _rewriteMonitor = new RewriteMonitor(_peerLog);
        _peers = new PeerAnswers(node, _quotas, _peerLog, background.Stopping);
        _lsps2 = new Lsps2Service(node, () => _options, time, entropy, log, _peerLog, seams.Files, background.Stopping);
    }

    /// <summary>False if the role is off and the plugin only fulfils obligations from its records.</summary>
    public bool Sells => _options.Sells;


    /// <summary>Applies changed options; running sessions keep their old ones.</summary>
    public void Change(ProviderOptions options) => _options = options;

    /// <summary>Returns whether an HTLC for this next hop must be examined.</summary>
    public bool Concerns(Scid nextHop) => _registry is { IsLoaded: true } registry ? registry.Concerns(nextHop) : _startup.MayBeOurs(nextHop);

    /// <summary>Returns whether there may be unpaid channels; then the outgoing channel of every forward is checked.</summary>
    public bool HasUnpaidChannels => _registry is { IsLoaded: true } registry ? registry.Sessions.HasChannels : _startup.HasUnpaidChannels;

    /// <summary>Returns whether the channel waits for the payment that it was opened for; nothing else may be sent over it.</summary>
    public bool IsUnpaid(ChannelId channel) => _registry is { IsLoaded: true } registry ? registry.Sessions.IsUnpaid(channel) : _startup.IsUnpaid(channel);

    /// <summary>Reads the records, and sells once the node has caught up. A failed start is retried without limit.</summary>
    public async Task StartAsync()
    {
        for (int attempt = 0; await TryStartAsync() is { } problem; attempt++)
        {
            SayFailed(problem);
            await Task.Delay(Backoff.After(attempt, LongestPause), _time, _background.Stopping);
        }

        if (_saidBroken) _log.Info("provider: the start has succeeded");
        _background.Start("catching up with the chain", CatchUpAsync());
        if (_options.Sells) _background.Start("starting to sell", SellAsync());
        _background.Start("adopting earlier sales", TakeUpEarlierSalesAsync());
        await new MaintenanceLoop(_registry!, _journal!, new ClnNodeMaintenance(_node, _tip, _executor!, Limits), _time, () => _options.History, _log.Unusual, _background.Stopping).RunAsync();
    }

    /// <returns>Null if the records were read; otherwise the error.</returns>
    private async Task<string?> TryStartAsync()
    {
        try
        {
            (GetInfoAnswer? info, string? problem) = await _tip.LookAsync(_background.Stopping);
            if (info is null) return problem;
            (_settings, problem) = await NodeSettings.ReadAsync(_node, info, _background.Stopping);
            if (_settings is null) return problem;
            _executor = _seams.Executor(new ClnActionExecutor(_node, _settings, offer => offer.ZeroReserve || _options.HasZeroReserve(offer.Client), _options.UsesExisting, () => _tip.Height, () => _registry, _time, _lsps2.SizeAsync, _allowances, _withheldMonitor.Look));
            _journal = _seams.Journal(new ClnSessionJournal(_node, _time, payment => _options.Prices.Size.For(payment)));
            _registry = new SessionRegistry(_executor, _journal, _events, _time, Limits, () => _options.Bounds, _background);
            (_registry.Admission.Incoming, _registry.Admission.Serves) = (IncomingAsync, client => _options.Sells && _options.Clients.Serve(client));
            await _registry.LoadAsync(_tip.Height, _log.Unusual);
        }
        catch (JournalUnavailableException silent)
        {
            return $"the session records cannot be read: {silent.Message}";
        }
        catch (Exception odd) when (odd is not OperationCanceledException || !_background.Stopping.IsCancellationRequested)
        {
            return odd.ToString();
        }

        if (_isGoingDown) _registry.GoDown();
        else _startup.Admit();
        _startup.Know(_registry.Concerns);
        if (_options.Limits.CltvDelta < _settings.CltvDelta)
        {
            _log.Error($"`lsps2-cltv-expiry-delta` is {_options.Limits.CltvDelta.Value}, below the node's cltv-delta of {_settings.CltvDelta.Value}: the node's is used");
        }

        return null;
    }

    /// <summary>Logs a failed start: not for a node that has only just started, and once for one that keeps failing.</summary>
    private void SayFailed(string problem)
    {
        if (_saidBroken) return;
        _saidBroken = _time.GetElapsedTime(_began) >= StartPatience;
        if (!_saidBroken)
        {
            _log.Unusual($"provider: the node does not answer yet: {problem}");
            return;
        }

        _startup.Refuse();
        _log.Error($"provider: the start keeps failing; until it succeeds, JIT payments fail and unfinished obligations in the records are not completed. The last attempt: {problem}");
    }

    /// <summary>Waits until the node reports the current height; then judges the held parts by it.</summary>
    private async Task CatchUpAsync()
    {
        long since = _time.GetTimestamp();
        bool said = false;
        for (int look = 0; _tip.Behind is { } because; look++)
        {
            if (!said && _time.GetElapsedTime(since) >= StartPatience)
            {
                said = true;
                _log.Unusual($"provider: the node is behind the chain, at {_tip.Height.Value}: {UntilCaughtUp}. It says: {because}");
            }

            await Task.Delay(look < QuickLooks ? QuickLook : SlowLook, _time, _background.Stopping);
            await _tip.LookAsync(_background.Stopping);
        }

        if (said) _log.Info($"provider: the node has caught up with the chain, at {_tip.Height.Value}");
        OnBlock(_tip.Height);
        _isOpen = true;
        foreach ((Scid scid, HtlcAcceptedParams htlc, HtlcHook hook) in _startup.TakeAll()) TakeIn(scid, htlc, hook);
    }

    /// <summary>Passes on one held HTLC; an error with one does not affect the others.</summary>
    private void TakeIn(Scid next, HtlcAcceptedParams htlc, HtlcHook hook)
    {
        try
        {
            if (!TurnAway(htlc, hook)) Hold(_registry!, next, htlc, hook);
        }
        catch (Exception bug)
        {
            _log.Error($"htlc_accepted: {bug}");
            hook.Fail(OnionFailure.TemporaryChannelFailure);
        }
    }

    private void OnFellBehind(string because)
    {
        if (!_isOpen) return;
        _isOpen = false;
        _log.Unusual($"provider: the node has fallen behind the chain, at {_tip.Height.Value}: {UntilCaughtUp}. It says: {because}");
        _background.Start("catching up with the chain", CatchUpAsync());
    }

    /// <summary>
    /// Takes over the built-in plugin's finished sales. This is not urgent, as their fundings were sent once, and the node must first
    /// replay payments: it blocks while it lists.
    /// </summary>
    private async Task TakeUpEarlierSalesAsync()
    {
        var earlier = new BuiltInSales(_node, _journal!, _registry!, () => _tip.Height, _time);
        for (int failures = 0; ;)
        {
            await Task.Delay(failures == 0 ? AfterTheStart : Backoff.After(failures, LongestPause), _time, _background.Stopping);
            if (!_isOpen) continue;
            try
            {
                foreach (string remark in await earlier.TakeUpAsync(_background.Stopping)) _log.Unusual(remark);
                _log.Debug("provider: the search for sales that the built-in plugin finished is complete");
                return;
            }
            catch (JournalUnavailableException silent)
            {
                if (failures++ == SilentAttempts) _log.Unusual($"provider: sales that the built-in plugin finished are not adopted yet: {silent.Message}");
            }
        }
    }

    /// <summary>Starts selling. Promises need a key; without one nothing is sold, and everything else works.</summary>
    private async Task SellAsync()
    {
        byte[]? key;
        for (int attempt = 0; (key = await PromiseKeyAsync()) is null || !_isOpen; attempt++) await Task.Delay(key is null ? Backoff.After(attempt, LongestPause) : QuickLook, _time, _background.Stopping);
        _lsps2.Open(_registry!, key, () => _tip.Height, Limits);
        await _lsps2.LookAtPolicyAsync();
        _seams.AfterReading();
        _log.Info($"provider: selling JIT channels, {_registry!.Offers.Count} live offer(s) on record");
    }

    /// <summary>
    /// Prepares for the node's graceful shutdown. From then on the node accepts no connections and disconnects peers without HTLCs, among
    /// them clients whose payments are still incomplete.
    /// </summary>
    /// <remarks>
    /// The command waits while parts are failed back. Otherwise the node would disconnect a payer as soon as its last HTLC is gone, before
    /// the last message about it is sent, and the payer would learn of it only after the next start.
    /// </remarks>
    public async Task OnGracefulAsync(HookCall hook)
    {
        try
        {
            _isGoingDown = true;
            int early = _startup.Refuse();
            int given = _registry?.GoDown() ?? 0;
            _log.Unusual($"provider: the node is shutting down (graceful): {given} incomplete payment(s) fail, and none begins until the next start");
            if (early + given > 0) await Task.Delay(Farewell, _time, _background.Stopping);
        }
        finally
        {
            hook.Continue();
        }
    }

    /// <param name="withOffers">Whether unpaid offers are listed, or only counted.</param>
    public void WriteStatus(Utf8JsonWriter json, bool withOffers)
    {
        if (_registry is { IsLoaded: true } registry) ProviderStatus.Write(json, registry, _counters, _options, withOffers);
        else json.WriteBoolean("ready"u8, false);
    }

    /// <summary>Handles a `close` command.</summary>
    public Task OnCloseAsync(JsonElement parameters, HookCall hook) => _lifetimes.OnCloseAsync(parameters, hook, _background.Stopping);

    /// <summary>Handles lsps-forgive.</summary>
    public void Forgive(MethodCall call) => ForgiveCommand.Answer(_registry, call, _log);

    public void OnHtlc(HtlcAcceptedParams htlc, HtlcHook hook)
    {
        if (TurnAway(htlc, hook)) return;
        if (htlc.Onion.ShortChannelId is not { } next) hook.Continue();
        else if (_isOpen) Hold(_registry!, next, htlc, hook);
        else _startup.Hold(next, htlc, hook);
    }

    private void PassOn(HtlcAcceptedParams htlc, HtlcHook hook)
    {
        if (!TurnAway(htlc, hook)) hook.Continue();
    }

    /// <summary>
    /// Refuses an HTLC that the node would send over a channel that waits for its own payment; before the start is complete, by the index
    /// of the records.
    /// </summary>
    private bool TurnAway(HtlcAcceptedParams htlc, HtlcHook hook)
    {
        if (htlc.ForwardTo is not { } channel) return false;
        if (_registry is { IsLoaded: true } registry) return registry.TurnAwayFrom(channel, htlc.Htlc.PaymentHash, htlc.Htlc.Key, hook);
        if (!_startup.IsUnpaid(channel)) return false;
        hook.Fail(OnionFailure.TemporaryChannelFailure);
        return true;
    }

    public void OnForwardEvent(HookForwardEvent e)
    {
        if (e.InHtlcId is not { } id || _registry is not { } registry) return;
        var key = new HtlcKey(e.InChannel, id);
        ForwardStatus status = ForwardStatuses.Read(e.Status);
        _rewriteMonitor.OnForward(key, status, e.OutMsat);
        registry.OnForward(e.PaymentHash, key, status, e.Preimage);
    }

    public void OnBlock(BlockHeight height)
    {
        _tip.OnBlock(height);
        _registry?.OnBlock(_tip.Height);
        _startup.OnHeight(_tip.Height);
        if (_registry is not null) _lsps2.LookAtPrices();
    }

    public void OnChannelState(HookChannelState change)
    {
        if (ChannelStates.CarriesHtlcs(change.NewState)) _registry?.OnChannelNormal(change.ChannelId);
        else if (change.OldState is not null && !ChannelStates.IsAlive(change.NewState)) _registry?.OnChannelClosed(change.ChannelId);
    }

    public void OnConnect(NodeId peer) => _registry?.OnClientConnected(peer);

    public void OnDisconnect(NodeId peer)
    {
        _peers.OnDisconnect(peer);
        _lsps2.OnDisconnect(peer);
    }

    /// <summary>Charges a message to its peer, before it is read.</summary>
    public Admission Admit(NodeId peer, int bytes)
    {
        Admission admission = _quotas.Admit(peer, bytes);
        if (admission == Admission.Refused) _peerLog.Unusual("flood", peer, $"provider: {peer} sends more than its quota of messages; they are dropped");
        return admission;
    }

    /// <summary>Answers a peer's request; the answer is a separate message.</summary>
    public Task OnRequestAsync(NodeId peer, Lsps0Request request) => _peers.ServeAsync(peer, async () =>
    {
        try
        {
            return await _lsps2.AnswerAsync(peer, request);
        }
        catch (Exception bug) when (bug is not OperationCanceledException)
        {
            _log.Error($"{LspsError.Sanitize(request.Method)}: {bug}");
            return Lsps0Writer.Error(request.Id, LspsError.Of(LspsError.Internal, "Internal error"));
        }
    });

    /// <summary>Answers a request beyond the quota with an error, rate-limited, so that honest clients wait.</summary>
    public Task OnFloodAsync(NodeId peer, Lsps0Request request) =>
        _peers.ServeAsync(peer, () => new(Lsps0Writer.Error(request.Id, LspsError.Of(LspsError.TooManyRequests, "too many requests, try again in a minute"))));

    /// <summary>
    /// Answers a bad message with a null id (R50-10). Responses are never answered, as the answer would be answered in turn.
    /// </summary>
    public Task OnBadFormatAsync(NodeId peer, string reason)
    {
        _peerLog.Unusual("bad message", peer, $"provider: bad LSPS message from {peer}: {reason}"); // R50-11
        return _peers.ServeAsync(peer, static () => new(Lsps0Writer.Error(null, LspsError.Of(LspsError.BadFormat, "bad message format"))));
    }

    public Task OnInvalidRequestAsync(NodeId peer, Lsps0InvalidRequest invalid)
    {
        _peerLog.Debug("invalid request", peer, $"provider: a message of {peer} is refused: {invalid.Reason}");
        return _peers.ServeAsync(peer, () => new(Lsps0Writer.Error(invalid.Id, LspsError.Of(LspsError.InvalidRequest, invalid.Reason))));
    }

    private void Hold(SessionRegistry registry, Scid next, HtlcAcceptedParams call, HtlcHook hook)
    {
        HookHtlc htlc = call.Htlc;
        if (htlc.ShortChannelId is not { } incoming || call.Onion.ForwardMsat is not { } amount || call.Onion.OutgoingCltvValue is not { } cltv)
        {
            // Without these members the node cannot forward it either.
            hook.Continue();
            return;
        }

        var part = new Part(new HtlcKey(incoming, htlc.Id), amount, htlc.AmountMsat, new BlockHeight(htlc.CltvExpiry), new BlockHeight(cltv));
        registry.Hold(next, htlc.PaymentHash, part, _rewriteMonitor.Watch(part.Htlc, registry.Offers.Has(next) ? call.ForwardTo : null, hook));
    }

    private async ValueTask<IncomingChannel?> IncomingAsync(Scid name, CancellationToken stopping)
    {
        var found = await _node.ListPeerChannelsAsync(name, stopping);
        return found.IsOk && found.Value.Channels.FirstOrDefault() is { ChannelId: { } id, MaxAcceptedHtlcs: { } slots, TotalMsat: { } total }
            ? new IncomingChannel(id, (int)Math.Min(slots, int.MaxValue), total)
            : null;
    }

    /// <summary>Returns the operator's limits; the promised CLTV delta is at least the delta that the node subtracts.</summary>
    private SessionLimits Limits()
    {
        SessionLimits limits = _options.Limits;
        if (_settings is not { CltvDelta: var least }) return limits;
        return limits with { CltvDelta = limits.CltvDelta > least ? limits.CltvDelta : least, NodeCltvDelta = least };
    }

    private async ValueTask<byte[]?> PromiseKeyAsync()
    {
        if (_options.PromiseSecret is { } given) return given;
        var derived = await _node.MakeSecretAsync("lsps-plugin promise key 1", _background.Stopping);
        return derived.IsOk ? Convert.FromHexString(derived.Value.Secret) : null;
    }
}
