using LspsPlugin.Core.Lightning;
using LspsPlugin.Scenarios;
using LspsPlugin.Scenarios.Network;
using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;
using Xunit;

namespace LspsPlugin.EndToEnd.Tests.Host;

/// <summary>The model's chain and nodes in real time, with the released executable on every node that has a plugin.</summary>
internal sealed class SimRegtest : IRegtest
{
    /// <summary>The plugin's log line for an invalid option: the operator's error, not the plugin's.</summary>
    private const string WrongOption = "error does not run: ";

    /// <summary>Timeout for steps that are immediate on a machine that is not busy.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly List<SimRegtestNode> _nodes = [];

    public SimNetwork Network { get; } = new(TimeProvider.System);

    public string Description => "simulated nodes, the executable of this build as their plugin";

    public TimeProvider Time => Network.Time;

    /// <summary>The members of <see cref="Need"/> that the model supports on every machine.</summary>
    public const Need Given = Need.OurWallet;

    /// <summary>What it supports on this one.</summary>
    public static Need Supported => Given | (PluginFile.Before is null ? Need.Nothing : Need.VersionBefore) | (PrometheusServer.IsInstalled ? Need.Prometheus : Need.Nothing);

    public Need Offers => Supported;

    public async Task<IRegtestNode> StartAsync(NodeSetup setup)
    {
        if (setup.TakesOver is { IsRunning: true } other) throw new InvalidOperationException($"{other.Name} still runs");

        // A node consists of its secrets and its database; its host and its name make no difference.
        SimNode node = setup.TakesOver is SimRegtestNode before ? before.Node : Network.AddNode(setup.Name);
        var started = new SimRegtestNode(this, node, setup);
        _nodes.Add(started);
        await started.StartAsync();
        if (setup.TakesOver is not null) Reconnect(node);
        return started;
    }

    public Task ConnectAsync(IRegtestNode from, IRegtestNode to)
    {
        foreach (IRegtestNode node in new[] { from, to })
        {
            if (node is SimRegtestNode { TakesPeers: false }) throw new IOException($"{node.Name} takes no connection yet");
        }

        Network.Connect(Of(from), Of(to));
        return Task.CompletedTask;
    }

    public Task DisconnectAsync(IRegtestNode one, IRegtestNode other)
    {
        Network.Disconnect(Of(one), Of(other));
        return Task.CompletedTask;
    }

    public Task FundAsync(IRegtestNode node, params Sat[] coins)
    {
        foreach (Sat coin in coins) Of(node).Wallet.Fund(coin);
        return Task.CompletedTask;
    }

    public Task<Scid> OpenAsync(IRegtestNode from, IRegtestNode to, Sat capacity)
    {
        SimChannel channel = Network.OpenChannel(Of(from), Of(to), capacity);
        return Task.FromResult(channel.RealScid ?? throw new InvalidOperationException("the channel did not confirm"));
    }

    public Task MineAsync(int blocks)
    {
        Network.Chain.Mine(blocks);
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<TxId>> MempoolAsync() => Task.FromResult<IReadOnlyList<TxId>>([.. Network.Chain.Mempool.Select(tx => tx.Id)]);

    public Task ForgetMempoolAsync()
    {
        foreach (SimTx forgotten in Network.Chain.Mempool.ToArray()) Network.Chain.Evict(forgotten.Id);
        return Task.CompletedTask;
    }

    /// <summary>Reconnects peers that share a channel, as nodes do by themselves.</summary>
    public void Reconnect(SimNode node)
    {
        foreach (SimChannel channel in node.Channels.ToArray()) Network.Connect(node, channel.Other(node));
    }

    public Task UntilAsync(Func<bool> holds, string what) => Scenarios.Observations.UntilAsync(this, () => Task.FromResult(holds()), what, (int)Patience.TotalSeconds);

    public async Task<T> EndedAsync<T>(Task<T> work, string what)
    {
        await UntilAsync(() => work.IsCompleted, what);
        return await work;
    }

    /// <summary>
    /// Checks what must hold after every scenario: no node died, no plugin logged an error of its own, all stop when told to.
    /// </summary>
    public async Task AssertInOrderAsync()
    {
        foreach (SimRegtestNode node in _nodes.Where(node => node.IsRunning)) await node.StopAsync();
        Assert.Empty(Network.Fatalities);
        Assert.DoesNotContain(Lines(), line => !line.StartsWith(WrongOption, StringComparison.Ordinal) && (line.StartsWith("error ", StringComparison.Ordinal) || line.StartsWith("broken ", StringComparison.Ordinal)));
        Assert.DoesNotContain(Lines(), line => line.Contains("   at ", StringComparison.Ordinal) || line.Contains("Exception:", StringComparison.Ordinal));
        Assert.All(Processes(), process => Assert.True(process.HasExited));
    }

    /// <summary>Stops everything that the scenario started, however it ended.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (SimPluginHost process in Processes().Where(process => !process.HasExited)) await process.KillAsync();
    }

    /// <summary>Returns the plugins' log lines, for the report of a failed scenario.</summary>
    public IEnumerable<string> Tell() => _nodes.SelectMany(node => node.PluginLog.Select(line => $"{node.Name}: {line}"));

    private static SimNode Of(IRegtestNode node) => ((SimRegtestNode)node).Node;

    private IEnumerable<string> Lines() => _nodes.SelectMany(node => node.PluginLog);

    private IEnumerable<SimPluginHost> Processes() => _nodes.SelectMany(node => node.Starts);
}
