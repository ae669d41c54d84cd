using System.IO.Pipelines;
using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Provider;
using LspsPlugin.Cln.Wallet;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Host;

/// <summary>
/// The plugin from its first byte to its exit: what the host sends over stdin, what it is answered over stdout. The same object runs in
/// the process and in the simulation.
/// </summary>
/// <param name="connect">Makes a connector for the path of lightning-rpc.</param>
public sealed class PluginProcess(IDuplexPipe stdio, Func<string, IRpcConnector> connect, TimeProvider time, IEntropy entropy) : IJsonRpcDispatcher
{
    private const int MethodNotFound = -32601;
    private const int InvalidRequest = -32600;

    /// <summary>A unix socket's path is at most this long, in bytes.</summary>
    private const int LongestSocketPath = 107;

    private readonly JsonRpcWriter _writer = new(stdio.Output);
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<(string Method, byte[] Id, byte[] Params)> _early = [];
    private HostAnswers? _answers;
    private HostLog? _log;
    private Dictionary<string, JsonElement> _given = [];
    private ProviderRole? _provider;
    private WalletRole? _wallet;
    private bool _started;

    private HostAnswers Answers => _answers ??= new HostAnswers(_writer);

    private HostLog Log => _log ??= new HostLog(_writer);

    /// <summary>Runs until the host says shutdown or closes stdin.</summary>
    /// <returns>The exit code: 0 unless the stream went out of step.</returns>
    public async Task<int> RunAsync()
    {
        StreamEnd end = await new JsonRpcMessageHandler(stdio.Input, this, JsonRpcLimits.Default).RunAsync(_stopping.Token);
        if (end is StreamEnd.NotJson or StreamEnd.TooLarge or StreamEnd.TooDeep)
        {
            // Whatever we read next would be a guess; a host that restarts replays what we held.
            Log.Error($"the host's stream cannot be read any further ({end}); stopping");
        }

        await StopAsync();
        await _writer.CompleteAsync();
        return end is StreamEnd.Eof or StreamEnd.Cancelled or StreamEnd.Broken ? 0 : 1;
    }

    /// <inheritdoc/>
    public void OnMessage(in JsonRpcEnvelope message)
    {
        if (message.Kind == MessageKind.Request && _started && message.Method.SequenceEqual("htlc_accepted"u8) && !Concerns(message.Params))
        {
            Answers.Continue(message.Id);
            return;
        }

        Dispatch(message);
    }

    /// <inheritdoc/>
    public void OnMalformed(ReadOnlySpan<byte> frame, ReadOnlySpan<byte> id)
    {
        if (!id.IsEmpty) Answers.Error(id, InvalidRequest, "not a JSON-RPC request");
        Log.Unusual($"a message of the host is no JSON-RPC message ({frame.Length} bytes)");
    }

    /// <summary>Whether an HTLC must be looked at; the answer for all others is "continue", at once and without a trace.</summary>
    private bool Concerns(ReadOnlySpan<byte> parameters)
    {
        if (!HtlcScan.TryRead(parameters, out HtlcDestination to)) return true;
        if (to.NextScid is { } next) return _provider is { } provider && provider.Concerns(next);
        return !to.IsForward && to.Hash is { } hash && _wallet is { } wallet && wallet.Concerns(hash);
    }

    private void Dispatch(in JsonRpcEnvelope message)
    {
        string method = Encoding.UTF8.GetString(message.Method);
        switch (message.Kind)
        {
            case MessageKind.Notification:
                OnNotification(method, message.Params);
                break;
            case MessageKind.Request when method == "getmanifest":
                Answers.Result(message.Id, Manifest.Embedded.Json.Span);
                break;
            case MessageKind.Request when method == "init":
                Init(message.Id.ToArray(), message.Params);
                break;
            case MessageKind.Request when !_started:
                // The host may call before it has our answer to init.
                _early.Add((method, message.Id.ToArray(), message.Params.ToArray()));
                break;
            case MessageKind.Request:
                OnRequest(method, message.Id.ToArray(), message.Params);
                break;
            case MessageKind.Response:
                break; // we ask nothing over stdout
        }
    }

    private void Init(byte[] id, ReadOnlySpan<byte> parameters)
    {
        InitNames? init = Read(parameters, ClnJson.Default.InitNames);
        _given = init?.Options ?? [];
        (PluginOptions? options, string? disable) = init?.Configuration is { LightningDir: not null, RpcFile: not null }
            ? PluginOptions.Bind(_given)
            : (null, "init tells no lightning-dir and rpc-file");
        if (options is null)
        {
            Answers.Result(id, json => json.WriteString("disable"u8, disable));
            return;
        }

        string socket = SocketPath(init!.Configuration!.LightningDir!, init.Configuration.RpcFile!);
        var rpc = new JsonRpcClient(connect(socket), "lsps", time, JsonRpcClientOptions.Default);
        var node = new NodeClient(rpc);
        if (options.Provider is { } provider) _provider = new ProviderRole(node, provider, time, entropy, Log, _stopping.Token);
        if (options.Wallet is { } wallet) _wallet = new WalletRole(node, wallet, time, entropy, Log, _stopping.Token);

        // Answered at once: what follows takes calls to the node, and the node waits for us.
        Answers.Result(id, "{}"u8);
        _started = true;
        string roles = string.Join(" and ", new[] { _provider is null ? null : "provider", _wallet is null ? null : "wallet" }.OfType<string>());
        Log.Info($"lsps-plugin {typeof(PluginProcess).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion} as {roles}");
        if (_provider is not null) Watch(_provider.StartAsync());
        if (_wallet is not null) Watch(_wallet.StartAsync());
        foreach ((string method, byte[] earlyId, byte[] earlyParams) in _early) OnRequest(method, earlyId, earlyParams);
        _early.Clear();
    }

    private void OnRequest(string method, byte[] id, ReadOnlySpan<byte> parameters)
    {
        switch (method)
        {
            case "htlc_accepted": OnHtlcAccepted(id, parameters); break;
            case "custommsg": OnCustomMessage(id, parameters); break;
            case "openchannel": OnOpenChannel(id, parameters); break;
            case "setconfig": SetConfig(id, parameters, apply: true); break;
            case "check": Check(id, parameters); break;
            default: OnMethod(method, id, parameters, isCheck: false); break;
        }
    }

    /// <summary>The boundary of a hook: whatever goes wrong inside, the host gets a valid answer, because on any other it dies.</summary>
    private void OnHtlcAccepted(byte[] id, ReadOnlySpan<byte> parameters)
    {
        HtlcAcceptedParams? call = Read(parameters, ClnJson.Default.HtlcAcceptedParams);
        var hook = new HtlcHook(id, Answers, call?.Onion.Payload, call?.Htlc.ExtraTlvs);
        try
        {
            bool isForward = call?.Onion is { ShortChannelId: not null } or { NextNodeId: not null };
            if (call is null) hook.Continue();
            else if (isForward && _provider is { } provider) provider.OnHtlc(call, hook);
            else if (!isForward && _wallet is { } wallet) wallet.OnHtlc(call, hook);
            else hook.Continue();
        }
        catch (Exception bug)
        {
            Log.Error($"htlc_accepted: {bug}");
            hook.Fail(OnionFailure.TemporaryChannelFailure);
        }
    }

    private void OnCustomMessage(byte[] id, ReadOnlySpan<byte> parameters)
    {
        // The only answer there is; what the message says is another matter.
        new HookCall(id, Answers).Continue();
        try
        {
            if (Read(parameters, ClnJson.Default.CustomMsgParams) is { } message) OnLspsMessage(message);
        }
        catch (Exception bug)
        {
            Log.Error($"custommsg: {bug}");
        }
    }

    private void OnLspsMessage(CustomMsgParams message)
    {
        byte[] bytes = Convert.FromHexString(message.Payload);
        if (bytes.Length < 2 || ((bytes[0] << 8) | bytes[1]) != Lsps0Message.MessageType) return;
        switch (Lsps0Message.Parse(bytes.AsMemory(2)))
        {
            case Lsps0Request request:
                if (_provider is { } asked) Watch(asked.OnRequestAsync(message.PeerId, request));
                break;
            case Lsps0Response response:
                // Never answered, by either role: so two nodes cannot answer each other's errors for ever.
                _wallet?.OnResponse(message.PeerId, response);
                break;
            case Lsps0InvalidRequest invalid:
                if (_provider is { } server && _wallet?.IsWaitingFor(message.PeerId) is not true) Watch(server.OnInvalidRequestAsync(message.PeerId, invalid));
                else _wallet?.OnBadFormat(message.PeerId, invalid.Reason);
                break;
            case Lsps0Malformed malformed:
                // To a peer that we asked something we are a client, and clients ignore bad messages (R50-07); to any other a provider (R50-10).
                if (_provider is { } provider && _wallet?.IsWaitingFor(message.PeerId) is not true) Watch(provider.OnBadFormatAsync(message.PeerId, malformed.Reason));
                else _wallet?.OnBadFormat(message.PeerId, malformed.Reason);
                break;
            default:
                break; // notifications need no answer (R50-41)
        }
    }

    private void OnOpenChannel(byte[] id, ReadOnlySpan<byte> parameters)
    {
        var hook = new HookCall(id, Answers);
        try
        {
            if (Read(parameters, ClnJson.Default.OpenChannelParams) is { } open && _wallet is { } wallet) wallet.OnOpenChannel(open.Openchannel, hook);
            else hook.Continue();
        }
        catch (Exception bug)
        {
            Log.Error($"openchannel: {bug}");
            hook.Continue();
        }
    }

    private void OnNotification(string topic, ReadOnlySpan<byte> parameters)
    {
        try
        {
            switch (topic)
            {
                case "forward_event":
                    if (_provider is { } forwarding && Read(parameters, ClnJson.Default.ForwardEventParams) is { } forward) forwarding.OnForwardEvent(forward.ForwardEvent);
                    break;
                case "block_added":
                    if (Read(parameters, ClnJson.Default.BlockAddedParams) is not { } block) break;
                    _provider?.OnBlock(new BlockHeight(block.BlockAdded.Height));
                    if (_wallet is { } w) Watch(w.OnBlockAsync(new BlockHeight(block.BlockAdded.Height)));
                    break;
                case "channel_state_changed":
                    if (Read(parameters, ClnJson.Default.ChannelStateChangedParams) is { } changed) _provider?.OnChannelState(changed.ChannelStateChanged);
                    break;
                case "connect":
                    if (Read(parameters, ClnJson.Default.ConnectParams) is not { } connected) break;
                    _provider?.OnConnect(connected.Connect.Id);
                    _wallet?.OnConnect();
                    break;
                case "disconnect":
                    if (Read(parameters, ClnJson.Default.DisconnectParams) is { } gone) _wallet?.OnDisconnect(gone.Disconnect.Id);
                    break;
                case "invoice_payment":
                    if (_wallet is { } payee && Read(parameters, ClnJson.Default.InvoicePaymentParams) is { } paid) Watch(payee.OnInvoicePaidAsync(paid.InvoicePayment));
                    break;
                case "shutdown":
                    Answers.HooksStayOpen = true;
                    _stopping.Cancel();
                    break;
                default:
                    break;
            }
        }
        catch (Exception bug)
        {
            Log.Error($"{topic}: {bug}");
        }
    }

    private void OnMethod(string method, byte[] id, ReadOnlySpan<byte> parameters, bool isCheck)
    {
        if (!Manifest.Embedded.Methods.TryGetValue(method, out string? usage))
        {
            Answers.Error(id, MethodNotFound, $"unknown command {method}");
            return;
        }

        JsonElement given = parameters.IsEmpty ? default : Read(parameters, ClnJson.Default.JsonElement);
        if (isCheck) given = Without(given, "command_to_check");
        if (MethodParams.Bind(usage, given, out string? problem) is not { } bound)
        {
            Answers.Error(id, MethodParams.InvalidParams, problem!);
            return;
        }

        if (_wallet is not { } wallet)
        {
            Answers.Error(id, MethodNotFound, $"{method} needs the wallet role: start the node with {PluginOptions.ClientFlag}");
            return;
        }

        Watch(RunAsync(wallet, new MethodCall(id, method, bound, isCheck, Answers)));
    }

    private async Task RunAsync(WalletRole wallet, MethodCall call)
    {
        try
        {
            await (call.Method switch
            {
                "lsps-listprotocols" => wallet.Commands.ListProtocolsAsync(call),
                "lsps-lsps2-getinfo" => wallet.Commands.GetInfoAsync(call),
                "lsps-lsps2-buy" => wallet.Commands.BuyAsync(call),
                "lsps-lsps2-approve" => wallet.Commands.ApproveAsync(call),
                "lsps-lsps2-invoice" => wallet.Commands.InvoiceAsync(call),
                _ => throw new InvalidOperationException($"{call.Method} is in the manifest and has no handler"),
            });
        }
        catch (Exception bug) when (bug is not OperationCanceledException)
        {
            Log.Error($"{call.Method}: {bug}");
            call.Error(-1, $"{call.Method} failed: {bug.Message}");
        }
    }

    private void Check(byte[] id, ReadOnlySpan<byte> parameters)
    {
        JsonElement given = Read(parameters, ClnJson.Default.JsonElement);
        string? command = given.ValueKind == JsonValueKind.Object && given.TryGetProperty("command_to_check"u8, out JsonElement c) ? c.GetString() : null;
        if (command == "setconfig") SetConfig(id, parameters, apply: false);
        else OnMethod(command ?? "", id, parameters, isCheck: true);
    }

    private void SetConfig(byte[] id, ReadOnlySpan<byte> parameters, bool apply)
    {
        JsonElement given = Read(parameters, ClnJson.Default.JsonElement);
        string? name = given.ValueKind == JsonValueKind.Object && given.TryGetProperty("config"u8, out JsonElement c) ? c.GetString() : null;
        if (name is null || !Manifest.Embedded.Options.TryGetValue(name, out ManifestOption? option) || !option.IsDynamic)
        {
            Answers.Error(id, MethodParams.InvalidParams, $"{name} cannot be changed while the plugin runs");
            return;
        }

        var changed = new Dictionary<string, JsonElement>(_given)
        {
            [name] = PluginOptions.FromText(option, given.TryGetProperty("val"u8, out JsonElement val) ? val.ToString() : ""),
        };
        (PluginOptions? options, string? problem) = PluginOptions.Bind(changed);
        if (options is null)
        {
            Answers.Error(id, MethodParams.InvalidParams, problem!);
            return;
        }

        if (apply)
        {
            _given = changed;
            if (options.Provider is { } provider) _provider?.Change(provider);
            if (options.Wallet is { } wallet) _wallet?.Change(wallet);
        }

        Answers.Result(id, json =>
        {
            if (!apply) json.WriteString("command_to_check"u8, "setconfig"u8);
        });
    }

    /// <summary>Nothing awaits these; a failure in one is a bug that must be seen.</summary>
    private async void Watch(Task work)
    {
        try
        {
            await work;
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
        }
        catch (Exception bug)
        {
            Log.Error($"unexpected: {bug}");
        }
    }

    private async Task StopAsync()
    {
        Answers.HooksStayOpen = true;
        await _stopping.CancelAsync();
    }

    private T? Read<T>(ReadOnlySpan<byte> json, JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(json, type);
        }
        catch (JsonException e)
        {
            Log.Unusual($"a message of the host is not of the expected form: {e.Message}");
            return default;
        }
    }

    private static JsonElement Without(JsonElement obj, string name)
    {
        if (obj.ValueKind != JsonValueKind.Object) return obj;
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (JsonProperty member in obj.EnumerateObject())
            {
                if (member.Name != name) member.WriteTo(json);
            }

            json.WriteEndObject();
        }

        var reader = new Utf8JsonReader(buffer.WrittenSpan);
        return JsonElement.ParseValue(ref reader);
    }

    /// <summary>We run in lightning-dir, so a path that is too long for a socket can be said from there.</summary>
    private static string SocketPath(string directory, string file)
    {
        string full = Path.Combine(directory, file);
        return Encoding.UTF8.GetByteCount(full) <= LongestSocketPath || Path.IsPathRooted(file) ? full : file;
    }
}
