using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Cln.Wallet.Buying;
using LspsPlugin.Cln.Wallet.Receiving;
using LspsPlugin.Cln.Wallet.Records;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;

namespace LspsPlugin.Cln.Wallet;

/// <summary>The wallet once its records are read.</summary>
internal sealed class RunningWallet
{
    private readonly WalletParts _parts;
    private readonly NodeSettings _settings;
    private readonly ChannelMonitor _watch;
    private readonly IncomingGuard _guard;
    private readonly ZeroConfApprovals _approvals;
    private readonly HtlcJudge _judge;
    private readonly InvoiceCommand _invoicing;
    private BlockHeight _height;

    public RunningWallet(WalletParts parts, NodeSettings settings, BlockHeight height)
    {
        (_parts, _settings, _height) = (parts, settings, height);
        _watch = new ChannelMonitor(parts.Node, parts.Granted, parts.Owed, () => _height, parts.Stopping);
        _guard = new IncomingGuard(parts.Granted, _watch);
        _approvals = new ZeroConfApprovals(parts.Purchases, parts.Granted, parts.Owed, _watch, parts.PeerLog, parts.Options);
        _judge = new HtlcJudge(_guard, parts.Granted, parts.Purchases, parts.Payments, parts.Trust, () => _height, parts.PeerLog);
        _invoicing = new InvoiceCommand(
            new OfferRound(parts.Lsps2, parts.Node, parts.Time, parts.Stopping),
            parts.Buyer,
            new InvoiceMaking(parts.Purchases, parts.Node, parts.Time, parts.Entropy),
            new ExistingChannelInvoice(parts.Node, parts.Granted, parts.Trust, parts.Log, parts.Stopping),
            parts.Node,
            settings,
            parts.Stopping);
        parts.Payments.OnBlock(height, settings.CltvFinal);
    }

    /// <summary>Handles what happened while the plugin was not running.</summary>
    public async Task RunAsync()
    {
        await CatchUpAsync();
        await PruneAsync();
        _parts.Log.Info("wallet: ready to buy JIT channels");
    }

    /// <summary>Returns whether a payment that ends here may come through a JIT channel.</summary>
    public bool Concerns(PaymentHash hash) => _parts.Purchases.Find(hash) is not null;

    /// <summary>Returns whether an HTLC, whatever its destination, may have come over an unconfirmed channel.</summary>
    public bool Guards(ReadOnlySpan<byte> htlcAcceptedParams) => _guard.Concerns(htlcAcceptedParams);

    public async Task OnHtlcAsync(ArrivedHtlc htlc)
    {
        try
        {
            await _judge.JudgeAsync(htlc);
        }
        catch (OperationCanceledException) when (_parts.Stopping.IsCancellationRequested)
        {
            // The node is stopping, and replays the HTLC after its restart.
        }
        catch (Exception bug)
        {
            _parts.Log.Bug($"htlc_accepted: {bug}");
            htlc.Hook.Fail(OnionFailure.TemporaryChannelFailure);
        }
    }

    public Task OnOpenChannelAsync(HookOpenChannel open, HookCall hook) => _approvals.DecideAsync(open, hook);

    public async Task OnDisconnectAsync(NodeId peer)
    {
        if (_parts.Granted.IsOf(peer)) await _watch.OnDisconnectAsync(peer);
    }

    public async Task OnChannelStateAsync(HookChannelState change)
    {
        if (_parts.Granted.IsOf(change.PeerId)) await _watch.LookAsync(change.PeerId);
    }

    public async Task OnBlockAsync(BlockHeight height)
    {
        _height = height;
        _parts.Payments.OnBlock(height, _settings.CltvFinal);
        await PruneAsync();
        await _watch.LookAsync();
    }

    public async Task OnInvoicePaidAsync(HookInvoicePayment paid)
    {
        if (_parts.Purchases.Find(paid.Preimage.Hash()) is { } purchase)
        {
            IReadOnlyCollection<Scid> channels = _parts.Payments.ChannelsOf(purchase.PaymentHash!.Value);
            string how = channels.Count == 0 ? $"was paid, but no part was accepted here for the JIT channel {purchase.JitScid}" : $"was paid through the JIT channel {purchase.JitScid} ({string.Join(", ", channels)})";
            _parts.Log.Info($"wallet: the invoice '{LspsError.Sanitize(paid.Label)}' {how}");
            await EndAsync(purchase);
        }

        await _watch.LookAsync();
    }

    /// <summary>Handles lsps-lsps2-invoice.</summary>
    public Task InvoiceAsync(MethodCall call, InvoiceOrder order) => _invoicing.RunAsync(call, order);

    /// <summary>
    /// Ends a purchase whose payment the node has received, by whatever route. The debt for it is read from its channel, which is stored
    /// since the grant.
    /// </summary>
    private async ValueTask EndAsync(Purchase purchase)
    {
        await _parts.Purchases.EndAsync(purchase);
        if (purchase.PaymentHash is { } hash) _parts.Payments.Forget(hash);
    }

    private async ValueTask PruneAsync()
    {
        foreach (Purchase purchase in _parts.Purchases.RanOut())
        {
            _parts.Log.Info($"wallet: the purchase {purchase.JitScid} expired at {LspsTime.Write(purchase.FeeParams.ValidUntil)} and is removed");
            await EndAsync(purchase);
        }
    }

    /// <summary>Handles payments that arrived while the plugin was not running, of which there was no notification.</summary>
    private async ValueTask CatchUpAsync()
    {
        foreach (Purchase purchase in _parts.Purchases.Approved.ToArray())
        {
            var known = await _parts.Node.ListInvoicesAsync(purchase.PaymentHash!.Value, _parts.Stopping);
            if (known is { IsOk: true } && known.Value.Invoices.FirstOrDefault() is { Status: "paid" }) await EndAsync(purchase);
        }

        await _watch.LookAsync();
    }
}
