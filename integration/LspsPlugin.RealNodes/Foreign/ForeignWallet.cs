using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.RealNodes.Nodes;
using LspsPlugin.Scenarios;
using LspsPlugin.Scenarios.Network;

namespace LspsPlugin.RealNodes.Foreign;

/// <summary>
/// A scenario's wallet that is another program. A scenario that needs what the program cannot do is reported as left out.
/// </summary>
internal sealed class ForeignWallet(RealRegtest net, string program, string name, string directory) : INetworkNode
{
    private readonly WalletTalk _talk = new(Path.Combine(directory, "log"), net.Time);
    private Conduct _conduct = Conduct.Settles;
    private WalletProgram? _program;

    public string Name => name;

    public NodeId Id { get; private set; }

    public int Port { get; private set; }

    public bool IsRunning => _program is { IsRunning: true };

    public IReadOnlyList<string> PluginLog => throw new NotOnOfferException("the log of a plugin in the wallet");

    public IEnumerable<string> Faults => _talk.Faults.Select(fault => $"{name}: {fault}");

    private WalletProgram Program => _program is { IsRunning: true } running ? running : throw new IOException($"{name} is not running");

    /// <summary>Returns whether another program can be the wallet of this setup.</summary>
    public static bool Fits(NodeSetup setup) => setup.WithPlugin && setup.Options["experimental-lsps-client"] is not null && setup.Options["experimental-lsps2-service"] is null;

    /// <exception cref="NotOnOfferException">The setup needs what another program does not have.</exception>
    public static void RefuseWhatItLacks(NodeSetup setup)
    {
        string? lacking =
            setup.Options.Select(option => option.Key).FirstOrDefault(option => option != "experimental-lsps-client") is { } option ? $"a wallet with the option {option}"
            : setup.NeverReady ? "a wallet that never says channel_ready"
            : setup.Software == Software.BuiltIn ? "the built-in client as the wallet"
            : setup.Claims is not null ? "a wallet that is dishonest"
            : setup.WithCopy ? "a wallet with two plugins"
            : setup.Policy != PolicyPlugin.None ? "a wallet with a policy plugin"
            : setup.Database == Database.Postgres ? "a wallet on a database server"
            : setup.TakesOver is not null ? "a wallet that moves"
            : null;
        if (lacking is not null) throw new NotOnOfferException(lacking);
    }

    public async Task StartAsync()
    {
        ObjectDisposedException.ThrowIf(net.IsOver, net);
        string own = Path.Combine(directory, "state");
        Directory.CreateDirectory(own);
        var environment = new Dictionary<string, string> { ["DOTNET_ROOT"] = Tools.DotnetRoot, ["LSPS_PLUGIN"] = net.Tools.Plugin };
        _program = new WalletProgram(program, own, Path.Combine(directory, "out"), environment, _talk, net.Time);
        JsonObject started = await Program.CallAsync("start", new JsonObject
        {
            ["name"] = name,
            ["network"] = "regtest",
            ["directory"] = own,
            ["conduct"] = WordFor(_conduct),
            ["bitcoind"] = new JsonObject
            {
                ["host"] = "127.0.0.1",
                ["port"] = net.Chain.Port,
                ["cookie_file"] = Path.Combine(net.Chain.Directory, "regtest", ".cookie"),
                ["datadir"] = net.Chain.Directory,
            },
        });
        (Id, Port) = (NodeId.Parse((string)started["node_id"]!), (int)started["port"]!);
        await CaughtUpAsync();
    }

    public async Task<JsonObject> CallAsync(string command, JsonObject? parameters = null)
    {
        JsonObject answer = await WalletCommands.CallAsync(Program, command, parameters ?? []);
        net.NoteInvoice(answer, Id);
        return answer;
    }

    public Task<SentPart> SendAsync(PartOrder part) => throw new NotOnOfferException("a wallet that pays");

    public Task<string?> PayAsync(string bolt11, string command) => throw new NotOnOfferException("a wallet that pays");

    public Task ConductAsync(Conduct conduct) => Program.CallAsync(WordFor(_conduct = conduct));

    public Task<IHeldCommand> HoldNextAsync(string command, string containing = "") => throw new NotOnOfferException("a command of a plugin in the wallet");

    public async Task KillAsync()
    {
        using WalletProgram killed = Program;
        _program = null;
        foreach (RunningProcess left in await killed.KillAsync()) net.Complain($"{name}: {left.Name} ({left.Id}) did not end and had to be killed");
    }

    public Task HaltChannelsAsync() => throw new NotOnOfferException("channels that stand still");

    public Task KillPluginAsync() => throw new NotOnOfferException("a plugin in the wallet");

    public async Task StopAsync()
    {
        using WalletProgram stopped = Program;
        _program = null;
        foreach (string odd in await stopped.StopAsync()) net.Complain($"{name}: {odd}");
    }

    public Task StartAgainAsync(JsonObject? changed = null, Software? software = null)
    {
        if (IsRunning) throw new InvalidOperationException($"{name} is still running");
        return changed is null ? StartAsync() : throw new NotOnOfferException("a wallet with other options");
    }

    public Task CaughtUpAsync() => net.UntilAsync(
        async () => (uint)(await Program.CallAsync("info"))["height"]! >= await net.Chain.HeightAsync(), $"{name} has counted all blocks");

    private static string WordFor(Conduct conduct) => conduct switch
    {
        Conduct.Settles => "settle",
        Conduct.Holds => "hold",
        Conduct.Rejects => "fail",
        Conduct.KeepsFee or Conduct.DropsForwards => throw new NotOnOfferException("a wallet that is dishonest, or forwards"),
    };
}
