using System.Text.Json;
using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Options;
using LspsPlugin.Cln.Peers;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Cln.Wallet.Buying;
using LspsPlugin.Cln.Wallet.Receiving;
using LspsPlugin.Cln.Wallet.Records;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Wallet;

/// <summary>Buys JIT channels, lets the provider open them, and accepts the payments that come through them.</summary>
internal sealed class WalletRole
{
    /// <summary>
    /// Maximum number of openings that wait for the records to be read: one per connected peer, for at most as long as HTLCs wait.
    /// </summary>
    private const int MostEarlyOpens = 100;

    /// <summary>How long a command waits for the records.</summary>
    private static readonly TimeSpan CommandPatience = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan StartPause = TimeSpan.FromSeconds(2);

    /// <summary>How long HTLCs and openings wait for a node that does not answer.</summary>
    private static readonly TimeSpan MostStartWait = TimeSpan.FromSeconds(30);

    private readonly NodeClient _node;
    private readonly TimeProvider _time;
    private readonly HostLog _log;
    private readonly Background _background;
    private readonly CancellationToken _stopping;
    private readonly LspsClient _client;
    private readonly PurchaseStore _purchases;
    private readonly IncomingPayments _payments;
    private readonly GrantedChannels _granted;
    private readonly TrustedChannels _owed;
    private readonly GrantAdoption _adoption;
    private readonly ChannelMonitor _watch;
    private readonly IncomingGuard _guard;
    private readonly ZeroConfApprovals _approvals;
    private readonly TrustRule _trust;
    private readonly ClientQuotas _quotas;
    private readonly PeerLog _peerLog;

    /// <summary>HTLCs that the node holds until we answer; bounded by the node's HTLC slots.</summary>
    private readonly List<EarlyHtlc> _early = [];
    private readonly List<EarlyOpen> _earlyOpens = [];

    /// <summary>Cancelled when the records are read; waiters continue on the loop.</summary>
    private readonly CancellationTokenSource _unread;
    private WalletOptions _options;
    private NodeSettings? _settings;
    private BlockHeight _height;
    private bool _loaded;
    private bool _isReady;
    private bool _peerSeen;

    public WalletRole(NodeClient node, WalletOptions options, TimeProvider time, IEntropy entropy, HostLog log, Background background)
    {
        CancellationToken stopping = background.Stopping;
        _unread = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        (_node, _options, _time, _log, _background, _stopping) = (node, options, time, log, background, stopping);
        _quotas = new ClientQuotas(static () => QuotaLimits.Default, time);
        _peerLog = new PeerLog(log, time);
        _client = new LspsClient(node, time, entropy, log, stopping);
        _purchases = new PurchaseStore(node, time, log, stopping);
        _payments = new IncomingPayments(new FundingCheck(node, stopping), time, log, _peerLog, background);
        _granted = new GrantedChannels(node, log, stopping);
        _owed = new TrustedChannels(node, log, stopping);
        _adoption = new GrantAdoption(node, _purchases, _granted, _owed, log, stopping);
        _watch = new ChannelMonitor(node, _granted, _owed, () => _height, stopping);
        _guard = new IncomingGuard(_granted, _watch);
        _approvals = new ZeroConfApprovals(_purchases, _granted, _owed, _watch, _peerLog, () => _options);
        _trust = new TrustRule(() => _options.Trust, _owed);
        var buyer = new Lsps2Buyer(_client, _purchases, _trust);
        var invoicing = new InvoiceCommand(
            new OfferRound(_client, node, time, stopping),
            buyer,
            new InvoiceMaking(_purchases, node, time, entropy),
            new ExistingChannelInvoice(node, _granted, _trust, log, stopping),
            node,
            () => _options,
            () => _settings,
            stopping);
        Commands = new WalletCommands(_client, _purchases, _payments, _trust, buyer, invoicing, node, stopping);
    }

    public WalletCommands Commands { get; }

    public void Change(WalletOptions options) => _options = options;

    /// <summary>Returns whether a payment that ends here may come through a JIT channel.</summary>
    public bool Concerns(PaymentHash hash) => !_loaded || _purchases.Find(hash) is not null;

    /// <summary>
    /// Returns whether an HTLC, whatever its destination, may have come over an unconfirmed channel; always true until the records are
    /// read.
    /// </summary>
    public bool Guards(ReadOnlySpan<byte> htlcAcceptedParams) => !_loaded || _guard.Concerns(htlcAcceptedParams);

    public bool IsWaitingFor(NodeId peer) => _client.IsWaitingFor(peer);

    /// <summary>Returns whether a message of a peer that has a request of ours is read.</summary>
    public bool AdmitAnswer(NodeId peer) => _client.AdmitAnswer(peer);

    /// <summary>Returns whether a message of any other peer is read; it can only be answered as bad (R50-08).</summary>
    public Admission Admit(NodeId peer, int bytes) => _quotas.Admit(peer, bytes);

    public void WriteStatus(Utf8JsonWriter json)
    {
        json.WriteBoolean("ready"u8, _loaded);
        json.WriteStartArray("purchases"u8);
        foreach (Purchase purchase in _purchases.All) purchase.WriteStatus(json);
        json.WriteEndArray();
        _owed.WriteStatus(json);
    }

    /// <summary>Waits for a limited time until the records are read; false if they are not.</summary>
    public async ValueTask<bool> UntilReadyAsync()
    {
        if (_isReady) return true;
        try
        {
            await Task.Delay(CommandPatience, _time, _unread.Token);
        }
        catch (OperationCanceledException)
        {
            // They are read, or the node stops.
        }

        return _isReady;
    }

    public async Task StartAsync()
    {
        foreach (string wrong in _options.ProviderProblems) _log.Error($"wallet: {wrong}; it is ignored, the other providers stay valid");
        while (!_loaded)
        {
            (_settings, _height, string? problem) = await NodeSettings.ReadAsync(_node, _time, _stopping);
            problem ??= await _granted.LoadAsync() ?? await _purchases.LoadAsync() ?? await _owed.LoadAsync() ?? await _adoption.RunAsync();
            _loaded = problem is null;
            if (_loaded) break;
            _log.Unusual($"wallet: the node does not answer yet: {problem}");
            GiveBackEarly();
            GiveBackEarlyOpens(open => _time.GetElapsedTime(open.Since) >= MostStartWait);
            await Task.Delay(StartPause, _time, _stopping);
        }

        _payments.OnBlock(_height, _settings!.CltvFinal);
        Task[] early = [.. _early.Select(waiting => JudgeAsync(waiting.Call, waiting.Hook, waiting.Onward, waiting.Replayed))];
        _early.Clear();

        // Each opening separately: an error with one is logged and does not stop the others.
        foreach (EarlyOpen waiting in _earlyOpens) _background.Start("openchannel", _approvals.DecideAsync(waiting.Call, waiting.Hook));
        _earlyOpens.Clear();
        _isReady = true;
        _unread.Cancel();
        foreach (Task one in early) await one;
        await CatchUpAsync();
        await PruneAsync();
        _log.Info("wallet: ready to buy JIT channels");
    }

    /// <summary>
    /// Handles an HTLC that ends here or came over a watched channel. HTLCs that the node sends before any peer has connected were held at
    /// its last stop (replayed).
    /// </summary>
    /// <param name="onward">Answers an HTLC that is not ours.</param>
    public Task OnHtlcAsync(HtlcAcceptedParams call, HtlcHook hook, Action onward)
    {
        if (_loaded) return JudgeAsync(call, hook, onward, replayed: !_peerSeen);
        _early.Add(new EarlyHtlc(call, hook, onward, !_peerSeen, _time.GetTimestamp()));
        return Task.CompletedTask;
    }

    /// <summary>
    /// Decides on an HTLC over an unconfirmed channel. Such a channel carries only what it was bought for, and no forwards; if its provider
    /// is trusted, it carries the wallet's own payments too.
    /// </summary>
    private async Task JudgeAsync(HtlcAcceptedParams call, HtlcHook hook, Action onward, bool replayed)
    {
        try
        {
            (bool isKnown, GrantedChannel? over) = _granted.IsEmpty ? (true, null) : await _guard.LookUpAsync(call);
            Judge(call, hook, onward, replayed, isKnown, over);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The node is stopping, and replays the HTLC after its restart.
        }
        catch (Exception bug)
        {
            _log.Error($"htlc_accepted: {bug}");
            hook.Fail(OnionFailure.TemporaryChannelFailure);
        }
    }

    private void Judge(HtlcAcceptedParams call, HtlcHook hook, Action onward, bool replayed, bool isKnown, GrantedChannel? over)
    {
        bool isForward = call.Onion is { ShortChannelId: not null } or { NextNodeId: not null };
        bool isFree = isKnown && over is null;
        if (isForward && isFree) onward();
        else if (isForward) Stop(call, hook, over, OnionFailure.TemporaryChannelFailure);
        else if (TryTakePart(call, hook, replayed)) return;
        else if (isFree || (over is not null && _trust.TakesOwnPayments(over))) hook.Continue();
        else Stop(call, hook, over, OnionFailure.TemporaryNodeFailure); // the payer retries, or uses another route
    }

    private void Stop(HtlcAcceptedParams call, HtlcHook hook, GrantedChannel? over, OnionFailure failure)
    {
        hook.Fail(failure);
        if (over is null) _peerLog.Unusual("unclear", call.PeerId ?? default, $"wallet: an HTLC of {call.Htlc.AmountMsat} is failed: the node does not report whether {call.Htlc.ShortChannelId} is confirmed");
        else _peerLog.Unusual("unconfirmed", over.Provider, $"wallet: an HTLC of {call.Htlc.AmountMsat} over {over.ChannelId} of {over.Provider} is failed: the channel has no confirmation yet");
    }

    /// <returns>
    /// False if it is not part of a JIT payment from the provider that sold the channel; then it is an ordinary payment, even of the same
    /// invoice.
    /// </returns>
    private bool TryTakePart(HtlcAcceptedParams call, HtlcHook hook, bool replayed)
    {
        if (_purchases.Find(call.Htlc.PaymentHash) is not { } purchase || call.PeerId != purchase.Provider
            || call.Onion is not { ForwardMsat: { } meant, TotalMsat: { } total, PaymentSecret: { } secret } || call.Htlc.ShortChannelId is not { } channel)
        {
            return false;
        }

        if (!ExtraFee.TryRead(call.Htlc.ExtraTlvs, out Msat? fee))
        {
            _peerLog.Unusual("extra_fee", purchase.Provider, $"wallet: a part of {call.Htlc.PaymentHash} carries an extra_fee that cannot be read");
            hook.Fail(OnionFailure.IncorrectOrUnknownPaymentDetails(call.Htlc.AmountMsat, _height));
            return true;
        }

        var part = new ReceivedPart(new HtlcKey(channel, call.Htlc.Id), call.Htlc.AmountMsat, meant, fee, total);
        _payments.Add(purchase, new HeldPart(part, secret, new BlockHeight(call.Htlc.CltvExpiry), hook), replayed);
        return true;
    }

    /// <summary>Fails the HTLCs whose origin is still unknown; payers wait for them and may retry.</summary>
    private void GiveBackEarly()
    {
        foreach (EarlyHtlc waiting in _early.Where(waiting => _time.GetElapsedTime(waiting.Since) >= MostStartWait).ToArray())
        {
            _early.Remove(waiting);
            waiting.Hook.Fail(OnionFailure.TemporaryNodeFailure);
        }
    }

    private void GiveBackEarlyOpens(Func<EarlyOpen, bool> which)
    {
        foreach (EarlyOpen open in _earlyOpens.Where(which).ToArray())
        {
            _earlyOpens.Remove(open);
            open.Hook.Continue();
        }
    }

    public Task OnOpenChannelAsync(HookOpenChannel open, HookCall hook)
    {
        if (_loaded) return _approvals.DecideAsync(open, hook);
        if (_earlyOpens.Count < MostEarlyOpens) _earlyOpens.Add(new EarlyOpen(open, hook, _time.GetTimestamp()));
        else hook.Continue(); // the node refuses openings that need our grant; the provider may retry
        return Task.CompletedTask;
    }

    public void OnResponse(NodeId peer, Lsps0Response response) => _client.OnResponse(peer, response);

    public void OnBadFormat(NodeId peer, string reason) => _client.OnBadFormat(peer, reason);

    public void OnConnect() => _peerSeen = true;

    public async Task OnDisconnectAsync(NodeId peer)
    {
        _client.OnDisconnect(peer);
        GiveBackEarlyOpens(open => open.Call.Id == peer); // an opening ends with its connection
        if (_loaded && _granted.IsOf(peer)) await _watch.OnDisconnectAsync(peer);
    }

    public async Task OnChannelStateAsync(HookChannelState change)
    {
        if (_loaded && _granted.IsOf(change.PeerId)) await _watch.LookAsync(change.PeerId);
    }

    public async Task OnBlockAsync(BlockHeight height)
    {
        _height = height;
        if (!_loaded) return;
        _payments.OnBlock(height, _settings!.CltvFinal);
        await PruneAsync();
        await _watch.LookAsync();
    }

    public async Task OnInvoicePaidAsync(HookInvoicePayment paid)
    {
        if (_purchases.Find(paid.Preimage.Hash()) is { } purchase)
        {
            IReadOnlyCollection<Scid> channels = _payments.ChannelsOf(purchase.PaymentHash!.Value);
            string how = channels.Count == 0 ? $"was paid, but no part was accepted here for the JIT channel {purchase.JitScid}" : $"was paid through the JIT channel {purchase.JitScid} ({string.Join(", ", channels)})";
            _log.Info($"wallet: the invoice '{LspsError.Sanitize(paid.Label)}' {how}");
            await EndAsync(purchase);
        }

        if (_loaded) await _watch.LookAsync();
    }

    /// <summary>
    /// Ends a purchase whose payment the node has received, by whatever route. The debt for it is read from its channel, which is stored
    /// since the grant.
    /// </summary>
    private async ValueTask EndAsync(Purchase purchase)
    {
        await _purchases.EndAsync(purchase);
        if (purchase.PaymentHash is { } hash) _payments.Forget(hash);
    }

    private async ValueTask PruneAsync()
    {
        foreach (Purchase purchase in _purchases.RanOut())
        {
            _log.Info($"wallet: the purchase {purchase.JitScid} expired at {LspsTime.Write(purchase.FeeParams.ValidUntil)} and is removed");
            await EndAsync(purchase);
        }
    }

    /// <summary>Handles payments that arrived while the plugin was not running, of which there was no notification.</summary>
    private async ValueTask CatchUpAsync()
    {
        foreach (Purchase purchase in _purchases.Approved.ToArray())
        {
            var known = await _node.ListInvoicesAsync(purchase.PaymentHash!.Value, _stopping);
            if (known is { IsOk: true } && known.Value.Invoices.FirstOrDefault() is { Status: "paid" }) await EndAsync(purchase);
        }

        await _watch.LookAsync();
    }

    private sealed record EarlyHtlc(HtlcAcceptedParams Call, HtlcHook Hook, Action Onward, bool Replayed, long Since);

    private sealed record EarlyOpen(HookOpenChannel Call, HookCall Hook, long Since);
}
