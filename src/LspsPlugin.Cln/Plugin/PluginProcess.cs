using System.Collections.Frozen;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using LspsPlugin.Cln.Export;
using LspsPlugin.Cln.Metrics;
using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Operator;
using LspsPlugin.Cln.Options;
using LspsPlugin.Cln.Payer;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Cln.Provider;
using LspsPlugin.Cln.Provider.Records;
using LspsPlugin.Cln.Wallet.Records;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Plugin;

/// <summary>
/// The plugin from its first input byte to its exit: reads the host's messages from stdin and answers on stdout. The process and the
/// simulation run the same class.
/// </summary>
public sealed class PluginProcess : IJsonRpcDispatcher
{
    private const int InvalidRequest = -32600;
    private const int MethodNotFound = -32601;
    private const int InternalError = -32603;

    /// <summary>Maximum bytes kept of calls that arrive before init.</summary>
    private const long MostEarlyBytes = 16 << 20;

    private const int MostEarlyCalls = 1000;

    /// <summary>Maximum number of parts of the payer that are out at a time; each has a call that waits.</summary>
    private const int MostParts = 65_536;

    /// <summary>How long init waits for the records when the provider role is off.</summary>
    private static readonly TimeSpan RecordsPatience = TimeSpan.FromSeconds(5);

    /// <summary>Maximum length of a unix socket's path, in bytes.</summary>
    private const int LongestSocketPath = 107;

    /// <summary>
    /// JSON limits for stdin. The host passes users' requests to us unchanged, at any depth; these must not end the stream that also
    /// carries HTLCs.
    /// </summary>
    private static readonly JsonRpcLimits Limits = JsonRpcLimits.Default with { MaxDepth = int.MaxValue };

    /// <summary>What is carried to <see cref="Handle"/>; the pump answers the rest.</summary>
    private static readonly FrozenSet<string> Methods = ((string[])
        ["init", "check", "setconfig", "shutdown", .. HostHooks.Names, .. HostNotifications.Topics, .. OperatorCalls.Commands]).ToFrozenSet();

    private readonly IDuplexPipe _stdio;
    private readonly RpcTransport _transport;
    private readonly Func<string, IRpcConnector> _connect;
    private readonly TimeProvider _time;
    private readonly IEntropy _entropy;
    private readonly ProviderSeams _seams;
    private readonly PayerSeams _payerSeams;
    private readonly JsonRpcWriter _writer;
    private readonly HostAnswers _answers;
    private readonly HostLog _log;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Background _background;
    private readonly HookCounts _hooks = new();
    private readonly DateTimeOffset _startedAt;
    private IHostCarrier? _carrier;
    private readonly List<HostCall> _early = [];
    private long _earlyBytes;
    private PluginComposition? _running;

    /// <summary>Creates the process; nothing is read or written before <see cref="RunAsync"/>.</summary>
    /// <param name="stdio">stdin and stdout, which carry the plugin protocol and nothing else.</param>
    /// <param name="connect">Creates a connector for the path of lightning-rpc.</param>
    /// <param name="time">The clock of everything that the plugin does.</param>
    /// <param name="entropy">The source of request ids, JIT scids and preimages.</param>
    /// <param name="transport">What carries the host's calls and ours.</param>
    public PluginProcess(IDuplexPipe stdio, Func<string, IRpcConnector> connect, TimeProvider time, IEntropy entropy, RpcTransport transport)
        : this(stdio, connect, time, entropy, transport, ProviderSeams.None)
    {
    }

    internal PluginProcess(IDuplexPipe stdio, Func<string, IRpcConnector> connect, TimeProvider time, IEntropy entropy, RpcTransport transport, ProviderSeams seams, PayerSeams? payerSeams = null)
    {
        (_stdio, _connect, _time, _entropy, _transport, _seams, _payerSeams) = (stdio, connect, time, entropy, transport, seams, payerSeams ?? PayerSeams.None);
        _startedAt = time.GetUtcNow();
        _writer = new JsonRpcWriter(stdio.Output);
        _answers = new HostAnswers(_writer);
        _log = new HostLog(_writer);
        _background = new Background(bug => _log.Bug($"unexpected: {bug}"), _stopping.Token);
    }

    /// <summary>Runs until the host sends shutdown or closes stdin.</summary>
    /// <returns>The exit code: 0 unless the stream was cut off or could not be parsed.</returns>
    public async Task<int> RunAsync()
    {
        StreamEnd end = await new JsonRpcMessageHandler(_stdio.Input, this, Limits).RunAsync(_stopping.Token);
        if (end is StreamEnd.NotJson or StreamEnd.TooLarge or StreamEnd.TooDeep)
        {
            // The stream cannot be resynchronized. The host replays held HTLCs after a restart.
            _log.Error($"the stream from lightningd cannot be read any more ({end}); stopping");
        }

        _answers.HooksStayOpen = true;
        _stopping.Cancel();
        await _writer.CompleteAsync();
        return end is StreamEnd.Eof or StreamEnd.Cancelled or StreamEnd.Broken ? 0 : 1;
    }

    /// <inheritdoc/>
    public void OnMessage(in JsonRpcEnvelope message)
    {
        try
        {
            bool isHtlc = message.Kind == MessageKind.Request && message.Method.SequenceEqual("htlc_accepted"u8);
            if (isHtlc && _running is { } running && !running.Roles.Concern(message.Params))
            {
                _answers.Continue(message.Id);
                _hooks.OnForeign();
            }
            else if (message.Kind != MessageKind.Response) Pass(message); // we send no requests over stdout
        }
        catch (Exception bug)
        {
            string method = message.MethodText();
            _log.Bug($"{method}: {bug}");
            if (message.Kind != MessageKind.Request) return;
            if (HostHooks.Names.Contains(method)) _answers.Continue(message.Id);
            else _answers.Error(message.Id, InternalError, "internal error, see the log");
        }
    }

    /// <inheritdoc/>
    /// <remarks>Whatever carries the calls is loaded when the second message comes: at each start the host waits for all its plugins' manifests.</remarks>
    public bool MustWait(in JsonRpcEnvelope message) => _carrier is null && !message.Method.SequenceEqual("getmanifest"u8);

    /// <inheritdoc/>
    public async ValueTask UntilReadyAsync()
    {
        IHostCarrier carrier = _transport.CarryHostCalls(_writer, Methods, Handle);
        await carrier.OpenAsync();
        _carrier = carrier;
    }

    /// <inheritdoc/>
    public void OnMalformed(ReadOnlySpan<byte> frame, ReadOnlySpan<byte> id)
    {
        _log.Unusual($"a message from lightningd is not a JSON-RPC message ({frame.Length} bytes)");
        if (id.IsEmpty) return;

        // The host puts the method name into its ids. A hook must never be answered with an error.
        int last = id.LastIndexOf("cln:"u8);
        int end = id.LastIndexOf((byte)'#');
        string method = last >= 0 && end > last ? Encoding.UTF8.GetString(id[(last + 4)..end]) : "";
        if (HostHooks.Names.Contains(method)) _answers.Continue(id);
        else _answers.Error(id, InvalidRequest, "not a JSON-RPC request");
    }

    /// <summary>Passes a well-formed message that is not a foreign HTLC to the seam "calls of the host".</summary>
    private void Pass(in JsonRpcEnvelope message)
    {
        if (message.Method.SequenceEqual("getmanifest"u8) && message.Kind == MessageKind.Request) _answers.AnswerManifest(message.Id);
        else if (Methods.Contains(message.MethodText())) _carrier!.Carry(message);
        else if (message.Kind == MessageKind.Request) _answers.Error(message.Id, MethodNotFound, $"unknown command {message.MethodText()}");
    }

    /// <summary>Handles a call that was carried here. Never throws.</summary>
    private void Handle(HostCall call)
    {
        try
        {
            if (call.IsNotification) Notify(call);
            else Answer(call);
        }
        catch (Exception bug)
        {
            _log.Bug($"{call.Method}: {bug}");
            AnswerLastResort(call);
        }
    }

    private void Notify(HostCall notification)
    {
        if (notification.Method == "shutdown") Shutdown();
        else _running?.Notifications.Handle(notification);
    }

    private void Answer(HostCall call)
    {
        if (call.Method == "init") Init(call);
        else if (_running is { } running) Answer(running, call);
        else Keep(call);
    }

    private static void Answer(PluginComposition running, HostCall call)
    {
        if (!running.Hooks.TryHandle(call)) running.Calls.Handle(call);
    }

    private void AnswerLastResort(HostCall call)
    {
        if (HostHooks.Names.Contains(call.Method)) new HookCall(call, _answers).Continue();
        else if (call.Method == "init") Disable(call, "init failed, see the log");
        else call.Error(InternalError, "internal error, see the log");
    }

    /// <summary>
    /// Keeps a call that arrives before our answer to init. The host's HTLC slots bound the HTLCs; this method bounds everything else.
    /// </summary>
    private void Keep(HostCall call)
    {
        if (call.Method != "htlc_accepted")
        {
            _earlyBytes += call.Params.Length;
            if (_earlyBytes > MostEarlyBytes || _early.Count >= MostEarlyCalls)
            {
                AnswerLastResort(call);
                return;
            }
        }

        call.Keep();
        _early.Add(call);
    }

    private void Init(HostCall call)
    {
        if (HostJson.Read(call.Params, HookJson.Default.InitNames, _log) is not { } init)
        {
            Disable(call, "init has no lightning-dir or no rpc-file");
            return;
        }

        Dictionary<string, JsonElement> given = init.Options ?? [];
        (PluginOptions? options, string? problem) = PluginOptions.Bind(given);
        if (options is null)
        {
            // The host reports why a plugin disabled itself only at log level debug.
            _log.Error($"does not run: {problem}");
            Disable(call, problem!);
            return;
        }

        string socket = SocketPath(init.Configuration.LightningDir, init.Configuration.RpcFile);
        PluginMetrics? metrics = options.Metrics.IsOff ? null : new PluginMetrics(_hooks, _startedAt, _time);
        var node = new NodeClient(new JsonRpcClient(_connect(socket), "lsps", _time, JsonRpcClientOptions.Default with { Transport = _transport }, _background), metrics?.Calls);
        NodeClient? sending = options.Pays
            ? new NodeClient(new JsonRpcClient(_connect(socket), "lsps-payer", _time, JsonRpcClientOptions.Default with { Transport = _transport, MaxCalls = MostParts }, _background), metrics?.Calls)
            : null;
        if (options.Provider is not null) Run(call, node, sending, options, options.Provider, given, metrics);
        else LookForOwed(call, node, sending, options, given, metrics);
    }

    private void LookForOwed(HostCall call, NodeClient node, NodeClient? sending, PluginOptions options, Dictionary<string, JsonElement> given, PluginMetrics? metrics) =>
        _background.Start("checking for obligations", RunIfOwedAsync(call, node, sending, options, given, metrics), () => Disable(call, "init failed, see the log"));

    /// <summary>
    /// Without the provider role, reads the records before answering init: the plugin stays only if they contain obligations, and it cannot
    /// disable itself later. The host serves lightning-rpc while it waits for the answer.
    /// </summary>
    private async Task RunIfOwedAsync(HostCall call, NodeClient node, NodeClient? sending, PluginOptions options, Dictionary<string, JsonElement> given, PluginMetrics? metrics)
    {
        Obligations? owed = null;
        using var patience = new CancellationTokenSource(RecordsPatience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, _stopping.Token);
        try
        {
            owed = await Obligations.ReadAsync(node, either.Token);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !_stopping.IsCancellationRequested)
        {
            _log.Debug($"the records were not read within {RecordsPatience.TotalSeconds} s");
        }

        if (owed is { Any: true }) _log.Error($"provider: `{PluginOptions.ServiceFlag}` is off, but the records contain unfinished obligations: {owed}. Nothing is sold, payments for existing offers fail, and the obligations are completed");
        else if (owed is { Offers: > 0 }) _log.Unusual($"provider: `{PluginOptions.ServiceFlag}` is off, and {owed.Offers} offer(s) were sold: payments for them fail");
        else if (owed is null) _log.Unusual($"provider: `{PluginOptions.ServiceFlag}` is off, and the node does not say whether the records contain unfinished obligations: if they do, these will be completed");

        if (owed is not { Any: false })
        {
            Run(call, node, sending, options, options.Finishing, given, metrics);
        }
        else if (options.IsOff)
        {
            await LeftoverRecords.SayAsync(node, _log, _time, _stopping.Token);
            _log.Info($"does nothing: {PluginOptions.NoRole}");
            Disable(call, PluginOptions.NoRole);
        }
        else
        {
            Run(call, node, sending, options, provider: null, given, metrics);
        }
    }

    private void Run(HostCall call, NodeClient node, NodeClient? sending, PluginOptions options, ProviderOptions? provider, Dictionary<string, JsonElement> given, PluginMetrics? metrics)
    {
        _running = PluginComposition.Build(
            node,
            sending,
            options,
            provider,
            given,
            _time,
            _entropy,
            _answers,
            _log,
            new HostProgress(_writer),
            new HostTopic(_writer, HostTopic.Session),
            new HostTopic(_writer, HostTopic.Alert),
            new HostTopic(_writer, HostTopic.Payment),
            _seams,
            _payerSeams,
            _hooks,
            metrics,
            _background);
        Roles roles = _running.Roles;

        // Answer at once: the next steps call the node, and the node waits for this answer.
        call.Result("{}"u8);
        _log.Info($"lsps-plugin {PluginVersion.Text} as {roles}");
        if (metrics is not null) StartMetrics(metrics, options.Metrics, roles);
        if (roles.Provider is not null)
        {
            Watch(roles.Provider.StartAsync());
            Watch(new AlertWatch(roles.Provider).RunAsync());
        }

        if (roles.Payer is not null) Watch(roles.Payer.StartAsync());
        if (roles.Wallet is not null) Watch(roles.Wallet.StartAsync());
        else Watch(LeftoverRecords.SayAsync(node, _log, _time, _stopping.Token));
        foreach (HostCall early in _early) Answer(_running, early);
        _early.Clear();
    }

    private void StartMetrics(PluginMetrics metrics, MetricsOptions options, Roles roles)
    {
        MetricsExport.Start(options, metrics.Meter, _time, _log, _background);
        metrics.ShowZeros();
        var refresh = new MetricsRefresh(roles.Provider, () => roles.Payer?.LiveCount, metrics, _time, _log, _stopping.Token);
        _background.Start("looking for metrics", refresh.WatchMemoryAsync());
        _background.Start("asking the node for metrics", refresh.WatchNodeAsync());
    }

    private static void Disable(HostCall init, string because) => init.Result(json => json.WriteString("disable"u8, because));

    /// <summary>Stops the plugin. Held hooks stay unanswered, so that the host replays them after its restart.</summary>
    private void Shutdown()
    {
        _answers.HooksStayOpen = true;
        _stopping.Cancel();
    }

    private void Watch(Task work) => _background.Start("a call", work);

    /// <summary>
    /// Returns a path to the socket. Because we run in lightning-dir, a path that is too long for a socket can be given relative to it.
    /// </summary>
    private static string SocketPath(string directory, string file)
    {
        string full = Path.Combine(directory, file);
        if (Encoding.UTF8.GetByteCount(full) <= LongestSocketPath) return full;
        return Path.IsPathRooted(file) ? Path.GetRelativePath(directory, full) : file;
    }
}
