using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Scenarios.Network;

/// <summary>A chain and Lightning nodes of our own, simulated or real: all that a scenario may touch.</summary>
public interface IRegtest : IAsyncDisposable
{
    /// <summary>What the nodes are, with their versions.</summary>
    string Description { get; }

    /// <summary>The clock by which the nodes live; every wait of a scenario goes by it.</summary>
    TimeProvider Time { get; }

    /// <summary>What of <see cref="Need"/> this host can give.</summary>
    Need Offers { get; }

    /// <summary>Starts a node, and waits until its plugins are ready.</summary>
    Task<IRegtestNode> StartAsync(NodeSetup setup);

    /// <summary>Connects two running nodes and waits until both know it.</summary>
    Task ConnectAsync(IRegtestNode from, IRegtestNode to);

    Task DisconnectAsync(IRegtestNode one, IRegtestNode other);

    /// <summary>Gives a node confirmed coins, each of its own amount.</summary>
    Task FundAsync(IRegtestNode node, params Sat[] coins);

    /// <summary>Opens a public channel, confirms it, and waits until both sides can use it. The opener must have the coins.</summary>
    /// <returns>The channel's real short channel id.</returns>
    Task<Scid> OpenAsync(IRegtestNode from, IRegtestNode to, Sat capacity);

    /// <summary>Mines blocks with what is in the mempool, and waits until every running node has counted them.</summary>
    Task MineAsync(int blocks);

    Task<IReadOnlyList<TxId>> MempoolAsync();

    /// <summary>The chain daemon starts again and has forgotten what was not in a block.</summary>
    Task ForgetMempoolAsync();
}

/// <summary>What not every host can give; a scenario that needs more than its host offers is not run, and the list says so.</summary>
[Flags]
public enum Need
{
    Nothing = 0,

    /// <summary>A PostgreSQL server that nodes can keep their database in.</summary>
    Postgres = 1,

    /// <summary>Nodes that take several plugins, and refuse names that one of them has already.</summary>
    SecondPlugin = 2,

    /// <summary>A wallet with this plugin on a lightningd: the scenario shows what its commands answer, or has it do what other wallets do not.</summary>
    OurWallet = 4,

    /// <summary>The node's built-in service plugin, in the form that takes payments in parts.</summary>
    BuiltInService = 8,

    /// <summary>The node's built-in client plugin.</summary>
    BuiltInClient = 16,
}

/// <summary>A scenario asked for something that a node of this network cannot do: it is not played to its end, and has neither passed nor failed.</summary>
/// <param name="what">What is lacking, as a noun.</param>
public sealed class NotOnOfferException(string what) : Exception($"needs {what}")
{
    /// <summary>The one that an exception is about, however deep; null if there is none.</summary>
    public static NotOnOfferException? Within(Exception? exception) => exception as NotOnOfferException ?? (exception is null ? null : Within(exception.InnerException));
}
