using System.Text.Json;
using LspsPlugin.Cln.Host;
using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Provider;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Core.Lsps2;

namespace LspsPlugin.Cln.Wallet;

/// <summary>Buys JIT channels, lets the provider open them, and takes the payments that come through them.</summary>
internal sealed class WalletRole
{
    /// <summary>Openings that wait for the records to be read; a peer can begin one after the other.</summary>
    private const int MostEarlyOpens = 100;

    private const int ZeroConfBit = 50;
    private const int ScidAliasBit = 46;

    /// <summary>Two weeks: nobody's coins should be locked for longer when the provider goes away, and no node asks for more by itself.</summary>
    private const ulong LongestToSelfDelay = 2016;

    /// <summary>How long a command waits for the records.</summary>
    private static readonly TimeSpan CommandPatience = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan StartPause = TimeSpan.FromSeconds(2);

    private readonly NodeClient _node;
    private readonly TimeProvider _time;
    private readonly HostLog _log;
    private readonly CancellationToken _stopping;
    private readonly LspsClient _client;
    private readonly PurchaseBook _book;
    private readonly Receipts _receipts;
    private readonly OwedChannels _owed;
    private readonly TrustRule _trust;
    private readonly ClientQuotas _quotas;
    private readonly StrangersLog _strangers;

    /// <summary>No more than the node has HTLC slots: each is an HTLC that it holds open until we answer.</summary>
    private readonly List<(HtlcAcceptedParams Call, HtlcHook Hook, bool Replayed)> _early = [];
    private readonly List<(HookOpenChannel Call, HookCall Hook)> _earlyOpens = [];

    /// <summary>Payments that arrived, and of which it is not on record yet what the provider owes for them.</summary>
    private readonly Dictionary<PaymentHash, (Purchase Purchase, Msat Amount)> _unsettled = [];

    /// <summary>Its continuations run on the loop, at once: whatever waits for several tasks would otherwise leave the loop.</summary>
    private readonly TaskCompletionSource _ready = new();
    private WalletOptions _options;
    private NodeSettings? _settings;
    private BlockHeight _height;
    private bool _loaded;
    private bool _peerSeen;

    public WalletRole(NodeClient node, WalletOptions options, TimeProvider time, IEntropy entropy, HostLog log, CancellationToken stopping)
    {
        (_node, _options, _time, _log, _stopping) = (node, options, time, log, stopping);
        _quotas = new ClientQuotas(static () => QuotaLimits.Default, time);
        _strangers = new StrangersLog(log, time);
        _client = new LspsClient(node, time, entropy, log, stopping);
        _book = new PurchaseBook(node, time, log, stopping);
        _receipts = new Receipts(new FundingLook(node, stopping), time, log);
        _owed = new OwedChannels(node, log, stopping);
        _trust = new TrustRule(() => _options.Trust, _owed);
        var purchasing = new Purchasing(_client, _book, _trust);
        var invoicing = new InvoiceCommand(
            new OfferRound(_client, node, time, stopping),
            purchasing,
            new InvoiceMaking(_book, node, time, entropy),
            new ExistingChannel(node, log, stopping),
            node,
            () => _options,
            () => _settings,
            stopping);
        Commands = new WalletCommands(_client, _book, _receipts, _trust, purchasing, invoicing, node, stopping);
    }

    public WalletCommands Commands { get; }

    public void Change(WalletOptions options) => _options = options;

    /// <summary>Whether a payment that ends here may be one through a JIT channel.</summary>
    public bool Concerns(PaymentHash hash) => !_loaded || _book.Find(hash) is not null;

    public bool IsWaitingFor(NodeId peer) => _client.IsWaitingFor(peer);

    /// <summary>Whether a message of a peer that was asked something is read.</summary>
    public bool AdmitAnswer(NodeId peer) => _client.AdmitAnswer(peer);

    /// <summary>Whether a message of any other peer is read: it can only be told to be bad (R50-08).</summary>
    public Admission Admit(NodeId peer, int bytes) => _quotas.Admit(peer, bytes);

    public void WriteStatus(Utf8JsonWriter json)
    {
        json.WriteBoolean("ready"u8, _loaded);
        json.WriteStartArray("purchases"u8);
        foreach (Purchase purchase in _book.All) purchase.WriteStatus(json);
        json.WriteEndArray();
        _owed.WriteStatus(json);
    }

    /// <summary>Waits, bounded, until the records are read; false while they are not.</summary>
    public async ValueTask<bool> UntilReadyAsync()
    {
        if (!_ready.Task.IsCompleted) await Task.WhenAny(_ready.Task, Task.Delay(CommandPatience, _time, _stopping));
        return _ready.Task.IsCompleted;
    }

    public async Task StartAsync()
    {
        foreach (string wrong in _options.ProviderProblems) _log.Error($"wallet: {wrong}; it is left out, the other providers hold");
        while (!_loaded)
        {
            (_settings, _height, string? problem) = await NodeSettings.ReadAsync(_node, _time, _stopping);
            problem ??= await _book.LoadAsync() ?? await _owed.LoadAsync();
            _loaded = problem is null;
            if (_loaded) break;
            _log.Unusual($"wallet: the node does not answer yet: {problem}");
            await Task.Delay(StartPause, _time, _stopping);
        }

        _receipts.OnBlock(_height, _settings!.CltvFinal);
        foreach ((HtlcAcceptedParams call, HtlcHook hook, bool replayed) in _early) OnHtlc(call, hook, replayed);
        foreach ((HookOpenChannel call, HookCall hook) in _earlyOpens) OnOpenChannel(call, hook);
        _early.Clear();
        _earlyOpens.Clear();
        _ready.SetResult();
        await CatchUpAsync();
        await _book.PruneAsync();
        _log.Info("wallet: ready to buy JIT channels");
    }

    /// <summary>What the node offers before any peer has connected is what it held when it stopped.</summary>
    public void OnHtlc(HtlcAcceptedParams call, HtlcHook hook)
    {
        if (_loaded) OnHtlc(call, hook, replayed: !_peerSeen);
        else _early.Add((call, hook, !_peerSeen));
    }

    private void OnHtlc(HtlcAcceptedParams call, HtlcHook hook, bool replayed)
    {
        // What does not come from the provider that sold the channel is an ordinary payment of the same invoice.
        if (_book.Find(call.Htlc.PaymentHash) is not { } purchase || call.PeerId != purchase.Provider
            || call.Onion is not { ForwardMsat: { } meant, TotalMsat: { } total, PaymentSecret: { } secret } || call.Htlc.ShortChannelId is not { } channel)
        {
            hook.Continue();
            return;
        }

        if (!ExtraFee.TryRead(call.Htlc.ExtraTlvs, out Msat? fee))
        {
            _strangers.Unusual("extra_fee", purchase.Provider, $"wallet: a part of {call.Htlc.PaymentHash} carries an extra_fee that cannot be read");
            hook.Fail(OnionFailure.IncorrectOrUnknownPaymentDetails(call.Htlc.AmountMsat, _height));
            return;
        }

        var part = new ReceivedPart(new HtlcKey(channel, call.Htlc.Id), call.Htlc.AmountMsat, meant, fee, total);
        _receipts.Add(purchase, new HeldPart(part, secret, new BlockHeight(call.Htlc.CltvExpiry), hook), replayed);
    }

    /// <summary>A channel without confirmation is granted to a provider with a live approval, for the channel that was bought, and to nobody else.</summary>
    public void OnOpenChannel(HookOpenChannel open, HookCall hook)
    {
        if (!_loaded)
        {
            if (_earlyOpens.Count < MostEarlyOpens) _earlyOpens.Add((open, hook));
            else hook.Continue(); // the node refuses what needs our grant; whoever sells may try again
            return;
        }

        int[] type = open.ChannelType?.Bits ?? [];
        Purchase? purchase = _book.LiveApprovals(open.Id).FirstOrDefault(approved => Fits(open, type, approved) is null);
        if (purchase is not null)
        {
            hook.Answer("continue"u8, json =>
            {
                json.WriteNumber("mindepth"u8, 0);
                if (_options.ZeroReserve || _options.ZeroReserveProviders.Contains(open.Id)) json.WriteNumber("reserve"u8, 0);
            });
            return;
        }

        // An ordinary channel is the node's business; one without confirmation the node itself refuses unless we grant it.
        if (!type.Contains(ZeroConfBit))
        {
            hook.Continue();
            return;
        }

        string because = _book.LiveApprovals(open.Id).Select(approved => Fits(open, type, approved)).FirstOrDefault() ?? "no channel was bought from you";
        _strangers.Unusual("opening", open.Id, $"wallet: a channel without confirmation from {open.Id} refused: {because}");
        hook.Answer("reject"u8, json => json.WriteString("error_message"u8, because));
    }

    public void OnResponse(NodeId peer, Lsps0Response response) => _client.OnResponse(peer, response);

    public void OnBadFormat(NodeId peer, string reason) => _client.OnBadFormat(peer, reason);

    public void OnConnect() => _peerSeen = true;

    public void OnDisconnect(NodeId peer) => _client.OnDisconnect(peer);

    public async Task OnBlockAsync(BlockHeight height)
    {
        _height = height;
        if (!_loaded) return;
        _receipts.OnBlock(height, _settings!.CltvFinal);
        await _book.PruneAsync();
        foreach ((Purchase purchase, Msat amount) in _unsettled.Values.ToArray()) await OnPaidAsync(purchase, amount);
        await _owed.LookAsync(height);
    }

    public async Task OnInvoicePaidAsync(HookInvoicePayment paid)
    {
        if (_book.Find(paid.Preimage.Hash()) is not { } purchase) return;
        _log.Info($"wallet: the invoice '{LspsError.Sanitize(paid.Label)}' was paid through the JIT channel {purchase.JitScid}");
        await OnPaidAsync(purchase, paid.Msat ?? purchase.PaymentSize ?? Msat.Zero);
    }

    /// <summary>
    /// The payment is the node's: what the provider owes for it is watched from here on, and the approval is over. The purchase stays on
    /// record until the debt is, so that a start finds it again; meanwhile each block tries again.
    /// </summary>
    private async ValueTask OnPaidAsync(Purchase purchase, Msat amount)
    {
        PaymentHash hash = purchase.PaymentHash!.Value;
        if (!purchase.AwaitsConfirmation && !await _owed.BeginAsync(purchase, amount, _receipts.ChannelsOf(hash), _height))
        {
            _unsettled[hash] = (purchase, amount);
            return;
        }

        _unsettled.Remove(hash);
        await _book.EndAsync(purchase);
        _receipts.Forget(hash);
    }

    /// <summary>Nobody told of the payments that arrived while the plugin was away.</summary>
    private async ValueTask CatchUpAsync()
    {
        foreach (Purchase purchase in _book.Approved.ToArray())
        {
            var known = await _node.ListInvoicesAsync(purchase.PaymentHash!.Value, _stopping);
            if (known is { IsOk: true } && known.Value.Invoices.FirstOrDefault() is { Status: "paid" } paid) await OnPaidAsync(purchase, paid.AmountReceivedMsat ?? Msat.Zero);
        }

        await _owed.LookAsync(_height);
    }

    /// <summary>What is wrong with an opening as the one that was bought; null when nothing is.</summary>
    private string? Fits(HookOpenChannel open, int[] type, Purchase purchase)
    {
        if (!purchase.AwaitsConfirmation && _owed.OverdueOf(purchase.Provider) is { } unpaid) return $"the funding of {unpaid.ChannelId}, which is paid for, is due first";
        if (open.ToSelfDelay > LongestToSelfDelay) return $"a to_self_delay of {open.ToSelfDelay} blocks is more than {LongestToSelfDelay}";
        if ((open.ChannelFlags & 1) != 0) return "the channel must not be announced"; // R52-63
        if (!type.Contains(ScidAliasBit)) return "the channel needs option_scid_alias"; // R52-62
        Msat size = purchase.PaymentSize ?? purchase.FeeParams.MinPaymentSize;
        if (!OpeningFee.TryCompute(size, purchase.FeeParams, out Msat fee)) return "the opening fee overflows";
        Msat least = size > fee ? size - fee : Msat.Zero;
        return open.FundingMsat < least ? $"the channel of {open.FundingMsat} is smaller than bought: it must carry at least {least}" : null;
    }
}
