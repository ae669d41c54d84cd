using System.Buffers;
using System.Collections.Frozen;
using System.Text.Json;
using LspsPlugin.Cln.Metrics;
using LspsPlugin.Cln.Peers;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Plugin;

/// <summary>Handles the hooks. Every call gets a valid answer, whatever fails inside: the host dies on an invalid one.</summary>
internal sealed class HostHooks(Roles roles, Lsps0Router peers, HostAnswers answers, HostLog log, HookCounts counts, Watch watch)
{
    private delegate void Handler(HostHooks hooks, HostCall call);

    private static readonly FrozenDictionary<string, Handler> Handlers = new Dictionary<string, Handler>
    {
        ["htlc_accepted"] = static (hooks, call) => hooks.OnHtlcAccepted(call),
        ["openchannel"] = static (hooks, call) => hooks.OnOpenChannel(call),
        ["rpc_command"] = static (hooks, call) => hooks.OnRpcCommand(call),
        ["custommsg"] = static (hooks, call) => hooks.OnCustomMessage(call),
    }.ToFrozenDictionary();

    public static IReadOnlyCollection<string> Names => Handlers.Keys;

    /// <returns>False if the method is not one of our hooks.</returns>
    public bool TryHandle(HostCall call)
    {
        if (!Handlers.TryGetValue(call.Method, out Handler? handler)) return false;
        counts.On(call.Method);
        handler(this, call);
        return true;
    }

    private void OnHtlcAccepted(HostCall call)
    {
        HtlcAcceptedParams? htlc = HostJson.Read(call.Params, HookJson.Default.HtlcAcceptedParams, log);
        var hook = new HtlcHook(call, answers, htlc?.Onion.Payload, htlc?.Htlc.ExtraTlvs);
        try
        {
            if (htlc is null) hook.Continue();
            else if (roles.Wallet is { } wallet) watch(wallet.OnHtlcAsync(htlc, hook, onward: () => OnForward(htlc, hook)));
            else OnForward(htlc, hook);
        }
        catch (Exception bug)
        {
            log.Bug($"htlc_accepted: {bug}");
            hook.Fail(OnionFailure.TemporaryChannelFailure);
        }
    }

    private void OnForward(HtlcAcceptedParams call, HtlcHook hook)
    {
        if (roles.Provider is { } provider && call.Onion is { ShortChannelId: not null } or { NextNodeId: not null }) provider.OnHtlc(call, hook);
        else hook.Continue();
    }

    private void OnOpenChannel(HostCall call)
    {
        var hook = new HookCall(call, answers);
        try
        {
            OpenChannelParams? open = HostJson.Read(call.Params, HookJson.Default.OpenChannelParams, log);
            if (open is not null && roles.Wallet is { } wallet) watch(wallet.OnOpenChannelAsync(open.Openchannel, hook));
            else hook.Continue();
        }
        catch (Exception bug)
        {
            log.Bug($"openchannel: {bug}");
            hook.Continue();
        }
    }

    private void OnRpcCommand(HostCall call)
    {
        var hook = new HookCall(call, answers);
        try
        {
            // An operator may type anything. If the text is not valid Unicode, the node refuses it.
            HookRpcCommand? command = HostJson.TryRead(call.Params, out _) ? HostJson.Read(call.Params, HookJson.Default.RpcCommandParams, log)?.RpcCommand : null;
            if (command is { Method: "close" } && roles.Provider is { } guard)
            {
                watch(guard.OnCloseAsync(command.Params ?? default, hook));
                return;
            }

            if (command is { Method: "graceful" } && MayBeGraceful(command.Params ?? default) && roles.Provider is { } seller) watch(seller.OnGracefulAsync(hook));
            else hook.Continue();
        }
        catch (Exception bug)
        {
            log.Bug($"rpc_command: {bug}");
            hook.Continue();
        }
    }

    /// <summary>
    /// Returns whether the node will accept the parameters (at most a timeout). A command that it refuses changes nothing.
    /// </summary>
    private static bool MayBeGraceful(JsonElement parameters) => parameters.ValueKind switch
    {
        JsonValueKind.Object => parameters.EnumerateObject().All(static member => member.NameEquals("timeout"u8)),
        JsonValueKind.Array => parameters.GetArrayLength() <= 1,
        _ => true,
    };

    private void OnCustomMessage(HostCall call)
    {
        // The hook allows no other answer; the content of the message is handled separately.
        new HookCall(call, answers).Continue();
        try
        {
            if (HostJson.Read(call.Params, HookJson.Default.CustomMsgParams, log) is { } message) OnLspsMessage(message);
        }
        catch (Exception bug)
        {
            log.Bug($"custommsg: {bug}");
        }
    }

    private void OnLspsMessage(CustomMsgParams message)
    {
        byte[] bytes = new byte[message.Payload.Length / 2];
        if (Convert.FromHexString(message.Payload, bytes, out _, out _) != OperationStatus.Done)
        {
            log.Unusual("custommsg: the payload is not hex");
            return;
        }

        if (bytes.Length >= 2 && ((bytes[0] << 8) | bytes[1]) == Lsps0Message.MessageType) peers.OnMessage(message.PeerId, bytes.AsMemory(2));
    }
}
