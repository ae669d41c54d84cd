using System.Text.Json;
using LspsPlugin.Cln.Host;
using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Runtime;

namespace LspsPlugin.Cln.Provider;

/// <summary>Sells JIT channels: answers lsps2.get_info and lsps2.buy, and hands HTLCs for sold scids to their sessions.</summary>
internal sealed class ProviderRole
{
    private static readonly TimeSpan StartPause = TimeSpan.FromSeconds(2);

    private readonly NodeClient _node;
    private readonly TimeProvider _time;
    private readonly HostLog _log;
    private readonly CancellationToken _stopping;
    private readonly ProviderSeams _seams;
    private readonly SalesDesk _sales;
    private readonly ClientQuotas _quotas;
    private readonly StrangersLog _strangers;
    private readonly PeerAnswers _peers;
    private readonly RewriteWatch _rewrites;
    private readonly LifetimeGuard _lifetimes;
    private readonly SessionTally _tally = new();
    private readonly IEventSink _events;

    /// <summary>No more than the node has HTLC slots: each is an HTLC that it holds open until we answer.</summary>
    private readonly List<(Scid Scid, HtlcAcceptedParams Htlc, HtlcHook Hook)> _early = [];
    private ProviderOptions _options;
    private SessionRegistry? _registry;
    private NodeSettings? _settings;
    private byte[] _promiseKey = [];
    private BlockHeight _height;

    public ProviderRole(
        NodeClient node, ProviderOptions options, TimeProvider time, IEntropy entropy, HostLog log, HostTopic news, ProviderSeams seams, CancellationToken stopping)
    {
        (_node, _options, _time, _log, _seams, _stopping) = (node, options, time, log, seams, stopping);
        _events = new CompositeEventSink(new SessionEventLog(log, time), new SessionNews(news), _tally);
        _lifetimes = new LifetimeGuard(node, time, log);
        _quotas = new ClientQuotas(() => _options.Quotas, time);
        _strangers = new StrangersLog(log, time);
        _rewrites = new RewriteWatch(_strangers);
        _peers = new PeerAnswers(node, _quotas, _strangers, stopping);
        _sales = new SalesDesk(node, () => _options, time, entropy, log, _strangers, seams.Files, stopping);
    }

    /// <summary>Takes changed options over; running sessions keep theirs.</summary>
    public void Change(ProviderOptions options) => _options = options;

    /// <summary>Whether an HTLC for this next hop must not be passed on unseen.</summary>
    public bool Concerns(Scid nextHop) => _registry is null || _registry.Concerns(nextHop);

    /// <summary>Learns what the node is, then takes up the records; keeps trying while the node does not answer.</summary>
    public async Task StartAsync()
    {
        while (_settings is null)
        {
            (_settings, BlockHeight height, string? problem) = await NodeSettings.ReadAsync(_node, _time, _stopping);
            if (height > _height) _height = height; // a block may have come meanwhile
            if (_settings is not null && await PromiseKeyAsync() is { } key) _promiseKey = key;
            else _settings = null;
            if (_settings is not null) break;
            _log.Unusual($"provider: the node does not answer yet: {problem}");
            await Task.Delay(StartPause, _time, _stopping);
        }

        if (_options.Limits.CltvDelta < _settings.CltvDelta)
        {
            _log.Error($"`lsps2-cltv-expiry-delta` is {_options.Limits.CltvDelta.Value}, below the node's cltv-delta of {_settings.CltvDelta.Value}: the node's is used");
        }

        IActionExecutor executor = _seams.Executor(new ClnActionExecutor(_node, _settings, offer => offer.ZeroReserve || _options.HasZeroReserve(offer.Client), _options.UsesExisting, () => _height, () => _registry, _time, _sales.SizeAsync));
        ISessionJournal journal = _seams.Journal(new ClnSessionJournal(_node, _time, payment => _options.Prices.Size.For(payment)));
        _registry = new SessionRegistry(executor, journal, _events, _time, Limits, () => _options.Bounds, _stopping);
        (_registry.Gate.Incoming, _registry.Gate.Serves) = (IncomingAsync, client => _options.Clients.Serve(client));
        foreach ((Scid scid, HtlcAcceptedParams htlc, HtlcHook hook) in _early) Hold(_registry, scid, htlc, hook);
        _early.Clear();
        await _registry.LoadAsync(_height, _log.Unusual);
        _sales.Open(_registry, _promiseKey, () => _height, Limits);
        await _sales.LookAtPolicyAsync();
        _log.Info($"provider: selling JIT channels, {_registry.Offers.Count} live offer(s) on record");
        await new Caretaker(_registry, journal, new ClnNodeKeeper(_node, executor, Limits), _time, () => _options.History, _log.Unusual, _stopping).RunAsync();
    }

    /// <param name="withOffers">Whether unpaid offers are listed, not only counted.</param>
    public void WriteStatus(Utf8JsonWriter json, bool withOffers)
    {
        if (_registry is { } registry) ProviderStatus.Write(json, registry, _tally, _options, withOffers);
        else json.WriteBoolean("ready"u8, false);
    }

    /// <summary>Somebody is about to close a channel.</summary>
    public Task OnCloseAsync(JsonElement parameters, HookCall hook) => _lifetimes.OnCloseAsync(parameters, hook, _stopping);

    /// <summary>lsps-forgive.</summary>
    public void Forgive(MethodCall call) => ForgiveCommand.Answer(_registry, call, _log);

    public void OnHtlc(HtlcAcceptedParams htlc, HtlcHook hook)
    {
        if (htlc.Onion.ShortChannelId is not { } next) hook.Continue();
        else if (_registry is { } registry) Hold(registry, next, htlc, hook);
        else _early.Add((next, htlc, hook));
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
        if (height > _height) _height = height;
        _registry?.OnBlock(height);
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
        var derived = await _node.MakeSecretAsync("lsps-plugin promise key 1", _stopping);
        return derived.IsOk ? Convert.FromHexString(derived.Value.Secret) : null;
    }
}
