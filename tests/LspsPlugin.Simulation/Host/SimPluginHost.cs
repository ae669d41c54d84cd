using System.Diagnostics;
using System.IO.Pipelines;
using System.Text.Json.Nodes;
using LspsPlugin.Cln.Plugin;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Rpc;
using LspsPlugin.Simulation.Model;

namespace LspsPlugin.Simulation.Host;

/// <summary>A node with its running plugin: as a real process over real pipes, or as the same class in this process.</summary>
public sealed class SimPluginHost : ISimCommands
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly string? _directory;
    private readonly Process? _process;
    private readonly Task<int>? _inProcess;
    private MemoryConnector? _connector;
    private CommandGate _gate = CommandGate.Of([]);

    private SimPluginHost(SimNode node, SimPluginLink link, SimRpcServer server, string? directory, Process? process, Task<int>? inProcess)
    {
        (Node, Link, Server, _directory, _process, _inProcess) = (node, link, server, directory, process, inProcess);
    }

    public SimNode Node { get; }

    public SimPluginLink Link { get; }

    public SimRpcServer Server { get; }

    /// <summary>The manifest as the plugin sent it.</summary>
    public JsonObject Manifest
    {
        get;
        private set
        {
            field = value;
            _gate = CommandGate.Of(value);
        }
    } = [];

    /// <summary>Why the plugin asked to be disabled; null if it runs.</summary>
    public string? Disabled { get; private set; }

    /// <summary>Whether the process has exited; always false for a plugin in this process.</summary>
    public bool HasExited => _process?.HasExited == true;

    /// <inheritdoc/>
    public string Path => _process?.StartInfo.FileName ?? "lsps-plugin";

    /// <inheritdoc/>
    public bool Has(string command) => Manifest["rpcmethods"]!.AsArray().Any(method => (string?)method!["name"] == command);

    /// <inheritdoc/>
    public bool IsDynamic(string option) => Manifest["options"]!.AsArray().Any(o => (string?)o!["name"] == option && (bool?)o["dynamic"] == true);

    /// <inheritdoc/>
    public bool StandsBefore(string command) => _gate.Admits(command);

    /// <inheritdoc/>
    public Task<JsonNode?> CallAsync(string command, JsonObject parameters) => Link.CallAsync(command, parameters);

    /// <summary>The node's lightning-rpc; null for a plugin in this process.</summary>
    public string? Socket => _directory is null ? null : System.IO.Path.Combine(_directory, "lightning-rpc");

    /// <summary>Resident memory of the process, in MiB.</summary>
    public double ResidentMb
    {
        get
        {
            _process?.Refresh();
            return (_process?.WorkingSet64 ?? 0) / 1048576.0;
        }
    }

    /// <summary>Starts the executable like the node does: stdio, environment, working directory, socket.</summary>
    public static async Task<SimPluginHost> StartProcessAsync(SimNode node, string executable, JsonObject options)
    {
        string directory = Directory.CreateTempSubdirectory("lsps-").FullName;
        var start = new ProcessStartInfo(executable)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            WorkingDirectory = directory,
        };
        start.Environment["LIGHTNINGD_PLUGIN"] = "1";
        start.Environment["LIGHTNINGD_VERSION"] = "v26.09-simulated";
        Process process = Process.Start(start) ?? throw new InvalidOperationException($"{executable} did not start");
        var stdio = new Duplex(PipeReader.Create(process.StandardOutput.BaseStream), PipeWriter.Create(process.StandardInput.BaseStream));
        var host = new SimPluginHost(node, new SimPluginLink(node, stdio), new SimRpcServer(node), directory, process, null);
        _ = host.Server.ListenAsync(System.IO.Path.Combine(directory, "lightning-rpc"), host._stopping.Token);
        await host.InitAsync(options, directory);
        return host;
    }

    /// <summary>Runs the plugin's class in this process, over in-memory pipes, for the deterministic simulation.</summary>
    public static async Task<SimPluginHost> StartInProcessAsync(SimNode node, JsonObject options, IEntropy entropy)
    {
        SimPluginHost host = Launch(node, entropy);
        await host.InitAsync(options, "/simulated");
        return host;
    }

    /// <summary>Creates the plugin's class, before the node has sent anything to it.</summary>
    internal static SimPluginHost Launch(SimNode node, IEntropy entropy)
    {
        node.Network.Tell(new SimEvent(node, "plugin started", []));
        (IDuplexPipe ours, IDuplexPipe theirs) = Pair();
        var server = new SimRpcServer(node);
        var connector = new MemoryConnector(server);
        var plugin = new PluginProcess(node.Build.Stdio(theirs), _ => connector, node.Network.Time, entropy, RpcTransport.InThread, node.Build.Seams, node.Build.PayerSeams);
        Task<int> running = plugin.RunAsync();
        return new SimPluginHost(node, new SimPluginLink(node, ours), server, null, null, running) { _connector = connector };
    }

    /// <summary>Stops the plugin as the node does: shutdown, then end of stdin.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> StopAsync()
    {
        Node.Plugin = null;
        Link.Notify("shutdown", new JsonObject { ["shutdown"] = new JsonObject() });
        await Link.FlushAsync();
        await Link.CloseStdinAsync();
        if (_process is not null)
        {
            await _process.WaitForExitAsync();
            CleanUp();
            return _process.ExitCode;
        }

        return _inProcess is null ? 0 : await _inProcess;
    }

    /// <summary>Crashes the node and its plugin: nothing that the plugin does from now on has any effect.</summary>
    public void CrashNode()
    {
        Node.Network.TakeDown(Node);
        Vanish();
    }

    /// <summary>
    /// Kills the node of a real plugin process: pending requests get no answer, and the node's ends of stdin, stdout and the rpc socket
    /// close, as with a killed process. The plugin is not notified.
    /// </summary>
    public void CutNode()
    {
        if (Server.Deaf) return;
        Server.Cut();
        Node.Network.TakeDown(Node);
        Node.Plugin = null;
        Link.Cut();
        _process?.StandardInput.BaseStream.Dispose();
        _process?.StandardOutput.BaseStream.Dispose();
        _stopping.Cancel();
    }

    /// <summary>Waits until the process exits by itself.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> ExitAsync()
    {
        if (_process is null) return await (_inProcess ?? Task.FromResult(0));
        await _process.WaitForExitAsync();
        CleanUp();
        return _process.ExitCode;
    }

    /// <summary>Kills the process at once, whatever it is doing; <see cref="KillAsync"/> then cleans up.</summary>
    public void Strike()
    {
        _process?.Kill();
        _process?.WaitForExit();
    }

    /// <summary>Kills the process; the node continues as if the plugin had answered "continue" to everything.</summary>
    public async Task KillAsync()
    {
        if (_process is null)
        {
            Vanish();
            return;
        }

        _process.Kill();
        await _process.WaitForExitAsync();
        await Link.Reading;
        Node.Plugin = null;
        CleanUp();
    }

    /// <summary>Breaks the plugin's connections to lightning-rpc; new connections work as usual.</summary>
    public void BreakConnections()
    {
        _connector?.Break();
        Node.Network.Tell(new SimEvent(Node, SimEvent.Unanswered, []));
    }

    private void Vanish()
    {
        Node.Plugin = null;
        _connector?.Cut();
        Link.Cut();
    }

    /// <param name="replay">Whether the node starts too, and so replays its held HTLCs.</param>
    internal async Task InitAsync(JsonObject options, string directory, bool replay = true)
    {
        JsonNode? manifest = await Link.CallAsync("getmanifest", new JsonObject { ["allow-deprecated-apis"] = false });
        Manifest = (JsonObject)manifest!;
        var all = new JsonObject();
        foreach (JsonNode? option in Manifest["options"]!.AsArray())
        {
            string name = (string)option!["name"]!;
            if (options[name] is { } set) all[name] = set.DeepClone();
            else if (option["default"] is { } byDefault) all[name] = byDefault.DeepClone();
        }

        JsonNode? answer = await Link.CallAsync("init", new JsonObject
        {
            ["options"] = all,
            ["configuration"] = new JsonObject { ["lightning-dir"] = directory, ["rpc-file"] = "lightning-rpc", ["startup"] = true, ["network"] = "regtest" },
        });
        Disabled = (string?)answer?["disable"];
        if (Disabled is not null) return;
        if (Link.IsGone) return;
        Node.Plugin = Link;
        Node.Commands = this;
        if (replay) Node.Forwarding.Replay();
    }

    private void CleanUp()
    {
        _stopping.Cancel();
        if (_directory is not null && Directory.Exists(_directory)) Directory.Delete(_directory, recursive: true);
    }

    /// <summary>Returns the two ends of an in-memory connection.</summary>
    internal static (IDuplexPipe One, IDuplexPipe Other) Pair()
    {
        var options = new PipeOptions(pauseWriterThreshold: 0);
        Pipe there = new(options), back = new(options);
        return (new Duplex(back.Reader, there.Writer), new Duplex(there.Reader, back.Writer));
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    private sealed class MemoryConnector(SimRpcServer server) : IRpcConnector
    {
        private readonly List<IDuplexPipe> _made = [];
        private bool _cut;

        /// <summary>Breaks all connections; new ones can be made.</summary>
        public void Break()
        {
            foreach (IDuplexPipe pipe in _made) pipe.Output.Complete();
            _made.Clear();
        }

        /// <summary>Breaks all connections and accepts no new ones.</summary>
        public void Cut()
        {
            _cut = true;
            server.Deaf = true;
            Break();
        }

        public ValueTask<IDuplexPipe> ConnectAsync(CancellationToken cancellation)
        {
            if (_cut) throw new IOException("the node is gone");
            (IDuplexPipe ours, IDuplexPipe theirs) = Pair();
            _made.Add(theirs);
            _ = server.ServeAsync(theirs);
            return new ValueTask<IDuplexPipe>(ours);
        }
    }
}
