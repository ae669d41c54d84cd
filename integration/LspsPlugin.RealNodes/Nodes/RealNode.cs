using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.RealNodes.Helper;
using LspsPlugin.Scenarios;
using LspsPlugin.Scenarios.Network;

namespace LspsPlugin.RealNodes.Nodes;

/// <summary>A lightningd over all its starts.</summary>
internal sealed class RealNode(RealRegtest net, NodeSetup setup, string directory, string? wallet) : INetworkNode
{
    private const string PluginFile = "lsps-plugin";

    /// <summary>The log lines that show that a role is ready, or that the plugin has no role.</summary>
    private const string Selling = "selling JIT channels";
    private const string Buying = "ready to buy JIT channels";
    private const string Disabled = "disabled itself at init";

    private readonly NodeLog _log = new(Path.Combine(directory, "log"));
    private readonly PartSender _sender = new(net);
    private JsonObject _options = setup.Options;
    private Software _software = setup.Software;
    private LightningDaemon? _daemon;

    public NodeSetup Setup => setup;

    public string Directory => directory;

    /// <summary>The connection string of a database server, if the node uses one.</summary>
    public string? Wallet => wallet;

    public int Port { get; } = Ports.Free();

    public string Name => setup.Name;

    public NodeId Id { get; private set; }

    public bool IsRunning => _daemon is { IsRunning: true };

    public IReadOnlyList<string> PluginLog => _log.Plugin;

    public LightningRpc Rpc => _daemon is { IsRunning: true } daemon ? daemon.Rpc : throw new IOException($"{Name} is not running");

    /// <summary>Log lines that a correct run does not have.</summary>
    public IEnumerable<string> Faults => _log.Broken.Concat(_log.Plugin.Where(IsTrace)).Select(line => $"{Name}: {line}");

    public async Task StartAsync()
    {
        // A scenario that timed out may still be running: it must not start anything.
        ObjectDisposedException.ThrowIf(net.IsOver, net);
        int starts = _log.Starts, selling = Lines(Selling), buying = Lines(Buying), disabled = Lines(Disabled);
        var environment = new Dictionary<string, string> { [HelperPlugin.PolicyVariable] = setup.Policy.ToString(), ["DOTNET_ROOT"] = Tools.DotnetRoot };
        bool ours = setup.WithPlugin && _software is Software.Ours or Software.Before;
        if (ours) environment[HelperPlugin.TopicVariable] = "lsps_session";
        if (setup.Claims is { } preimage) environment[HelperPlugin.ClaimVariable] = preimage.ToHex();
        if (setup.FillsMessages) environment[HelperPlugin.FillVariable] = "1";
        IEnumerable<string> arguments = Arguments.Of(setup with { Software = _software }, _options, directory, Port, net, wallet);
        string socket = Path.Combine(directory, "regtest", "lightning-rpc");
        LightningDaemon daemon = _daemon = new LightningDaemon(net.Tools.Lightningd, arguments, Path.Combine(directory, "out"), environment, socket, net.Time);
        await UntilAsync(() => _log.Starts > starts, "the node is up");
        Id = NodeId.Parse((string)(await daemon.Rpc.CallAsync("getinfo"))["id"]!);
        await CaughtUpAsync();
        if (!ours) return;
        if (IsSet("experimental-lsps2-service")) await UntilAsync(() => Lines(Selling) > selling || Lines(Disabled) > disabled, "its plugin sells");
        if (IsSet("experimental-lsps-client")) await UntilAsync(() => Lines(Buying) > buying || Lines(Disabled) > disabled, "its plugin is ready to buy");
    }

    public async Task<JsonObject> CallAsync(string command, JsonObject? parameters = null)
    {
        JsonObject answer = await Rpc.CallAsync(command, parameters);
        net.NoteInvoice(answer, Id);
        return answer;
    }

    public Task<SentPart> SendAsync(PartOrder part) => _sender.SendAsync(this, part);

    public async Task<string?> PayAsync(string bolt11, string command)
    {
        try
        {
            await Rpc.CallAsync(command, new JsonObject { [command == "xpay" ? "invstring" : "bolt11"] = bolt11 });
            return null;
        }
        catch (CommandRefusedException e)
        {
            return e.Message;
        }
    }

    public Task ConductAsync(Conduct conduct) => Rpc.CallAsync(HelperPlugin.ConductMethod, new JsonObject { ["conduct"] = conduct.ToString() });

    public Task<IHeldCommand> HoldNextAsync(string command, string containing = "") => HeldCommand.HoldAsync(Rpc, command, containing);

    /// <summary>The resident memory of our plugin, in KiB.</summary>
    public long PluginMemory() => Daemon.Below(PluginFile).Single().Memory();

    public Task HaltChannelsAsync()
    {
        Daemon.HaltChannels();
        return Task.CompletedTask;
    }

    public Task KillAsync() => EndAsync(static daemon => daemon.KillAsync());

    public Task StopAsync() => EndAsync(static daemon => daemon.StopAsync());

    public async Task KillPluginAsync()
    {
        RunningProcess plugin = Daemon.Plugins(PluginFile).Single();
        plugin.Kill();
        await UntilAsync(() => !plugin.IsAlive, "the plugin is gone");
    }

    public Task StartAgainAsync(JsonObject? changed = null, Software? software = null)
    {
        if (IsRunning) throw new InvalidOperationException($"{Name} is still running");
        (_options, _software) = (changed ?? _options, software ?? _software);
        return StartAsync();
    }

    public Task CaughtUpAsync() => net.UntilAsync(
        async () =>
        {
            JsonObject info = await Rpc.CallAsync("getinfo");
            return (uint)info["blockheight"]! >= await net.Chain.HeightAsync() && info["warning_lightningd_sync"] is null && info["warning_bitcoind_sync"] is null;
        },
        $"{Name} has counted all blocks");

    private LightningDaemon Daemon => _daemon is { IsRunning: true } daemon ? daemon : throw new IOException($"{Name} is not running");

    private async Task EndAsync(Func<LightningDaemon, Task<IReadOnlyList<RunningProcess>>> end)
    {
        using LightningDaemon daemon = Daemon;
        _daemon = null;
        foreach (RunningProcess left in await end(daemon)) net.Complain($"{Name}: {left.Name} ({left.Id}) did not end and had to be killed");
    }

    /// <summary>Returns whether a line shows an exception, caught or not.</summary>
    private static bool IsTrace(string line) => line.Contains("   at ", StringComparison.Ordinal) || line.Contains("Exception:", StringComparison.Ordinal);

    private int Lines(string containing) => _log.Plugin.Count(line => line.Contains(containing, StringComparison.Ordinal));

    private bool IsSet(string flag) => _options[flag] is JsonValue value && value.TryGetValue(out bool set) && set;

    private Task UntilAsync(Func<bool> holds, string what) => net.UntilAsync(
        () => Task.FromResult(holds() || (IsRunning ? false : throw new InvalidOperationException($"{Name} ended ({_daemon?.End}: {LastWords()}) before: {what}"))),
        $"{Name}: {what}");

    /// <summary>Returns the last line of the node's output, which an operator who starts it by hand would see.</summary>
    private string LastWords() => File.ReadLines(Path.Combine(directory, "out")).LastOrDefault(line => line.Length > 0) ?? "without a word";
}
