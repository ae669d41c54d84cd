using System.Collections.Frozen;
using LspsPlugin.Cln.Peers;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Plugin;

/// <summary>Handles the host's notifications. Handlers must not throw; notifications have no answer.</summary>
internal sealed class HostNotifications(Roles roles, Lsps0Router peers, HostLog log, Watch watch)
{
    private delegate void Handler(HostNotifications host, ReadOnlySpan<byte> parameters);

    private static readonly FrozenDictionary<string, Handler> Handlers = new Dictionary<string, Handler>
    {
        ["forward_event"] = static (host, parameters) => host.OnForwardEvent(parameters),
        ["block_added"] = static (host, parameters) => host.OnBlockAdded(parameters),
        ["channel_state_changed"] = static (host, parameters) => host.OnChannelStateChanged(parameters),
        ["connect"] = static (host, parameters) => host.OnConnect(parameters),
        ["disconnect"] = static (host, parameters) => host.OnDisconnect(parameters),
        ["invoice_payment"] = static (host, parameters) => host.OnInvoicePayment(parameters),
    }.ToFrozenDictionary();

    public static IReadOnlyCollection<string> Topics => Handlers.Keys;

    /// <summary>Handles a notification; unknown topics are ignored, because a newer host may send more.</summary>
    public void Handle(HostCall notification)
    {
        if (!Handlers.TryGetValue(notification.Method, out Handler? handler)) return;
        try
        {
            handler(this, notification.Params);
        }
        catch (Exception bug)
        {
            log.Bug($"{notification.Method}: {bug}");
        }
    }

    private void OnForwardEvent(ReadOnlySpan<byte> parameters)
    {
        if (roles.Provider is { } provider && HostJson.Read(parameters, HookJson.Default.ForwardEventParams, log) is { } told) provider.OnForwardEvent(told.ForwardEvent);
    }

    private void OnBlockAdded(ReadOnlySpan<byte> parameters)
    {
        if (HostJson.Read(parameters, HookJson.Default.BlockAddedParams, log) is not { } told) return;
        var height = new BlockHeight(told.BlockAdded.Height);
        roles.Provider?.OnBlock(height);
        roles.Payer?.OnBlock(height);
        if (roles.Wallet is { } wallet) watch(wallet.OnBlockAsync(height));
    }

    private void OnChannelStateChanged(ReadOnlySpan<byte> parameters)
    {
        if (HostJson.Read(parameters, HookJson.Default.ChannelStateChangedParams, log) is not { } told) return;
        roles.Provider?.OnChannelState(told.ChannelStateChanged);
        if (roles.Wallet is { } wallet) watch(wallet.OnChannelStateAsync(told.ChannelStateChanged));
    }

    private void OnConnect(ReadOnlySpan<byte> parameters)
    {
        if (HostJson.Read(parameters, HookJson.Default.ConnectParams, log) is not { } told) return;
        roles.Provider?.OnConnect(told.Connect.Id);
        roles.Wallet?.OnConnect();
    }

    private void OnDisconnect(ReadOnlySpan<byte> parameters)
    {
        if (HostJson.Read(parameters, HookJson.Default.DisconnectParams, log) is not { } told) return;
        peers.OnDisconnect(told.Disconnect.Id);
        if (roles.Wallet is { } wallet) watch(wallet.OnDisconnectAsync(told.Disconnect.Id));
    }

    private void OnInvoicePayment(ReadOnlySpan<byte> parameters)
    {
        if (roles.Wallet is { } wallet && HostJson.Read(parameters, HookJson.Default.InvoicePaymentParams, log) is { } told) watch(wallet.OnInvoicePaidAsync(told.InvoicePayment));
    }
}
