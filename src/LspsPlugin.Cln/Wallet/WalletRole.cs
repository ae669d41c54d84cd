using System.Text.Json;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Cln.Wallet.Buying;
using LspsPlugin.Cln.Wallet.Receiving;
using LspsPlugin.Cln.Wallet.Records;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Wallet;

/// <summary>
/// Buys JIT channels, lets the provider open them, and accepts the payments that come through them. What a call of the node means depends
/// on whether the records are read, which changes once, in <see cref="StartAsync"/>.
/// </summary>
internal sealed class WalletRole
{
    private readonly WalletParts _parts;
    private readonly StartingWallet _starting;
    private RunningWallet? _running;
    private bool _peerSeen;

    public WalletRole(WalletParts parts)
    {
        _parts = parts;
        _starting = new StartingWallet(parts);
        Commands = new WalletCommands(parts);
    }

    public WalletCommands Commands { get; }

    /// <summary>Returns whether a payment that ends here may come through a JIT channel.</summary>
    public bool Concerns(PaymentHash hash) => _running is not { } running || running.Concerns(hash);

    /// <summary>
    /// Returns whether an HTLC, whatever its destination, may have come over an unconfirmed channel; always true until the records are
    /// read.
    /// </summary>
    public bool Guards(ReadOnlySpan<byte> htlcAcceptedParams) => _running is not { } running || running.Guards(htlcAcceptedParams);

    public void WriteStatus(Utf8JsonWriter json)
    {
        json.WriteBoolean("ready"u8, _running is not null);
        json.WriteStartArray("purchases"u8);
        foreach (Purchase purchase in _parts.Purchases.All) purchase.WriteStatus(json);
        json.WriteEndArray();
        _parts.Owed.WriteStatus(json);
    }

    /// <summary>Waits for a limited time until the records are read; false if they are not.</summary>
    public async ValueTask<bool> UntilReadyAsync()
    {
        if (_running is null) await _starting.WaitAsync();
        return _running is not null;
    }

    public async Task StartAsync()
    {
        foreach (string wrong in _parts.Options().ProviderProblems) _parts.Log.Error($"wallet: {wrong}; it is ignored, the other providers stay valid");
        RunningWallet running = await _starting.RunAsync(started: running => _running = running);
        await running.RunAsync();
    }

    /// <summary>
    /// Handles an HTLC that ends here or came over a watched channel. HTLCs that the node sends before any peer has connected were held at
    /// its last stop (replayed).
    /// </summary>
    /// <param name="call">The hook's params.</param>
    /// <param name="hook">Takes the answer.</param>
    /// <param name="onward">Answers an HTLC that is not ours.</param>
    public Task OnHtlcAsync(HtlcAcceptedParams call, HtlcHook hook, Action onward)
    {
        var htlc = new ArrivedHtlc(call, hook, onward, Replayed: !_peerSeen);
        if (_running is { } running) return running.OnHtlcAsync(htlc);
        _starting.Hold(htlc);
        return Task.CompletedTask;
    }

    public Task OnOpenChannelAsync(HookOpenChannel open, HookCall hook)
    {
        if (_running is { } running) return running.OnOpenChannelAsync(open, hook);
        _starting.Hold(open, hook);
        return Task.CompletedTask;
    }

    public void OnConnect() => _peerSeen = true;

    public Task OnDisconnectAsync(NodeId peer)
    {
        _starting.OnDisconnect(peer);
        return _running?.OnDisconnectAsync(peer) ?? Task.CompletedTask;
    }

    public Task OnChannelStateAsync(HookChannelState change) => _running?.OnChannelStateAsync(change) ?? Task.CompletedTask;

    public Task OnBlockAsync(BlockHeight height)
    {
        _starting.OnBlock(height);
        return _running?.OnBlockAsync(height) ?? Task.CompletedTask;
    }

    public Task OnInvoicePaidAsync(HookInvoicePayment paid) => _running?.OnInvoicePaidAsync(paid) ?? Task.CompletedTask;

    /// <summary>Handles lsps-lsps2-invoice. Before the records are read only its arguments can be checked.</summary>
    public Task InvoiceAsync(MethodCall call)
    {
        if (InvoiceOrder.Read(call, _parts.Options()) is not { } order) return Task.CompletedTask;
        if (_running is { } running) return running.InvoiceAsync(call, order);
        call.Error(-1, "the plugin is starting, try again");
        return Task.CompletedTask;
    }
}
