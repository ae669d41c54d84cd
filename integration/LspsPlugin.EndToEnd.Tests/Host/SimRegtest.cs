using LspsPlugin.Core.Lightning;
using LspsPlugin.Scenarios.Network;
using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;
using Xunit;

namespace LspsPlugin.EndToEnd.Tests.Host;

/// <summary>The model's chain and nodes, by the real clock, with the shipping executable on every node that has a plugin.</summary>
internal sealed class SimRegtest : IRegtest
{
    /// <summary>What our plugin says of an option that is set wrong: the operator's fault, not its own.</summary>
    private const string WrongOption = "error does not run: ";

    /// <summary>For what takes no time on a machine that is not busy.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly List<SimRegtestNode> _nodes = [];

    public SimNetwork Network { get; } = new(TimeProvider.System);

    public string Description => "simulated nodes, the executable of this build as their plugin";

    public TimeProvider Time => Network.Time;

    /// <summary>What of <see cref="Need"/> the model has.</summary>
    public const Need Given = Need.OurWallet;

    public Need Offers => Given;

    public async Task<IRegtestNode> StartAsync(NodeSetup setup)
    {
        if (setup.TakesOver is { IsRunning: true } other) throw new InvalidOperationException($"{other.Name} still runs");

        // Secrets and database are all that a node is: where it runs, and who it is called there, makes no difference to it.
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

    /// <summary>Peers that share a channel find each other again by themselves.</summary>
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

    /// <summary>What must hold after every scenario: no node died, no plugin complained of itself, all stop when they are told to.</summary>
    public async Task AssertInOrderAsync()
    {
        foreach (SimRegtestNode node in _nodes.Where(node => node.IsRunning)) await node.StopAsync();
        Assert.Empty(Network.Fatalities);
        Assert.DoesNotContain(Lines(), line => !line.StartsWith(WrongOption, StringComparison.Ordinal) && (line.StartsWith("error ", StringComparison.Ordinal) || line.StartsWith("broken ", StringComparison.Ordinal)));
        Assert.DoesNotContain(Lines(), line => line.Contains("   at ", StringComparison.Ordinal) || line.Contains("Exception:", StringComparison.Ordinal));
        Assert.All(Processes(), process => Assert.True(process.HasExited));
    }

    /// <summary>Nothing that a scenario started outlives it, however it ended.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (SimPluginHost process in Processes().Where(process => !process.HasExited)) await process.KillAsync();
    }

    /// <summary>What the plugins said, for the report of a scenario that failed.</summary>
    public IEnumerable<string> Tell() => _nodes.SelectMany(node => node.PluginLog.Select(line => $"{node.Name}: {line}"));

    private static SimNode Of(IRegtestNode node) => ((SimRegtestNode)node).Node;

    private IEnumerable<string> Lines() => _nodes.SelectMany(node => node.PluginLog);

    private IEnumerable<SimPluginHost> Processes() => _nodes.SelectMany(node => node.Starts);
}
