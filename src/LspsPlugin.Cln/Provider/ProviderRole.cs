using System.Text.Json;
using LspsPlugin.Cln.Host;
using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Rpc;
using LspsPlugin.Runtime;

namespace LspsPlugin.Cln.Provider;

/// <summary>Sells JIT channels: answers lsps2.get_info and lsps2.buy, and hands HTLCs for sold scids to their sessions.</summary>
internal sealed class ProviderRole
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>For how long a node may refuse, or count its last blocks again, without a word to its operator.</summary>
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);

    /// <summary>About as many as fit into <see cref="StartPatience"/>.</summary>
    private const int SilentAttempts = 5;

    /// <summary>What was held when the node went down is dealt with by then.</summary>
    private static readonly TimeSpan AfterTheStart = TimeSpan.FromSeconds(15);

    /// <summary>In which a peer and the node have agreed that an HTLC is gone, also behind a slow line.</summary>
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
    private readonly SalesDesk _sales;
    private readonly ClientQuotas _quotas;
    private readonly StrangersLog _strangers;
    private readonly PeerAnswers _peers;
    private readonly RewriteWatch _rewrites;
    private readonly LifetimeGuard _lifetimes;
    private readonly SessionTally _tally = new();
    private readonly IEventSink _events;
    private readonly ChainTip _tip;
    private readonly Door _door;
    private readonly WithheldWatch _withheld;
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
        _withheld = new WithheldWatch(time, log.Error);
        _door = new Door(stopping => RecordIndex.ReadAsync(node, stopping), PassOn, () => _tip.Height, Limits, time, background);
        _events = new CompositeEventSink(new SessionEventLog(log, time), new SessionNews(news), _tally);
        _lifetimes = new LifetimeGuard(node, time, log);
        _quotas = new ClientQuotas(() => _options.Quotas, time);
        _strangers = new StrangersLog(log, time);
        _rewrites = new RewriteWatch(_strangers);
        _peers = new PeerAnswers(node, _quotas, _strangers, background.Stopping);
        _sales = new SalesDesk(node, () => _options, time, entropy, log, _strangers, seams.Files, background.Stopping);
    }

    /// <summary>False where the role is off, and only what is owed by the records is carried out.</summary>
    public bool Sells => _options.Sells;


    /// <summary>Takes changed options over; running sessions keep theirs.</summary>
    public void Change(ProviderOptions options) => _options = options;

    /// <summary>Whether an HTLC for this next hop must not be passed on unseen.</summary>
    public bool Concerns(Scid nextHop) => _registry is { IsLoaded: true } registry ? registry.Concerns(nextHop) : _door.MayBeOurs(nextHop);

    /// <summary>Whether there may be channels that nobody has paid for: then the way out of every forward is looked at.</summary>
    public bool HasUnpaidChannels => _registry is { IsLoaded: true } registry ? registry.Sessions.HasChannels : _door.HasUnpaidChannels;

    /// <summary>Whether the channel waits for the payment that it was opened for: nothing else may go out over it.</summary>
    public bool IsUnpaid(ChannelId channel) => _registry is { IsLoaded: true } registry ? registry.Sessions.IsUnpaid(channel) : _door.IsUnpaid(channel);

    /// <summary>Takes up the records, and sells once the node has caught up. A start that fails is tried again for as long as it takes.</summary>
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
        await new Caretaker(_registry!, _journal!, new ClnNodeKeeper(_node, _tip, _executor!, Limits), _time, () => _options.History, _log.Unusual, _background.Stopping).RunAsync();
    }

    /// <returns>Null when the records are taken up; else why not.</returns>
    private async Task<string?> TryStartAsync()
    {
        try
        {
            (GetInfoAnswer? info, string? problem) = await _tip.LookAsync(_background.Stopping);
            if (info is null) return problem;
            (_settings, problem) = await NodeSettings.ReadAsync(_node, info, _background.Stopping);
            if (_settings is null) return problem;
            _executor = _seams.Executor(new ClnActionExecutor(_node, _settings, offer => offer.ZeroReserve || _options.HasZeroReserve(offer.Client), _options.UsesExisting, () => _tip.Height, () => _registry, _time, _sales.SizeAsync, _allowances, _withheld.Look));
            _journal = _seams.Journal(new ClnSessionJournal(_node, _time, payment => _options.Prices.Size.For(payment)));
            _registry = new SessionRegistry(_executor, _journal, _events, _time, Limits, () => _options.Bounds, _background);
            (_registry.Gate.Incoming, _registry.Gate.Serves) = (IncomingAsync, client => _options.Sells && _options.Clients.Serve(client));
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
        else _door.Admit();
        _door.Know(_registry.Concerns);
        if (_options.Limits.CltvDelta < _settings.CltvDelta)
        {
            _log.Error($"`lsps2-cltv-expiry-delta` is {_options.Limits.CltvDelta.Value}, below the node's cltv-delta of {_settings.CltvDelta.Value}: the node's is used");
        }

        return null;
    }

    /// <summary>A node that has only just started is not worth an operator's attention; one that goes on like that is, once.</summary>
    private void SayFailed(string problem)
    {
        if (_saidBroken) return;
        _saidBroken = _time.GetElapsedTime(_began) >= StartPatience;
        if (!_saidBroken)
        {
            _log.Unusual($"provider: the node does not answer yet: {problem}");
            return;
        }

        _door.Refuse();
        _log.Error($"provider: the start keeps failing; until it succeeds, JIT payments fail and unfinished obligations in the records are not completed. The last attempt: {problem}");
    }

    /// <summary>Waits until the node tells the true height; then parts that waited are judged by it.</summary>
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
        foreach ((Scid scid, HtlcAcceptedParams htlc, HtlcHook hook) in _door.TakeAll()) TakeIn(scid, htlc, hook);
    }

    /// <summary>Whatever goes wrong with one of those that waited, the others are answered.</summary>
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

    /// <summary>It can wait, as the built-in plugin has sent the fundings once; and the node, which stands still while it lists, has payments to replay.</summary>
    private async Task TakeUpEarlierSalesAsync()
    {
        var earlier = new EarlierSales(_node, _journal!, _registry!, () => _tip.Height, _time);
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

    /// <summary>Promises need a key; without one nothing is sold, and everything else goes on.</summary>
    private async Task SellAsync()
    {
        byte[]? key;
        for (int attempt = 0; (key = await PromiseKeyAsync()) is null || !_isOpen; attempt++) await Task.Delay(key is null ? Backoff.After(attempt, LongestPause) : QuickLook, _time, _background.Stopping);
        _sales.Open(_registry!, key, () => _tip.Height, Limits);
        await _sales.LookAtPolicyAsync();
        _seams.AfterReading();
        _log.Info($"provider: selling JIT channels, {_registry!.Offers.Count} live offer(s) on record");
    }

    /// <summary>The node goes down in good order: it lets nobody connect any more, and drops whoever has no HTLC, clients of payments that collect among them.</summary>
    /// <remarks>
    /// The command waits while parts go back: the node would hang up on a payer in the moment in which its last HTLC is gone, before the last
    /// message about that is out, and the payer would learn of it with the next start only.
    /// </remarks>
    public async Task OnGracefulAsync(HookCall hook)
    {
        try
        {
            _isGoingDown = true;
            int early = _door.Refuse();
            int given = _registry?.GoDown() ?? 0;
            _log.Unusual($"provider: the node is shutting down (graceful): {given} incomplete payment(s) fail, and none begins until the next start");
            if (early + given > 0) await Task.Delay(Farewell, _time, _background.Stopping);
        }
        finally
        {
            hook.Continue();
        }
    }

    /// <param name="withOffers">Whether unpaid offers are listed, not only counted.</param>
    public void WriteStatus(Utf8JsonWriter json, bool withOffers)
    {
        if (_registry is { IsLoaded: true } registry) ProviderStatus.Write(json, registry, _tally, _options, withOffers);
        else json.WriteBoolean("ready"u8, false);
    }

    /// <summary>Somebody is about to close a channel.</summary>
    public Task OnCloseAsync(JsonElement parameters, HookCall hook) => _lifetimes.OnCloseAsync(parameters, hook, _background.Stopping);

    /// <summary>lsps-forgive.</summary>
    public void Forgive(MethodCall call) => ForgiveCommand.Answer(_registry, call, _log);

    public void OnHtlc(HtlcAcceptedParams htlc, HtlcHook hook)
    {
        if (TurnAway(htlc, hook)) return;
        if (htlc.Onion.ShortChannelId is not { } next) hook.Continue();
        else if (_isOpen) Hold(_registry!, next, htlc, hook);
        else _door.Hold(next, htlc, hook);
    }

    private void PassOn(HtlcAcceptedParams htlc, HtlcHook hook)
    {
        if (!TurnAway(htlc, hook)) hook.Continue();
    }

    /// <summary>Turns an HTLC away that the node would send out over a channel that waits for its own payment; before a start by what is on record.</summary>
    private bool TurnAway(HtlcAcceptedParams htlc, HtlcHook hook)
    {
        if (htlc.ForwardTo is not { } channel) return false;
        if (_registry is { IsLoaded: true } registry) return registry.TurnAwayFrom(channel, htlc.Htlc.PaymentHash, htlc.Htlc.Key, hook);
        if (!_door.IsUnpaid(channel)) return false;
        hook.Fail(OnionFailure.TemporaryChannelFailure);
        return true;
    }

    public void OnForwardEvent(HookForwardEvent e)
    {
        if (e.InHtlcId is not { } id || _registry is not { } registry) return;
        var key = new HtlcKey(e.InChannel, id);
        ForwardStatus status = ForwardStatuses.Read(e.Status);
        _rewrites.OnForward(key, status, e.OutMsat);
        registry.OnForward(e.PaymentHash, key, status, e.Preimage);
    }

    public void OnBlock(BlockHeight height)
    {
        _tip.OnBlock(height);
        _registry?.OnBlock(_tip.Height);
        _door.OnHeight(_tip.Height);
        if (_registry is not null) _sales.LookAtPrices();
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
        _sales.OnDisconnect(peer);
    }

    /// <summary>Charges a message to its peer, before it is read.</summary>
    public Admission Admit(NodeId peer, int bytes)
    {
        Admission admission = _quotas.Admit(peer, bytes);
        if (admission == Admission.Refused) _strangers.Unusual("flood", peer, $"provider: {peer} sends more than its quota of messages; they are dropped");
        return admission;
    }

    /// <summary>Answers a request of a peer; the answer goes out as a message of its own.</summary>
    public Task OnRequestAsync(NodeId peer, Lsps0Request request) => _peers.ServeAsync(peer, async () =>
    {
        try
        {
            return await _sales.AnswerAsync(peer, request);
        }
        catch (Exception bug) when (bug is not OperationCanceledException)
        {
            _log.Error($"{LspsError.Sanitize(request.Method)}: {bug}");
            return Lsps0Writer.Error(request.Id, LspsError.Of(LspsError.Internal, "Internal error"));
        }
    });

    /// <summary>A request beyond the quota, told so once in a while: an honest client learns to wait.</summary>
    public Task OnFloodAsync(NodeId peer, Lsps0Request request) =>
        _peers.ServeAsync(peer, () => new(Lsps0Writer.Error(request.Id, LspsError.Of(LspsError.TooManyRequests, "too many requests, try again in a minute"))));

    /// <summary>Bad format: answered with a null id (R50-10), never when it was a response (that would be answered in turn).</summary>
    public Task OnBadFormatAsync(NodeId peer, string reason)
    {
        _strangers.Unusual("bad message", peer, $"provider: bad LSPS message from {peer}: {reason}"); // R50-11
        return _peers.ServeAsync(peer, static () => new(Lsps0Writer.Error(null, LspsError.Of(LspsError.BadFormat, "bad message format"))));
    }

    public Task OnInvalidRequestAsync(NodeId peer, Lsps0InvalidRequest invalid)
    {
        _strangers.Debug("invalid request", peer, $"provider: a message of {peer} is refused: {invalid.Reason}");
        return _peers.ServeAsync(peer, () => new(Lsps0Writer.Error(invalid.Id, LspsError.Of(LspsError.InvalidRequest, invalid.Reason))));
    }

    private void Hold(SessionRegistry registry, Scid next, HtlcAcceptedParams call, HtlcHook hook)
    {
        HookHtlc htlc = call.Htlc;
        if (htlc.ShortChannelId is not { } incoming || call.Onion.ForwardMsat is not { } amount || call.Onion.OutgoingCltvValue is not { } cltv)
        {
            // Without these the node cannot forward it either.
            hook.Continue();
            return;
        }

        var part = new Part(new HtlcKey(incoming, htlc.Id), amount, htlc.AmountMsat, new BlockHeight(htlc.CltvExpiry), new BlockHeight(cltv));
        registry.Hold(next, htlc.PaymentHash, part, _rewrites.Watch(part.Htlc, registry.Offers.Has(next) ? call.ForwardTo : null, hook));
    }

    private async ValueTask<IncomingChannel?> IncomingAsync(Scid name, CancellationToken stopping)
    {
        var found = await _node.ListPeerChannelsAsync(name, stopping);
        return found.IsOk && found.Value.Channels.FirstOrDefault() is { ChannelId: { } id, MaxAcceptedHtlcs: { } slots, TotalMsat: { } total }
            ? new IncomingChannel(id, (int)Math.Min(slots, int.MaxValue), total)
            : null;
    }

    /// <summary>The operator's bounds; the promised delta is never less than what the node takes off.</summary>
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
